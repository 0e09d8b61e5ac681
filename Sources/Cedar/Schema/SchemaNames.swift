// SPDX-License-Identifier: Apache-2.0

/// Everything a schema declares, by full name, and the rules by which references find it.
struct SchemaNames: Sendable {
    typealias Definition = SchemaDefinition

    struct Common: Sendable {
        let declaration: Definition.CommonType
        let namespace: String
    }

    struct EntityType: Sendable {
        let name: EntityTypeName
        let declaration: Definition.EntityType
        let namespace: String
    }

    struct Action: Sendable {
        let uid: EntityUID
        let declaration: Definition.Action
        let namespace: String
    }

    /// What may stand at a place.
    enum Wanted { case entity, common, either }

    enum Target {
        case common(EntityTypeName)
        case entity(EntityTypeID)
        case builtIn(TypeID)
    }

    private(set) var commonTypes: [EntityTypeName: Common] = [:]
    private(set) var commonTypeNames: [EntityTypeName] = []
    private(set) var entityTypes: [EntityType] = []
    private(set) var entityTypeIDs: [EntityTypeName: EntityTypeID] = [:]
    private(set) var actions: [Action] = []
    private(set) var actionPlaces: [EntityUID: Int] = [:]
    /// The types of actions, which follow the declared entity types.
    private(set) var actionTypes: [EntityTypeName] = []
    var resolvedCommonTypes: [EntityTypeName: TypeID] = [:]

    static func full(_ name: String, in namespace: String) -> EntityTypeName {
        EntityTypeName(normalized: namespace.isEmpty ? name : namespace + "::" + name)
    }

    mutating func declareCommonType(_ name: EntityTypeName, _ type: Definition.CommonType, in namespace: String) -> Bool
    {
        guard commonTypes[name] == nil else { return false }
        commonTypes[name] = Common(declaration: type, namespace: namespace)
        commonTypeNames.append(name)
        return true
    }

    mutating func declareEntityType(_ name: EntityTypeName, _ type: Definition.EntityType, in namespace: String) -> Bool
    {
        guard entityTypeIDs[name] == nil else { return false }
        entityTypeIDs[name] = EntityTypeID(index: Int32(entityTypes.count))
        entityTypes.append(EntityType(name: name, declaration: type, namespace: namespace))
        return true
    }

    mutating func declareAction(_ uid: EntityUID, _ action: Definition.Action, in namespace: String) -> Bool {
        guard actionPlaces[uid] == nil else { return false }
        actionPlaces[uid] = actions.count
        actions.append(Action(uid: uid, declaration: action, namespace: namespace))
        return true
    }

    /// Gives a type to the actions of each namespace, once all entity types are declared.
    mutating func declareActionTypes() {
        for action in actions where entityTypeIDs[action.uid.type] == nil {
            entityTypeIDs[action.uid.type] = EntityTypeID(index: Int32(entityTypes.count + actionTypes.count))
            actionTypes.append(action.uid.type)
        }
    }

    /// The declared types, with whether each is in the empty namespace.
    var declaredTypes: [(name: EntityTypeName, isBare: Bool, origin: SchemaOrigin)] {
        let common = commonTypeNames.compactMap { name in
            commonTypes[name].map { (name: name, isBare: $0.namespace.isEmpty, origin: $0.declaration.origin) }
        }
        return common
            + entityTypes.map { (name: $0.name, isBare: $0.namespace.isEmpty, origin: $0.declaration.origin) }
    }

    func entityTypeName(_ id: EntityTypeID) -> EntityTypeName {
        let index = Int(id.index)
        return index < entityTypes.count ? entityTypes[index].name : actionTypes[index - entityTypes.count]
    }

    /// What a reference means: an absolute one itself, a bare one in its namespace, then in the empty one.
    func target(of path: String, _ wanted: Wanted, in namespace: String) -> Target? {
        for name in Self.candidates(path, in: namespace) {
            if wanted != .entity, commonTypes[name] != nil { return .common(name) }
            if wanted != .common, let id = entityTypeIDs[name] { return .entity(id) }
            if wanted != .entity, let id = Self.builtIn(name.text) { return .builtIn(id) }
            // The short names of built-in types give way to every declaration of the name.
            if wanted != .entity, entityTypeIDs[name] == nil, let id = Self.builtIn("__cedar::" + name.text) {
                return .builtIn(id)
            }
        }
        return nil
    }

    static func candidates(_ path: String, in namespace: String) -> [EntityTypeName] {
        let bare = EntityTypeName(normalized: path)
        return namespace.isEmpty || !bare.namespace.isEmpty ? [bare] : [full(path, in: namespace), bare]
    }

    private static func builtIn(_ name: String) -> TypeID? { builtInTypes[ByteKey(name)] }

    private static let builtInTypes: [ByteKey: TypeID] = [
        ByteKey("__cedar::Long"): .long, ByteKey("__cedar::String"): .string, ByteKey("__cedar::Bool"): .bool,
        ByteKey("__cedar::decimal"): .decimal, ByteKey("__cedar::ipaddr"): .ip,
        ByteKey("__cedar::datetime"): .datetime, ByteKey("__cedar::duration"): .duration,
    ]

    /// Orders common types so that each one follows those it is made of.
    func commonTypeOrder() -> (sorted: [EntityTypeName], circular: [EntityTypeName]) {
        var waiting: [EntityTypeName: Int] = [:]
        var users: [EntityTypeName: [EntityTypeName]] = [:]
        for name in commonTypeNames {
            guard let common = commonTypes[name] else { continue }
            var needed: Set<EntityTypeName> = []
            collect(common.declaration.type, in: common.namespace, into: &needed)
            waiting[name] = needed.count
            for other in needed { users[other, default: []].append(name) }
        }
        var sorted = commonTypeNames.filter { waiting[$0] == 0 }
        var next = 0
        while next < sorted.count {
            for user in users[sorted[next]] ?? [] {
                let left = (waiting[user] ?? 0) - 1
                waiting[user] = left
                if left == 0 { sorted.append(user) }
            }
            next += 1
        }
        return (sorted, commonTypeNames.filter { (waiting[$0] ?? 0) > 0 })
    }

    /// Collects the common types that a type names directly.
    private func collect(
        _ type: Definition.TypeExpression, in namespace: String, into result: inout Set<EntityTypeName>
    ) {
        var pending = [type]
        while let type = pending.popLast() {
            let reference: (path: String, wanted: Wanted)
            switch type {
            case .long, .string, .bool, .extension, .entity: continue
            case .set(let element):
                pending.append(element)
                continue
            case .record(let attributes):
                pending += attributes.map(\.type)
                continue
            case .common(let name): reference = (name.path, .common)
            case .named(let name): reference = (name.path, .either)
            }
            if case .common(let name) = target(of: reference.path, reference.wanted, in: namespace) {
                result.insert(name)
            }
        }
    }
}
