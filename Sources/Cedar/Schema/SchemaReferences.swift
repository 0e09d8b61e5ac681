// SPDX-License-Identifier: Apache-2.0

/// Finds the texts by which the writers refer to declarations.
struct SchemaReferences {
    typealias Definition = SchemaDefinition

    let names: SchemaNames
    /// Common types that go by another name in the Cedar syntax, which cannot tell them from an entity type.
    private let renamed: [EntityTypeName: String]

    init(_ names: SchemaNames) {
        self.names = names
        var renamed: [EntityTypeName: String] = [:]
        var taken = Set(names.declaredTypes.map { ByteKey($0.name.basename) })
        for name in Self.hiddenEntityTypes(names) {
            var other = name.basename + "_"
            while !taken.insert(ByteKey(other)).inserted { other += "_" }
            renamed[name] = other
        }
        self.renamed = renamed
    }

    /// Entity types that are referred to as such although a common type has the same name.
    private static func hiddenEntityTypes(_ names: SchemaNames) -> [EntityTypeName] {
        var pending: [(type: Definition.TypeExpression, namespace: String)] = []
        for name in names.commonTypeNames {
            if let common = names.commonTypes[name] { pending.append((common.declaration.type, common.namespace)) }
        }
        for type in names.entityTypes {
            guard case .standard(_, let shape, let tags) = type.declaration.content else { continue }
            pending += [shape, tags].compactMap { $0 }.map { ($0, type.namespace) }
        }
        for action in names.actions {
            if let context = action.declaration.appliesTo?.context { pending.append((context, action.namespace)) }
        }
        var found: Set<EntityTypeName> = []
        while let (type, namespace) = pending.popLast() {
            switch type {
            case .long, .string, .bool, .extension, .common, .named: break
            case .set(let element): pending.append((element, namespace))
            case .record(let attributes): pending += attributes.map { ($0.type, namespace) }
            case .entity(let reference):
                if case .entity(let id) = names.target(of: reference.path, .entity, in: namespace) {
                    let name = names.entityTypeName(id)
                    if names.commonTypes[name] != nil { found.insert(name) }
                }
            }
        }
        return found.sorted()
    }

    /// The declared name of a common type in the Cedar syntax.
    func basename(ofCommonType name: EntityTypeName) -> String { renamed[name] ?? name.basename }

    /// The text that means a target where any type may stand.
    func text(of target: SchemaNames.Target, in namespace: String) -> String {
        switch target {
        case .builtIn(let id):
            let (short, long) = Self.builtInNames(id)
            guard case .builtIn = names.target(of: short, .either, in: namespace) else { return long }
            return short
        case .common(let name):
            return Self.text(of: SchemaNames.full(basename(ofCommonType: name), in: name.namespace), in: namespace)
        case .entity(let id): return Self.text(of: names.entityTypeName(id), in: namespace)
        }
    }

    /// Bare names suffice for the own namespace and the empty one: shadowing is not allowed.
    private static func text(of name: EntityTypeName, in namespace: String) -> String {
        name.namespace.hasSameBytes(as: namespace) ? name.basename : name.text
    }

    private static func builtInNames(_ id: TypeID) -> (String, String) {
        let short =
            switch id {
            case .long: "Long"
            case .string: "String"
            case .bool: "Bool"
            case .decimal: "decimal"
            case .ip: "ipaddr"
            case .datetime: "datetime"
            default: "duration"
            }
        return (short, "__cedar::" + short)
    }
}
