// SPDX-License-Identifier: Apache-2.0

package import Cedar
package import Identity

/// The schema of what ``RequestMapping`` makes of callouts: generated, so that policies are checked against what will
/// really be there (DESIGN, section 4).
///
/// Claims whose type nobody declared are not in it, and what the gateway may leave out is optional.
package struct GeneratedSchema {
    private typealias Attribute = SchemaDefinition.Attribute
    private typealias Reference = SchemaDefinition.Reference

    /// The kinds of principals that requests may have, whatever provider vouches for them.
    private static let principals = ["User", "Client", "Workload", "AWSPrincipal", "Anonymous"]

    private let routes: RouteTable
    private let entities: EntityStore
    private let claims: [Attribute]

    /// Describes requests.
    ///
    /// - Parameters:
    ///   - routes: All routes.
    ///   - entities: The base entities, actions included.
    ///   - mappings: What the providers' claims become.
    package init(routes: RouteTable, entities: EntityStore, mappings: [ClaimMapping]) {
        self.routes = routes
        self.entities = entities
        claims = Self.claims(mappings)
    }

    /// The schema.
    ///
    /// - Throws: If base entities have names that no schema can declare.
    package func schema() throws(DiagnosticsError) -> Schema { try Schema(definition) }

    // MARK: Types

    private var definition: SchemaDefinition {
        var types = entityTypes()
        for (type, shape) in InferredShapes(entities).types where type.text != "Action" {
            types[type.text, default: EntityShape()].merge(shape)
        }
        var namespaces: [String: SchemaDefinition.Namespace] = ["": SchemaDefinition.Namespace(name: "")]
        for (name, shape) in types.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            let (namespace, base) = Self.split(name)
            namespaces[namespace, default: SchemaDefinition.Namespace(name: namespace)].entityTypes.append(
                SchemaDefinition.EntityType(
                    base, memberOf: shape.parents.sorted().map { Reference($0) }, attributes: shape.attributes,
                    tags: shape.tags))
        }
        namespaces[""]?.commonTypes = [SchemaDefinition.CommonType("Context", .record(context))]
        namespaces[""]?.actions = actions
        return SchemaDefinition(namespaces.sorted { $0.key < $1.key }.map(\.value))
    }

    private func entityTypes() -> [String: EntityShape] {
        var types: [String: EntityShape] = ["Group": EntityShape(), "Role": EntityShape(), "Api": EntityShape()]
        let scopes = Attribute("scopes", .set(.string))
        for kind in Self.principals {
            let known = kind == "Anonymous" ? [] : claims.filter { $0.name != "scopes" }
            types[kind] = EntityShape(attributes: [scopes] + known, parents: ["Group", "Role"])
        }
        let path = Attribute("path", .string)
        types["Route"] = EntityShape(attributes: [path], parents: ["Api"])
        for entry in routes.routes {
            let parameters = entry.template.compactMap(\.parameterName).filter { $0 != "path" }
            let shape = EntityShape(
                attributes: [path] + parameters.map { Attribute($0, .string, isRequired: false) }, parents: ["Api"])
            types[entry.route.resource?.type ?? "Route", default: EntityShape()].merge(shape)
        }
        return types
    }

    private var resources: [String] {
        Array(Set(["Route"] + routes.routes.compactMap { $0.route.resource?.type })).sorted()
    }

    private var actions: [SchemaDefinition.Action] {
        let groups: Set<String> = ["read", "write"]
        let all = entities.entities.filter { $0.uid.type.text == "Action" }
        let declared = Set(all.map(\.uid.id))
        return all.map { action in
            let parents = action.parents.map(\.id).filter { declared.contains($0) }.sorted()
            let applies = SchemaDefinition.AppliesTo(
                principals: Self.principals.map { Reference($0) }, resources: resources.map { Reference($0) },
                context: .common("Context"))
            return SchemaDefinition.Action(
                action.uid.id, memberOf: parents.map { SchemaDefinition.ActionReference($0) },
                appliesTo: groups.contains(action.uid.id) ? nil : applies)
        }
    }

    // MARK: Context

    private var context: [Attribute] {
        let headers = Set(routes.routes.flatMap(\.route.contextHeaders)).sorted()
        let request: [Attribute] = [
            Attribute("method", .string), Attribute("host", .string, isRequired: false), Attribute("path", .string),
            Attribute("query", .string),
            Attribute("headers", .record(headers.map { Attribute($0, .string, isRequired: false) })),
            Attribute("client_ip", .extension(.ip), isRequired: false),
        ]
        let gateway = ["name", "protocol", "environment", "proxy", "flow"].map { Attribute($0, .string) }
        return [
            Attribute("request", .record(request)), Attribute("gateway", .record(gateway)),
            Attribute("now", .extension(.datetime)), Attribute("token", .record(claims), isRequired: false),
        ]
    }

    /// The claims whose type is known: declared ones, and where all claims are mapped those that standards define.
    private static func claims(_ mappings: [ClaimMapping]) -> [Attribute] {
        var types: [String: SchemaDefinition.TypeExpression?] = [:]
        for mapping in mappings {
            var found: [String: SchemaDefinition.TypeExpression] = [:]
            if mapping.attributes.isEmpty { found = standardClaims }
            for attribute in mapping.attributes { found[attribute.name] = standardClaims[attribute.path.description] }
            for (name, type) in mapping.types { found[name] = type.expression }
            for (name, type) in found {
                // Two providers that disagree leave the type open.
                if let known = types[name], known != type { types[name] = .some(nil) } else { types[name] = type }
            }
        }
        return types.sorted { $0.key < $1.key }.compactMap { name, type in
            type.map { Attribute(name, $0, isRequired: false) }
        }
    }

    /// The claims that standards define: RFC 7519 (4.1), RFC 9068 (2.2), OpenID Connect Core (2 and 5.1).
    ///
    /// Not `aud`, which may be one string or several.
    private static let standardClaims: [String: SchemaDefinition.TypeExpression] = [
        "sub": .string, "iss": .string, "jti": .string, "exp": .long, "iat": .long, "nbf": .long, "scope": .string,
        "client_id": .string, "azp": .string, "email": .string, "email_verified": .bool, "name": .string,
        "preferred_username": .string, "acr": .string, "amr": .set(.string), "auth_time": .long,
    ]

    static func split(_ name: String) -> (namespace: String, base: String) {
        guard let mark = name.lastRange(of: "::") else { return ("", name) }
        return (String(name[..<mark.lowerBound]), String(name[mark.upperBound...]))
    }
}

