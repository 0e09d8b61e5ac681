// SPDX-License-Identifier: Apache-2.0

/// Parents that entities of many requests have in common, with everything above them in the base.
public struct PreparedParents: Sendable {
    /// The parents themselves.
    let direct: [RuntimeUID]
    /// Parents and their ancestors.
    let known: AncestorList
    let foreign: [ForeignUID]
    let universe: UInt64

    /// No parent at all.
    public static let none = PreparedParents(
        direct: [], known: .none, foreign: [], universe: Universe.anyIdentifier)
}

extension PolicyEngine {
    /// Prepares parents, for ``prepareEntity(_:attributes:tags:parents:)``; worth keeping as long as the engine.
    public func prepareParents(_ parents: [EntityUID]) -> PreparedParents {
        guard !parents.isEmpty else { return .none }
        // A few are compared with one another, many are not.
        let parents = parents.count > Self.fewParents ? Array(Set(parents)) : parents
        let direct = parents.map { universe.loader.uid($0) }
        var known: [Int32] = []
        var foreign: [ForeignUID] = []
        for parent in direct {
            switch parent {
            case .known(let number):
                known.append(number)
                // Whatever a base entity lies under is known too.
                if let entity = universe.entities[Int(number)] { known += entity.ancestors.elements }
            case .foreign(let uid):
                if parents.count > Self.fewParents || !foreign.contains(where: uid.isSame) { foreign.append(uid) }
            }
        }
        if known.count > 1 { known = Set(known).sorted() }
        return PreparedParents(
            direct: direct, known: known.isEmpty ? .none : AncestorList(known), foreign: foreign,
            universe: universe.identifier)
    }

    private static let fewParents = 16

    /// Prepares one entity of prepared parts: the same as preparing an ``Entity`` for a fraction of its cost.
    ///
    /// If a part belongs to another engine, `authorize` refuses the result.
    ///
    /// - Parameters:
    ///   - uid: The identity; a base entity of the same identity is replaced for the request.
    ///   - attributes: All attributes.
    ///   - tags: All tags.
    ///   - parents: All parents.
    /// - Returns: The entity as a group of its own.
    /// - Throws: ``EntityError/cycle(_:)`` if the entity is its own parent.
    public func prepareEntity(
        _ uid: PreparedUID, attributes: PreparedRecord, tags: PreparedRecord = PreparedRecord(),
        parents: PreparedParents = .none
    ) throws(EntityError) -> PreparedEntities {
        if uid.universe == universe.identifier, parents.universe == universe.identifier,
            parents.direct.contains(where: uid.runtime.isSame)
        {
            throw .cycle(universe.uid(of: uid.runtime))
        }
        let owner = [attributes.storage.universe, tags.storage.universe, parents.universe].reduce(
            uid.universe, Universe.joined)
        let data = EntityData(
            uid: uid.runtime, type: owner == universe.identifier ? universe.type(of: uid.runtime) : -1,
            attributes: attributes.storage, tags: tags.storage, ancestors: parents.known,
            foreignAncestors: parents.foreign)
        return PreparedEntities(members: [data], universe: owner)
    }

    /// Prepares what a request adds to an entity that the base may know too.
    ///
    /// The base entity keeps its attributes (they count before those given here), its tags and its ancestors.
    ///
    /// - Parameters:
    ///   - uid: The identity.
    ///   - attributes: Attributes beside the base entity's; of repeated keys the last counts.
    ///   - parents: Parents beside the base entity's.
    /// - Returns: The entity as a group of its own.
    /// - Throws: ``EntityError/cycle(_:)`` if the entity is its own parent.
    public func prepareEntity(
        extending uid: PreparedUID, attributes: [(RecordKey, PreparedValue)], parents: PreparedParents = .none
    ) throws(EntityError) -> PreparedEntities {
        guard uid.universe == universe.identifier, case .known(let number) = uid.runtime,
            let base = universe.entities[Int(number)]
        else { return try prepareEntity(uid, attributes: PreparedRecord(attributes), parents: parents) }
        let all = PreparedParents(
            direct: parents.direct, known: Self.merged(parents.known, base.ancestors),
            foreign: parents.foreign
                + base.foreignAncestors.filter { mine in !parents.foreign.contains { $0.isSame(as: mine) } },
            universe: parents.universe)
        return try prepareEntity(
            uid, attributes: PreparedRecord(attributes + members(of: base.attributes)),
            tags: PreparedRecord(storage: base.tags), parents: all)
    }

    private func members(of record: RecordStorage) -> [(RecordKey, PreparedValue)] {
        let owner = universe.identifier
        return record.members.map { member in
            let key = RecordKey(
                name: member.name, text: ByteKey(universe.names.texts[Int(member.name)]), universe: owner)
            return (key, PreparedValue(member.value, universe: owner))
        }
    }

    /// Two lists as one, each number once.
    private static func merged(_ left: AncestorList, _ right: AncestorList) -> AncestorList {
        guard right.count > 0 else { return left }
        guard left.count > 0 else { return right }
        return AncestorList(Set(left.elements).union(right.elements).sorted())
    }
}
