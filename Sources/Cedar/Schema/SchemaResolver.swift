// SPDX-License-Identifier: Apache-2.0

/// Resolves the names of a schema definition and collects everything that is wrong with it.
struct SchemaResolver {
    typealias Definition = SchemaDefinition

    struct Problem {
        let severity: Diagnostic.Severity
        let origin: SchemaOrigin
        let text: String
        let expected: String
    }

    let definition: Definition
    let limits: SchemaLimits
    private(set) var problems: [Problem] = []
    private(set) var failed = false
    var types = TypeTable()
    var names = SchemaNames()

    init(_ definition: Definition, limits: SchemaLimits) {
        self.definition = definition
        self.limits = limits
    }

    mutating func report(
        _ text: String, at origin: SchemaOrigin, expected: String = "", severity: Diagnostic.Severity = .error
    ) {
        if severity == .error { failed = true }
        guard problems.count < limits.maximumDiagnostics else { return }
        problems.append(Problem(severity: severity, origin: origin, text: text, expected: expected))
    }

    /// The resolved schema; `nil` if anything is wrong.
    mutating func model() -> SchemaModel? {
        declare()
        guard !failed else { return nil }
        checkShadowing()
        resolveCommonTypes()
        let entityTypes = resolveEntityTypes()
        let actions = resolveActions()
        let store = actionStore()
        guard !failed, let store else { return nil }
        return SchemaModel(
            definition: definition, names: names, types: types, entityTypes: entityTypes, actions: actions,
            actionStore: store)
    }

    /// Whether a text may refer to a type: identifiers joined by `::`, the first of which may be `__cedar`.
    static func isReference(_ path: String) -> Bool {
        guard let parts = Identifier.components(path), let first = parts.first else { return false }
        let rest = first.hasSameBytes(as: "__cedar") ? parts.dropFirst() : parts[...]
        return rest.allSatisfy(Identifier.isUsable)
    }

    // MARK: Declarations

    /// Names that common types may not take.
    private static let reserved = ["Bool", "Boolean", "Entity", "Extension", "Long", "Record", "Set", "String"]

    private mutating func declare() {
        var seen: Set<ByteKey> = []
        for namespace in definition.namespaces {
            if !namespace.name.isEmpty, !Identifier.isPath(namespace.name) {
                report(
                    "`\(CedarString.escaped(namespace.name))` cannot name a namespace", at: namespace.origin,
                    expected: "identifiers that are not reserved, joined by `::`")
                continue
            }
            if !seen.insert(ByteKey(namespace.name)).inserted {
                report("namespace `\(namespace.name)` is declared twice", at: namespace.origin)
            }
            if namespace.name.isEmpty, !namespace.annotations.entries.isEmpty {
                report("the empty namespace cannot have annotations", at: namespace.origin)
            }
            declareTypes(of: namespace)
            declareActions(of: namespace)
        }
        let most = limits.maximumDeclarations
        if max(names.commonTypes.count, names.entityTypes.count, names.actions.count) > most {
            report("there are too many declarations", at: SchemaOrigin(), expected: "at most \(most) of each sort")
        }
        names.declareActionTypes()
    }

    private mutating func declareTypes(of namespace: Definition.Namespace) {
        for type in namespace.commonTypes {
            guard let name = checkedName(type.name, in: namespace, at: type.origin) else { continue }
            if Self.reserved.contains(where: { $0.hasSameBytes(as: type.name) }) {
                report("`\(type.name)` cannot be the name of a common type", at: type.origin, expected: "another name")
            }
            if !names.declareCommonType(name, type, in: namespace.name) {
                report("type `\(name)` is declared twice", at: type.origin)
            }
        }
        for type in namespace.entityTypes {
            guard let name = checkedName(type.name, in: namespace, at: type.origin) else { continue }
            if name.isAction {
                report("`Action` cannot be the name of an entity type", at: type.origin, expected: "another name")
            }
            if !names.declareEntityType(name, type, in: namespace.name) {
                report("entity type `\(name)` is declared twice", at: type.origin)
            } else if names.commonTypes[name] != nil {
                report(
                    "`\(name)` is a common type and an entity type; where either may stand, the common type is meant",
                    at: type.origin, severity: .warning)
            }
        }
    }

    private mutating func checkedName(
        _ name: String, in namespace: Definition.Namespace, at origin: SchemaOrigin
    ) -> EntityTypeName? {
        guard Identifier.isUsable(name) else {
            report(
                "`\(CedarString.escaped(name))` cannot name a type", at: origin,
                expected: "an identifier that is not reserved")
            return nil
        }
        return SchemaNames.full(name, in: namespace.name)
    }

