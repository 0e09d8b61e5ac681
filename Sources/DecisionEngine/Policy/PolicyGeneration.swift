// SPDX-License-Identifier: Apache-2.0

import Callout
package import Cedar
package import Identity
import StrictJSON
import Synchronization

/// Everything that decides, at one moment: replaced whole on reload, never edited.
package final class PolicyGeneration: Sendable {
    /// Digests of what decides, each `sha256:` and 64 hexadecimal digits.
    package struct Digests: Sendable, Hashable {
        package let policySet: String
        package let schema: String
        package let entities: String

        package init(policySet: String, schema: String, entities: String) {
            self.policySet = policySet
            self.schema = schema
            self.entities = entities
        }
    }

    package let routes: RouteTable
    package let engine: PolicyEngine
    package let digests: Digests
    let plans: [RoutePlan]
    let names: ContextNames
    let reads: ContextParts
    private let types: BuiltInTypes
    private let callerPlan: CallerPlan
    /// The policies whose annotations a decision tells.
    private let notes: [PolicyID: (reason: String?, obligation: String?)]
    private let methods: [String: RoutePlan.EntityName]
    /// The canonical JSON of the second of the last decision.
    private let latestMoment = Mutex<(second: Int64, json: [UInt8])>((.min, []))
    private let callers: Mutex<[TokenDigest: IdentifiedCaller]>
    let anonymous: IdentifiedCaller

    /// The most callers that are kept prepared; then all are forgotten and prepared anew.
    private static let maximumCallers = 16_384

    /// Prepares routes and actions for one engine.
    ///
    /// - Parameters:
    ///   - routes: The routes.
    ///   - engine: The compiled policies over the base entities, actions included.
    ///   - digests: What was compiled.
    ///   - selections: The identity providers of each API, by the API's name.
    /// - Throws: `EntityError` if the built-in entities contradict the base entities.
    package init(
        routes: RouteTable, engine: PolicyEngine, digests: Digests, selections: [String: AuthenticatorSelection]
    ) throws(EntityError) {
        self.routes = routes
        self.engine = engine
        self.digests = digests
        names = ContextNames(engine)
        reads = ContextParts(engine.policies.contextReads)
        guard let types = BuiltInTypes(), let callerPlan = CallerPlan(engine, reads: reads) else {
            throw .json(path: "", problem: "the built-in entity types are not usable")
        }
        self.types = types
        self.callerPlan = callerPlan
        plans = routes.routes.map { entry in
            RoutePlan(entry, types: types, engine: engine, selection: selections[entry.api.name])
        }
        anonymous = try IdentifiedCaller(.anonymous, plan: callerPlan)
        methods = Dictionary(
            uniqueKeysWithValues: ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"].map { method in
                (method, RoutePlan.EntityName(EntityUID(type: types.action, id: method), engine: engine))
            }
        )
        var notes: [PolicyID: (reason: String?, obligation: String?)] = [:]
        for policy in engine.policies.effectivePolicies {
            let (reason, obligation) = (policy.annotations["reason"], policy.annotations["obligation"])
            if reason != nil || obligation != nil { notes[policy.id] = (reason, obligation) }
        }
        self.notes = notes
        callers = Mutex([:])
    }

    /// What the annotations of determining policies say: the first reason, and every obligation.
    func notes(of policies: [PolicyID]) -> (reason: String?, obligations: [String]) {
        guard !notes.isEmpty, !policies.isEmpty else { return (nil, []) }
        let found = policies.compactMap { notes[$0] }
        return (found.lazy.compactMap(\.reason).first, found.compactMap(\.obligation))
    }

    /// The action of a method; usual ones are prepared.
    func action(method: String) -> RoutePlan.EntityName {
        methods[method] ?? RoutePlan.EntityName(EntityUID(type: types.action, id: method), engine: engine)
    }

    /// A moment as canonical JSON, made once a second.
    func moment(_ second: Int64) -> [UInt8] {
        latestMoment.withLock { latest in
            if latest.second != second {
                var writer = JSONWriter(capacity: 64)
                let text = DatetimeValue(milliseconds: second * 1000).description
                CanonicalEntity.write(extension: "datetime", text, to: &writer)
                latest = (second, writer.bytes)
            }
            return latest.json
        }
    }

    /// The caller that a credential stands for, prepared once per credential.
    func caller(of found: AuthenticatedCaller) throws(EntityError) -> IdentifiedCaller {
        if let known = callers.withLock({ $0[found.digest] }), known.credential === found { return known }
        let prepared = try IdentifiedCaller(found, plan: callerPlan)
        callers.withLock { callers in
            if callers.count >= Self.maximumCallers { callers.removeAll(keepingCapacity: true) }
            callers[found.digest] = prepared
        }
        return prepared
    }

    /// The base entities that every deployment has: methods as members of `Action::"read"` and `Action::"write"`, and
    /// each route's own action as a member of its methods.
    package static func actionEntities(of routes: RouteTable) -> [Entity] {
        var parents: [String: [String]] = ["read": [], "write": []]
        for method in ["GET", "HEAD", "OPTIONS"] { parents[method] = ["read"] }
        for method in ["POST", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE"] { parents[method] = ["write"] }
        for entry in routes.routes {
            for method in entry.route.methods where parents[method] == nil { parents[method] = ["write"] }
            guard let action = entry.route.action, !["read", "write"].contains(action) else { continue }
            let methods = entry.route.methods.filter { $0 != action }
            parents[action] = Array(Set((parents[action] ?? []) + methods)).sorted()
        }
        return parents.sorted { $0.key < $1.key }.compactMap { name, parents in
            guard let uid = EntityUID("Action", name) else { return nil }
            return Entity(uid: uid, parents: parents.compactMap { EntityUID("Action", $0) })
        }
    }
}

/// The keys of the context record, looked up once.
struct ContextNames: Sendable {
    let request, token, gateway, now: RecordKey
    let method, host, path, query, headers, clientIP: RecordKey
    let name, dialect, environment, proxy, flow: RecordKey

    init(_ engine: PolicyEngine) {
        request = engine.key("request")
        token = engine.key("token")
        gateway = engine.key("gateway")
        now = engine.key("now")
        method = engine.key("method")
        host = engine.key("host")
        path = engine.key("path")
        query = engine.key("query")
        headers = engine.key("headers")
        clientIP = engine.key("client_ip")
        name = engine.key("name")
        dialect = engine.key("protocol")
        environment = engine.key("environment")
        proxy = engine.key("proxy")
        flow = engine.key("flow")
    }
}

/// The parts of the context that some policy reads; the others are left out of requests.
struct ContextParts: Sendable {
    let request, token, gateway, now: Bool
    let method, host, path, query, headers, clientIP: Bool

    init(_ reads: ContextReads) {
        request = reads.include("request")
        token = reads.include("token")
        gateway = reads.include("gateway")
        now = reads.include("now")
        method = reads.include("request", "method")
        host = reads.include("request", "host")
        path = reads.include("request", "path")
        query = reads.include("request", "query")
        headers = reads.include("request", "headers")
        clientIP = reads.include("request", "client_ip")
    }
}