/// What is known of an entity type.
struct EntityShape {
    var attributes: [SchemaDefinition.Attribute] = []
    var parents: Set<String> = []
    var tags: SchemaDefinition.TypeExpression?
    /// Attributes whose values have no common type; they stay undeclared.
    var conflicts: Set<String> = []

    /// Takes what another source knows; attributes of one source alone are optional.
    mutating func merge(_ other: EntityShape) {
        conflicts.formUnion(other.conflicts)
        for attribute in other.attributes {
            guard let index = attributes.firstIndex(where: { $0.name == attribute.name }) else {
                attributes.append(attribute)
                continue
            }
            if attributes[index].type != attribute.type { conflicts.insert(attribute.name) }
            attributes[index].isRequired = attributes[index].isRequired || attribute.isRequired
        }
        attributes.removeAll { conflicts.contains($0.name) }
        parents.formUnion(other.parents)
        tags = tags ?? other.tags
    }
}

extension ClaimMapping.ClaimType {
    fileprivate var expression: SchemaDefinition.TypeExpression {
        switch self {
        case .string: .string
        case .long: .long
        case .bool: .bool
        case .strings: .set(.string)
        case .longs: .set(.long)
        }
    }
}

extension String {
    fileprivate func lastRange(of text: String) -> Range<Index>? { ranges(of: text).last }
}
