// SPDX-License-Identifier: Apache-2.0

import Cedar
import Identity

/// What is known of a route before any request.
final class RoutePlan: Sendable {
    /// An entity's identity in the forms that a decision needs.
    struct EntityName: Sendable {
        let uid: PreparedUID
        let type: String
        let id: String
        /// Canonical JSON.
        let json: [UInt8]

        /// The id alone, as records name actions.
        var name: String { id }

        init(_ uid: EntityUID, engine: PolicyEngine) {
            self.uid = engine.prepare(uid)
            type = uid.type.text
            id = uid.id
            json = CanonicalEntity.uid(type: type, id: id)
        }
    }

    /// An attribute that a request gives its resource.
    struct Attribute: Sendable {
        let name: String
        let key: RecordKey
        /// The parameter of the template that it holds; `nil` for the path.
        let parameter: Int?
    }

    /// A request header that policies see.
    struct Header: Sendable {
        let name: String
        let key: RecordKey
    }

    /// The action that policies see, if it does not depend on the method.
    let action: EntityName?
    /// The route itself, the resource unless a template names another one.
    let resource: EntityName
    /// The type of the entity that the resource template names.
    let resourceType: EntityTypeName?
    let api: EntityName
    /// The resource's parents.
    let parents: PreparedParents
    /// Sorted by name.
    let attributes: [Attribute]
    /// Those that a policy or a base entity names; nobody can read the others.
    let readAttributes: [Attribute]
    /// Sorted by name.
    let headers: [Header]
    /// The whole path template, as the audit record names the route.
    let template: String
    /// How callers of the API may identify themselves; `nil` if none can and every caller is anonymous.
    let selection: AuthenticatorSelection?
    /// Where the request's provider stands in an error message: the realm of a challenge (RFC 6750, section 3).
    let realm: String

    init(_ entry: RouteTable.Entry, types: BuiltInTypes, engine: PolicyEngine, selection: AuthenticatorSelection?) {
        action = entry.route.action.map { EntityName(EntityUID(type: types.action, id: $0), engine: engine) }
        resource = EntityName(EntityUID(type: types.route, id: entry.route.name), engine: engine)
        resourceType = entry.route.resource.flatMap { EntityTypeName($0.type) }
        let uid = EntityUID(type: types.api, id: entry.api.name)
        api = EntityName(uid, engine: engine)
        parents = engine.prepareParents([uid])
        var attributes = entry.template.compactMap(\.parameterName).enumerated().map { index, name in
            Attribute(name: name, key: engine.key(name), parameter: index)
        }
        attributes.removeAll { $0.name == "path" }
        attributes.append(Attribute(name: "path", key: engine.key("path"), parameter: nil))
        self.attributes = attributes.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        readAttributes = self.attributes.filter(\.key.isKnown)
        headers = Set(entry.route.contextHeaders)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { Header(name: $0, key: engine.key($0)) }
        let base = entry.api.basePath.text == "/" ? "" : entry.api.basePath.text
        template = entry.route.path.text == "/" && !base.isEmpty ? base : base + entry.route.path.text
        self.selection = selection
        realm = entry.api.name
    }
}

/// The entity types that every deployment has.
struct BuiltInTypes: Sendable {
    let action, route, api: EntityTypeName

    init?() {
        guard let action = EntityTypeName("Action"), let route = EntityTypeName("Route"),
            let api = EntityTypeName("Api")
        else { return nil }
        (self.action, self.route, self.api) = (action, route, api)
    }
}

extension PathTemplate.Segment {
    var parameterName: String? {
        switch self {
        case .literal: nil
        case .parameter(let name), .rest(let name): name
        }
    }
}