    private mutating func declareActions(of namespace: Definition.Namespace) {
        let type = SchemaNames.full("Action", in: namespace.name)
        for action in namespace.actions {
            let uid = EntityUID(type: type, id: action.name)
            if !names.declareAction(uid, action, in: namespace.name) {
                report("action `\(uid)` is declared twice", at: action.origin)
            }
        }
    }

    /// A declaration in the empty namespace may not have a namesake in any other.
    private mutating func checkShadowing() {
        var bare: Set<ByteKey> = []
        for name in names.declaredTypes where name.isBare { bare.insert(ByteKey(name.name.text)) }
        for name in names.declaredTypes where !name.isBare && bare.contains(ByteKey(name.name.basename)) {
            report(
                "`\(name.name)` has the name of the declaration `\(name.name.basename)` of the empty namespace",
                at: name.origin, expected: "another name, or the other declaration in a namespace")
        }
        for action in names.actions where !action.namespace.isEmpty {
            let bare = EntityUID(type: SchemaNames.full("Action", in: ""), id: action.uid.id)
            if names.actionPlaces[bare] != nil {
                report(
                    "`\(action.uid)` has the name of the declaration `\(bare)` of the empty namespace",
                    at: action.declaration.origin, expected: "another name, or the other declaration in a namespace")
            }
        }
    }

    // MARK: Common types

    /// Resolves common types in an order in which each one only needs those before it.
    private mutating func resolveCommonTypes() {
        let order = names.commonTypeOrder()
        for name in order.circular {
            guard let common = names.commonTypes[name] else { continue }
            report("the type `\(name)` is made of itself", at: common.declaration.origin)
        }
        for name in order.sorted {
            guard let common = names.commonTypes[name] else { continue }
            let type = resolve(common.declaration.type, in: common.namespace, at: common.declaration.origin)
            names.resolvedCommonTypes[name] = type
        }
    }

    /// - Parameters:
    ///   - expression: The type as written.
    ///   - namespace: Where bare names are looked for first.
    ///   - origin: Where problems are reported that no name of the expression carries.
    ///   - depth: How many types are around this one.
    /// - Returns: The type; after a problem the one without values.
    mutating func resolve(
        _ expression: Definition.TypeExpression, in namespace: String, at origin: SchemaOrigin, depth: Int = 0
    ) -> TypeID {
        guard depth < limits.nesting else {
            report("types nest more deeply than \(limits.nesting) levels", at: origin)
            return .never
        }
        switch expression {
        case .long: return .long
        case .string: return .string
        case .bool: return .bool
        case .extension(let type): return type.id
        case .set(let element):
            return deepened(.set(resolve(element, in: namespace, at: origin, depth: depth + 1)), at: origin)
        case .record(let attributes):
            var fields: [TypeField] = []
            var seen: Set<NameID> = []
            for attribute in attributes {
                let name = types.names.intern(ByteKey(attribute.name))
                if !seen.insert(name).inserted {
                    report("attribute `\(CedarString.escaped(attribute.name))` stands twice", at: origin)
                }
                let type = resolve(attribute.type, in: namespace, at: origin, depth: depth + 1)
                fields.append(TypeField(name: name, type: type, isRequired: attribute.isRequired))
            }
            return deepened(.record(fields.sorted { $0.name < $1.name }), at: origin)
        case .entity(let reference): return type(of: reference, .entity, in: namespace)
        case .common(let reference): return type(of: reference, .common, in: namespace)
        case .named(let reference): return type(of: reference, .either, in: namespace)
        }
    }

    private mutating func deepened(_ shape: TypeShape, at origin: SchemaOrigin) -> TypeID {
        let id = types.intern(shape)
        if types.depth(of: id) > limits.nesting {
            report("types nest more deeply than \(limits.nesting) levels", at: origin)
            return .never
        }
        return id
    }

    private mutating func type(
        of reference: Definition.Reference, _ wanted: SchemaNames.Wanted, in namespace: String
    ) -> TypeID {
        switch names.target(of: reference.path, wanted, in: namespace) {
        case .common(let name): return names.resolvedCommonTypes[name] ?? .never
        case .entity(let id): return types.intern(.entity(id))
        case .builtIn(let id): return id
        case nil:
            let sort =
                switch wanted {
                case .entity: "entity type"
                case .common: "common type"
                case .either: "type"
                }
            report(
                "there is no \(sort) `\(reference.path)`", at: reference.origin,
                expected: namespace.isEmpty
                    ? "the name of a declared \(sort)"
                    : "the name of a \(sort) declared in `\(namespace)`, in the empty namespace, or with its namespace")
            return .never
        }
    }
}

extension SchemaDefinition.ExtensionType {
    var id: TypeID {
        switch self {
        case .decimal: .decimal
        case .ip: .ip
        case .datetime: .datetime
        case .duration: .duration
        }
    }
}
