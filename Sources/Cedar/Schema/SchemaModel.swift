// SPDX-License-Identifier: Apache-2.0

/// A schema with every name resolved.
final class SchemaModel: Sendable {
    let definition: SchemaDefinition
    let names: SchemaNames
    let types: TypeTable
    /// The declared entity types, then one type for the actions of each namespace that has any.
    let entityTypes: [EntityTypeModel]
    let entityTypeIDs: [EntityTypeName: EntityTypeID]
    let actions: [ActionModel]
    let actionIDs: [EntityUID: Int]
    /// The actions as entities, with their closures.
    let actionStore: EntityStore

    init(
        definition: SchemaDefinition, names: SchemaNames, types: TypeTable, entityTypes: [EntityTypeModel],
        actions: [ActionModel], actionStore: EntityStore
    ) {
        self.definition = definition
        self.names = names
        self.types = types
        self.entityTypes = entityTypes
        self.actions = actions
        self.actionStore = actionStore
        var typeIDs: [EntityTypeName: EntityTypeID] = [:]
        for (index, type) in entityTypes.enumerated() { typeIDs[type.name] = EntityTypeID(index: Int32(index)) }
        entityTypeIDs = typeIDs
        var actionIDs: [EntityUID: Int] = [:]
        for (index, action) in actions.enumerated() { actionIDs[action.uid] = index }
        self.actionIDs = actionIDs
    }

    subscript(_ id: EntityTypeID) -> EntityTypeModel { entityTypes[Int(id.index)] }

    func action(_ uid: EntityUID) -> ActionModel? { actionIDs[uid].map { actions[$0] } }

    /// Whether an entity of one type may be, or lie below, one of another.
    func canBe(_ type: EntityTypeID, in other: EntityTypeID) -> Bool {
        type == other || self[type].ancestors.contains(Int(other.index))
    }

    /// Why an entity cannot exist; `nil` if it can.
    func objection(to uid: EntityUID) -> String? {
        if uid.type.isAction {
            return actionIDs[uid] == nil ? "`\(uid)` is not a declared action" : nil
        }
        guard let id = entityTypeIDs[uid.type] else { return "`\(uid.type)` is not a declared entity type" }
        guard case .enumerated(let ids) = self[id].content, !ids.contains(where: { $0.hasSameBytes(as: uid.id) }) else {
            return nil
        }
        return "`\(uid)` is none of the entities of `\(uid.type)`; accepted: \(Self.listing(ids))"
    }

    static func listing(_ ids: [String]) -> String {
        let shown = ids.prefix(20).map { CedarString.quoted($0) }.joined(separator: ", ")
        return ids.count > 20 ? shown + " and \(ids.count - 20) more" : shown
    }
}

struct EntityTypeModel: Sendable {
    enum Content: Sendable {
        case standard(attributes: TypeID, tags: TypeID?)
        case enumerated([String])
        /// Declared by having actions.
        case action
    }

    let name: EntityTypeName
    let content: Content
    /// The types that entities of this type may lie below, directly or not.
    let ancestors: BitSet

    var attributes: TypeID {
        switch content {
        case .standard(let attributes, _): attributes
        case .enumerated, .action: .emptyRecord
        }
    }

    var tags: TypeID? {
        switch content {
        case .standard(_, let tags): tags
        case .enumerated, .action: nil
        }
    }
}

struct ActionModel: Sendable {
    let uid: EntityUID
    let type: EntityTypeID
    let principals: [EntityTypeID]
    let resources: [EntityTypeID]
    let context: TypeID
}

/// A set of small numbers.
struct BitSet: Sendable, Hashable {
    private var words: [UInt64] = []

    init() {}

    func contains(_ member: Int) -> Bool {
        let word = member >> 6
        return word < words.count && words[word] & (1 << UInt64(member & 63)) != 0
    }

    mutating func insert(_ member: Int) {
        let word = member >> 6
        while words.count <= word { words.append(0) }
        words[word] |= 1 << UInt64(member & 63)
    }

    /// Adds another set; says whether that brought anything new.
    mutating func formUnion(_ other: BitSet) -> Bool {
        var changed = false
        while words.count < other.words.count { words.append(0) }
        for (index, word) in other.words.enumerated() where word & ~words[index] != 0 {
            words[index] |= word
            changed = true
        }
        return changed
    }
}
