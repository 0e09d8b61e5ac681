// SPDX-License-Identifier: Apache-2.0

import Callout
import Cedar
import StrictJSON

/// A callout as the policies see it.
final class MappedRequest {
    let request: PreparedRequest
    let entities: [PreparedEntities]
    let action: RoutePlan.EntityName
    let resource: RoutePlan.EntityName

    init(
        _ request: PreparedRequest, entities: [PreparedEntities], action: RoutePlan.EntityName,
        resource: RoutePlan.EntityName
    ) {
        (self.request, self.entities) = (request, entities)
        (self.action, self.resource) = (action, resource)
    }
}

/// Makes Cedar requests of callouts (DESIGN, section 4).
struct RequestMapping {
    let work: DecisionWork
    let match: RouteTable.Match
    let plan: RoutePlan

    private var generation: PolicyGeneration { work.generation }
    private var callout: CalloutRequest { _read { yield work.callout } }

    func map(_ caller: IdentifiedCaller) throws(EntityError) -> MappedRequest {
        let engine = generation.engine
        let action = plan.action ?? generation.action(method: callout.method)
        let resource = resource()
        let entity = try engine.prepareEntity(
            extending: resource.uid, attributes: values(of: plan.readAttributes).map { ($0.key, .string($1)) },
            parents: plan.parents)
        let headers = contextHeaders
        let request = PreparedRequest(
            principal: caller.uid, action: action.uid, resource: resource.uid, context: context(caller, headers))
        writeInput(caller, action, resource, headers, to: &work.scratch.input)
        return MappedRequest(request, entities: [caller.entities, entity], action: action, resource: resource)
    }

    private func resource() -> RoutePlan.EntityName {
        guard let template = match.route.resource, let type = plan.resourceType,
            let id = template.id(match.parameters)
        else { return plan.resource }
        return RoutePlan.EntityName(EntityUID(type: type, id: id), engine: generation.engine)
    }

    /// The resource's attributes that the request brings, by name.
    private func values(of attributes: [RoutePlan.Attribute]) -> [(RoutePlan.Attribute, String)] {
        attributes.compactMap { attribute in
            guard let parameter = attribute.parameter else { return (attribute, callout.path) }
            return parameter < match.parameters.count ? (attribute, match.parameters[parameter].value) : nil
        }
    }

    /// The headers that the route shows to policies, several of one name joined as HTTP joins them, sorted by name.
    private var contextHeaders: [(RoutePlan.Header, String)] {
        plan.headers.compactMap { header in
            let values = callout.headerValues(header.name)
            return values.isEmpty ? nil : (header, values.joined(separator: ", "))
        }
    }

    // MARK: Context

    /// Only what some policy reads (``ContextReads``).
    private func context(_ caller: IdentifiedCaller, _ headers: [(RoutePlan.Header, String)]) -> PreparedRecord {
        let (names, reads) = (generation.names, generation.reads)
        var members: [(RecordKey, PreparedValue)] = []
        if reads.request { members.append((names.request, .record(requestRecord(headers)))) }
        if reads.gateway { members.append((names.gateway, .record(gatewayRecord()))) }
        if reads.now { members.append((names.now, .datetime(milliseconds: work.seconds * 1000))) }
        if reads.token, let token = caller.tokenRecord { members.append((names.token, .record(token))) }
        return PreparedRecord(members)
    }

    private func requestRecord(_ headers: [(RoutePlan.Header, String)]) -> PreparedRecord {
        let (names, reads) = (generation.names, generation.reads)
        var members: [(RecordKey, PreparedValue)] = []
        members.reserveCapacity(6)
        if reads.method { members.append((names.method, .string(callout.method))) }
        if reads.path { members.append((names.path, .string(callout.path))) }
        if reads.query { members.append((names.query, .string(callout.query))) }
        if reads.host, let host = work.host { members.append((names.host, .string(host))) }
        if reads.clientIP, let client = work.client { members.append((names.clientIP, .ip(client))) }
        if reads.headers {
            members.append((names.headers, .record(PreparedRecord(headers.map { ($0.key, .string($1)) }))))
        }
        return PreparedRecord(members)
    }

