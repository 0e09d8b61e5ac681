// SPDX-License-Identifier: Apache-2.0

/// Entities by identity, with the transitive closure of their parents.
///
/// Parents need not be in the store; they count as ancestors all the same, but nothing above them is known.
public struct EntityStore: Sendable {
    /// An entity and all its ancestors.
    struct Node: Sendable {
        let entity: Entity
        let ancestors: Set<EntityUID>
    }

    private(set) var nodes: [EntityUID: Node]
    /// How deeply the data of any entity nests.
    private(set) var depth = 0

    /// The empty store.
    public init() { nodes = [:] }

    /// Takes entities in any order.
    ///
    /// - Throws: ``EntityError/duplicate(_:)`` for different entities of one identity,
    ///   ``EntityError/cycle(_:)`` when an entity is its own ancestor.
    public init(_ entities: [Entity]) throws(EntityError) {
        self.init()
        try add(entities)
    }

    /// Adds entities; ancestors of those that were there before do not change.
    mutating func add(_ entities: [Entity]) throws(EntityError) {
        for entity in entities {
            guard nodes[entity.uid].map({ $0.entity.isSame(as: entity) }) ?? true else { throw .duplicate(entity.uid) }
        }
        for node in try Self.closing(entities, above: self) {
            nodes[node.entity.uid] = node
            depth = max(depth, node.entity.depth)
        }
    }

    /// Computes the ancestors of entities that lie above a store: their parents among themselves, then the store's.
    static func closing(_ entities: [Entity], above base: EntityStore) throws(EntityError) -> [Node] {
        var added: [EntityUID: Entity] = [:]
        for entity in entities {
            if let other = added[entity.uid], !other.isSame(as: entity) { throw .duplicate(entity.uid) }
            added[entity.uid] = entity
        }
        var closure = AncestorClosure(entities: added, base: base)
        var result: [Node] = []
        result.reserveCapacity(added.count)
        for (uid, entity) in added {
            result.append(Node(entity: entity, ancestors: try closure.ancestors(of: uid)))
        }
        return result
    }

    /// This store with other entities laid above it.
    ///
    /// An entity of the overlay replaces the one of the same identity. Ancestors of the overlay's entities follow the
    /// overlay, then this store; ancestors of this store's entities stay as they are.
    func overlaid(with overlay: [Entity]) throws(EntityError) -> EntityStore {
        var result = self
        for node in try Self.closing(overlay, above: self) {
            result.nodes[node.entity.uid] = node
            result.depth = max(result.depth, node.entity.depth)
        }
        return result
    }

    /// The number of entities.
    public var count: Int { nodes.count }

    /// All entities, ordered by identity.
    public var entities: [Entity] { nodes.values.map(\.entity).sorted { $0.uid < $1.uid } }

    /// The entity of an identity.
    public subscript(_ uid: EntityUID) -> Entity? { nodes[uid]?.entity }

    /// All ancestors of an entity, itself not counted; empty if it is not in the store.
    public func ancestors(of uid: EntityUID) -> Set<EntityUID> { nodes[uid]?.ancestors ?? [] }
}

extension Entity {
    /// Whether both say the same; parents are a set.
    func isSame(as other: Entity) -> Bool {
        uid == other.uid && attributes == other.attributes && tags == other.tags && Set(parents) == Set(other.parents)
    }
}

/// Why entities could not be taken.
public enum EntityError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Two different entities have one identity.
    case duplicate(EntityUID)
    /// The entity is its own ancestor.
    case cycle(EntityUID)
    /// The JSON text is not what an entities file holds.
    case json(path: String, problem: String)
    /// The entity does not conform to the schema.
    case conformance(EntityUID, problem: String)

    /// What was wrong, and where.
    public var description: String {
        switch self {
        case .duplicate(let uid): "there are two different entities `\(uid)`"
        case .cycle(let uid): "entity `\(uid)` is its own ancestor; parents must not form a circle"
        case .json(let path, let problem): path.isEmpty ? problem : "\(path): \(problem)"
        case .conformance(let uid, let problem): "entity `\(uid)`: \(problem)"
        }
    }
}
