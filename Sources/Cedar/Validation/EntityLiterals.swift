// SPDX-License-Identifier: Apache-2.0

/// The entities that policies name, each looked up in the schema once.
struct EntityLiterals {
    struct Entry {
        let uid: EntityUID
        /// The type; `nil` if the schema does not know it.
        let type: EntityTypeID?
        /// The declared action, if it is one.
        let action: Int?
        let objection: ValidationFinding.Kind?
    }

    private let model: SchemaModel
    private(set) var entries: [Entry] = []
    private var places: [EntityUID: Int32] = [:]
    /// The entries of the declared actions are the first ones, in their order.
    let actionCount: Int

    init(model: SchemaModel) {
        self.model = model
        actionCount = model.actions.count
        for action in model.actions { _ = intern(action.uid) }
    }

    subscript(_ id: Int32) -> Entry { entries[Int(id)] }

    mutating func intern(_ uid: EntityUID) -> Int32 {
        if let known = places[uid] { return known }
        let id = Int32(entries.count)
        entries.append(entry(uid))
        places[uid] = id
        return id
    }

    private func entry(_ uid: EntityUID) -> Entry {
        let type = model.entityTypeIDs[uid.type]
        if uid.type.isAction {
            let action = model.actionIDs[uid]
            return Entry(
                uid: uid, type: action == nil ? nil : type, action: action,
                objection: action == nil ? .unrecognizedAction : nil)
        }
        guard let type else { return Entry(uid: uid, type: nil, action: nil, objection: .unrecognizedEntityType) }
        let isListed: Bool =
            switch model[type].content {
            case .enumerated(let ids): ids.contains { $0.hasSameBytes(as: uid.id) }
            case .standard, .action: true
            }
        return Entry(uid: uid, type: type, action: nil, objection: isListed ? nil : .invalidEnumID)
    }
}