    private func gatewayRecord() -> PreparedRecord {
        let names = generation.names
        return PreparedRecord([
            (names.name, .string(callout.gateway.name)), (names.dialect, .string(callout.dialect.rawValue)),
            (names.environment, .string(callout.environment)), (names.proxy, .string(callout.proxy ?? "")),
            (names.flow, .string(callout.flow.rawValue)),
        ])
    }

    // MARK: Record

    /// The canonical policy input: what a replay needs to build the request and its entities again.
    ///
    /// The query is reduced to its parameters' names (AUDIT, section 5). Attributes of the principal that stand in
    /// `context.token` with the same value are left out of its entity.
    private func writeInput(
        _ caller: IdentifiedCaller, _ action: RoutePlan.EntityName, _ resource: RoutePlan.EntityName,
        _ headers: [(RoutePlan.Header, String)], to writer: inout JSONWriter
    ) {
        writer.removeAll()
        writer.beginObject()
        writer.key("action")
        writer.raw(action.json)
        writer.key("context")
        writeContext(caller, headers, to: &writer)
        writer.key("entities")
        writer.beginArray()
        writer.raw(caller.entityJSON)
        write(resource, to: &writer)
        writer.endArray()
        writer.key("principal")
        writer.raw(caller.uidJSON)
        writer.key("resource")
        writer.raw(resource.json)
        writer.endObject()
    }

    private func writeContext(
        _ caller: IdentifiedCaller, _ headers: [(RoutePlan.Header, String)], to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("gateway")
        writer.beginObject()
        writer.key("environment")
        writer.string(callout.environment)
        writer.key("flow")
        writer.string(callout.flow.rawValue)
        writer.key("name")
        writer.string(callout.gateway.name)
        writer.key("protocol")
        writer.string(callout.dialect.rawValue)
        writer.key("proxy")
        writer.string(callout.proxy ?? "")
        writer.endObject()
        writer.key("now")
        writer.raw(generation.moment(work.seconds))
        writer.key("request")
        writeRequest(headers, to: &writer)
        if let claims = caller.claimsJSON {
            writer.key("token")
            writer.raw(claims)
        }
        writer.endObject()
    }

    private func writeRequest(_ headers: [(RoutePlan.Header, String)], to writer: inout JSONWriter) {
        writer.beginObject()
        if let client = work.client, let text = callout.clientAddress {
            writer.key("client_ip")
            // An IPv4 address has one text form only, the one that was read, unless it came in an IPv6 one.
            let isPlain = !client.isIPv6 && !text.utf8.contains(UInt8(ascii: ":"))
            CanonicalEntity.write(extension: "ip", isPlain ? text + "/32" : client.description, to: &writer)
        }
        writer.key("headers")
        writer.beginObject()
        for (header, value) in headers {
            writer.key(any: header.name)
            writer.string(value)
        }
        writer.endObject()
        if let host = work.host {
            writer.key("host")
            writer.string(host)
        }
        writer.key("method")
        writer.string(callout.method)
        writer.key("path")
        writer.string(callout.path)
        writer.key("query")
        writer.string(Self.parameterNames(callout.query))
        writer.endObject()
    }

    private func write(_ resource: RoutePlan.EntityName, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("attrs")
        writer.beginObject()
        for (attribute, value) in values(of: plan.attributes) {
            writer.key(any: attribute.name)
            writer.string(value)
        }
        writer.endObject()
        writer.key("parents")
        writer.beginArray()
        writer.raw(plan.api.json)
        writer.endArray()
        writer.key("uid")
        writer.raw(resource.json)
        writer.endObject()
    }

    /// `a=1&b=2` as `a&b`: values may be secrets and are never stored.
    static func parameterNames(_ query: String) -> String {
        let bytes = query.utf8Span.span
        guard bytes.count > 0 else { return "" }
        return String(unsafeUninitializedCapacity: bytes.count) { text in
            var (end, isName) = (0, true)
            for index in bytes.indices {
                let byte = bytes[index]
                if byte == UInt8(ascii: "&") {
                    // Empty parameters leave nothing behind.
                    isName = true
                    if end > 0, text[end - 1] != UInt8(ascii: "&") {
                        text[end] = byte
                        end += 1
                    }
                } else if isName, byte == UInt8(ascii: "=") {
                    isName = false
                } else if isName {
                    text[end] = byte
                    end += 1
                }
            }
            if end > 0, text[end - 1] == UInt8(ascii: "&") { end -= 1 }
            return end
        }
    }
}
