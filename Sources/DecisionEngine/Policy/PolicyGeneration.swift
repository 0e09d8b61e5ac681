// SPDX-License-Identifier: Apache-2.0

import Callout
package import Cedar
package import Identity
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
    let actionType, routeType, apiType: EntityTypeName
    private let methods: [String: PreparedUID]
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
        routes: RouteTable, engine: PolicyEngine, digests: Digests, selections: [String: ProviderSelection]
    ) throws(EntityError) {
        self.routes = routes
        self.engine = engine
        self.digests = digests
        names = ContextNames(engine)
        plans = routes.routes.map { entry in
            RoutePlan(entry, engine: engine, selection: selections[entry.api.name])
        }
        anonymous = try IdentifiedCaller(.anonymous, engine: engine)
        guard let action = EntityTypeName("Action"), let route = EntityTypeName("Route"),
            let api = EntityTypeName("Api")
        else { throw .json(path: "", problem: "the built-in entity types are not usable") }
        (actionType, routeType, apiType) = (action, route, api)
        methods = Dictionary(
            uniqueKeysWithValues: ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"].map { method in
                (method, engine.prepare(EntityUID(type: action, id: method)))
            }
        )
        callers = Mutex([:])
    }

    /// The action of a usual method, prepared.
    func method(_ name: String) -> PreparedUID? { methods[name] }

    /// The caller that a token stands for, prepared once per token.
    func caller(of token: VerifiedToken) throws(EntityError) -> IdentifiedCaller {
        if let known = callers.withLock({ $0[token.digest] }), known.token === token { return known }
        let prepared = try IdentifiedCaller(token, engine: engine)
        callers.withLock { callers in
            if callers.count >= Self.maximumCallers { callers.removeAll(keepingCapacity: true) }
            callers[token.digest] = prepared
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

/// What is known of a route before any request.
struct RoutePlan: Sendable {
    /// The action that policies see, if it does not depend on the method.
    let action: (name: String, uid: PreparedUID)?
    /// The whole path template, as the audit record names the route.
    let template: String
    /// The providers of the API; `nil` if it has none and every caller is anonymous.
    let selection: ProviderSelection?
    /// Where the request's provider stands in an error message: the realm of a challenge (RFC 6750, section 3).
    let realm: String

    init(_ entry: RouteTable.Entry, engine: PolicyEngine, selection: ProviderSelection?) {
        action = entry.route.action.flatMap { name in
            EntityUID("Action", name).map { (name, engine.prepare($0)) }
        }
        let base = entry.api.basePath.text == "/" ? "" : entry.api.basePath.text
        template = entry.route.path.text == "/" && !base.isEmpty ? base : base + entry.route.path.text
        self.selection = selection
        realm = entry.api.name
    }
}

/// The keys of the context record, looked up once.
struct ContextNames: Sendable {
    let request, token, gateway, now: RecordKey
    let method, host, path, query, headers, clientIP: RecordKey
    let name, dialect, environment, proxy, flow: RecordKey

    /// Every key that the context has whatever the request, for the engine's vocabulary.
    static let all = [
        "request", "token", "gateway", "now", "method", "host", "path", "query", "headers", "client_ip", "name",
        "protocol", "environment", "proxy", "flow",
    ]

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

extension PolicyGeneration {
    /// The keys that context records of these routes have, for the engine's vocabulary.
    package static func contextKeys(of routes: RouteTable) -> [String] {
        ContextNames.all + routes.routes.flatMap(\.route.contextHeaders)
    }
}
