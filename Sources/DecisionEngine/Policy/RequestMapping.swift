// SPDX-License-Identifier: Apache-2.0

import Callout
import Cedar
import StrictJSON

/// A callout as the policies see it, and the same as canonical JSON for the record.
struct MappedRequest {
    let request: PreparedRequest
    let entities: [PreparedEntities]
    let actionName: String
    let resourceType: String
    let resourceID: String
    /// The canonical policy input; the query is reduced to its parameters' names (AUDIT, section 5).
    let input: [UInt8]
}

/// Makes Cedar requests of callouts (DESIGN, section 4).
struct RequestMapping {
    let generation: PolicyGeneration
    let callout: CalloutRequest
    let match: RouteTable.Match
    let plan: RoutePlan
    let host: String?
    /// The time of the decision, in milliseconds since the Unix epoch.
    let now: Int64

    func map(_ caller: IdentifiedCaller) throws(EntityError) -> MappedRequest {
        let engine = generation.engine
        let resource = try resource()
        let prepared = try engine.prepare([resource.entity])
        let (actionName, action) = plan.action ?? (callout.method, method(engine))
        let request = PreparedRequest(
            principal: caller.uid, action: action, resource: engine.prepare(resource.entity.uid),
            context: context(caller)
        )
        return MappedRequest(
            request: request, entities: [caller.entities, prepared], actionName: actionName,
            resourceType: resource.entity.uid.type.text, resourceID: resource.entity.uid.id,
            input: input(caller, actionName: actionName, resource)
        )
    }

    private func method(_ engine: PolicyEngine) -> PreparedUID {
        generation.method(callout.method)
            ?? engine.prepare(EntityUID(type: generation.actionType, id: callout.method))
    }

    // MARK: Resource

    private struct Resource {
        let entity: Entity
        /// Attributes as strings, in the order of the template, the path last.
        let texts: [(name: String, value: String)]
    }

    private func resource() throws(EntityError) -> Resource {
        var uid = EntityUID(type: generation.routeType, id: match.route.name)
        if let template = match.route.resource, let id = template.id(match.parameters),
            let named = EntityUID(template.type, id)
        {
            uid = named
        }
        let texts = match.parameters + [("path", callout.path)]
        let known = generation.engine.entities[uid]
        let entity = Entity(
            uid: uid,
            attributes: Record(
                texts.map { ($0.name, .string($0.value)) }
                    + (known?.attributes.members.map { ($0.key, $0.value) } ?? [])
            ),
            tags: known?.tags ?? Record(),
            parents: [EntityUID(type: generation.apiType, id: match.api.name)] + (known?.parents ?? [])
        )
        return Resource(entity: entity, texts: texts)
    }

    // MARK: Context

    private func context(_ caller: IdentifiedCaller) -> PreparedRecord {
        let names = generation.names
        var members: [(RecordKey, PreparedValue)] = [
            (names.request, .record(requestRecord())), (names.gateway, .record(gatewayRecord())),
            (names.now, .datetime(milliseconds: now)),
        ]
        if let token = caller.tokenRecord { members.append((names.token, .record(token))) }
        return PreparedRecord(members)
    }

    private func requestRecord() -> PreparedRecord {
        let names = generation.names
        var members: [(RecordKey, PreparedValue)] = [
            (names.method, .string(callout.method)), (names.path, .string(callout.path)),
            (names.query, .string(callout.query)),
        ]
        if let host { members.append((names.host, .string(host))) }
        if let address = clientAddress { members.append((names.clientIP, .ip(address))) }
        let headers = contextHeaders.map { (generation.engine.key($0.name), PreparedValue.string($0.value)) }
        members.append((names.headers, .record(PreparedRecord(headers))))
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

    private var clientAddress: IPValue? { callout.clientAddress.flatMap { try? IPValue(parsing: $0) } }

    /// The headers that the route shows to policies, several of one name joined as HTTP joins them, sorted by name.
    private var contextHeaders: [(name: String, value: String)] {
        match.route.contextHeaders.sorted().compactMap { name in
            let values = callout.headerValues(name)
            return values.isEmpty ? nil : (name, values.joined(separator: ", "))
        }
    }

    // MARK: Record

    private func input(_ caller: IdentifiedCaller, actionName: String, _ resource: Resource) -> [UInt8] {
        var writer = JSONWriter(capacity: 1536)
        writer.beginObject()
        writer.key("action")
        writer.raw(CanonicalEntity.uid(type: "Action", id: actionName))
        writer.key("context")
        writeContext(caller, to: &writer)
        writer.key("entities")
        writer.beginArray()
        writer.raw(caller.entityJSON)
        write(resource, to: &writer)
        writer.endArray()
        writer.key("principal")
        writer.raw(caller.uidJSON)
        writer.key("resource")
        writer.raw(CanonicalEntity.uid(type: resource.entity.uid.type.text, id: resource.entity.uid.id))
        writer.endObject()
        return writer.bytes
    }

    private func writeContext(_ caller: IdentifiedCaller, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("gateway")
        writer.beginObject()
        for (key, value) in [
            ("environment", callout.environment), ("flow", callout.flow.rawValue), ("name", callout.gateway.name),
            ("protocol", callout.dialect.rawValue), ("proxy", callout.proxy ?? ""),
        ] as [(StaticString, String)] {
            writer.key(key)
            writer.string(value)
        }
        writer.endObject()
        writer.key("now")
        writer.beginObject()
        writer.key("__extn")
        writer.beginObject()
        writer.key("arg")
        writer.string(DatetimeValue(milliseconds: now).description)
        writer.key("fn")
        writer.string(plain: "datetime")
        writer.endObject()
        writer.endObject()
        writer.key("request")
        writeRequest(to: &writer)
        if let claims = caller.claimsJSON {
            writer.key("token")
            writer.raw(claims)
        }
        writer.endObject()
    }

    private func writeRequest(to writer: inout JSONWriter) {
        writer.beginObject()
        if let address = clientAddress {
            writer.key("client_ip")
            writer.beginObject()
            writer.key("__extn")
            writer.beginObject()
            writer.key("arg")
            writer.string(address.description)
            writer.key("fn")
            writer.string(plain: "ip")
            writer.endObject()
            writer.endObject()
        }
        writer.key("headers")
        writer.beginObject()
        for header in contextHeaders {
            writer.key(any: header.name)
            writer.string(header.value)
        }
        writer.endObject()
        if let host {
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

    private func write(_ resource: Resource, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("attrs")
        var attributes = JSONObject()
        for (name, value) in resource.texts { attributes.append(name, .string(value)) }
        writer.value(.object(attributes))
        writer.key("parents")
        writer.beginArray()
        writer.raw(CanonicalEntity.uid(type: "Api", id: match.api.name))
        writer.endArray()
        writer.key("uid")
        writer.raw(CanonicalEntity.uid(type: resource.entity.uid.type.text, id: resource.entity.uid.id))
        writer.endObject()
    }

    /// `a=1&b=2` as `a&b`: values may be secrets and are never stored.
    static func parameterNames(_ query: String) -> String {
        guard !query.isEmpty else { return "" }
        let names = query.utf8.split(separator: UInt8(ascii: "&")).map { part in
            String(decoding: part.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
        }
        return names.joined(separator: "&")
    }
}
