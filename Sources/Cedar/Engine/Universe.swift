// SPDX-License-Identifier: Apache-2.0

private import Synchronization

/// The names, types and identities that policies and base entities mention, as numbers, with the base entities.
///
/// Built once per engine and immutable from then on.
final class Universe: Sendable {
    let loader: RuntimeLoader
    /// Attribute names, record keys and tags.
    var names: InternTable { loader.names }
    var types: InternTable { loader.types }
    /// Entity ids, grouped by type number.
    var identities: InternTable { loader.identities }
    /// The identity of each number.
    let uids: [EntityUID]
    /// The base entities, by identity number.
    let entities: [EntityData?]
    /// The same, for the evaluation of requests.
    let entityTable: FixedBuffer<Unmanaged<EntityData>?>
    /// The type of each identity.
    let typeTable: FixedBuffer<Int32>
    /// Tells this universe's numbers from others'.
    let identifier: UInt64

    /// Marks what holds no number at all.
    static let anyIdentifier = UInt64.max
    /// Marks what mixes the numbers of several universes.
    static let mixedIdentifier: UInt64 = 0
    private static let counter = Atomic<UInt64>(1)

    init(vocabulary: Vocabulary, entities store: EntityStore) {
        var vocabulary = vocabulary
        let ordered = store.nodes.values.sorted { $0.entity.uid < $1.entity.uid }
        for node in ordered { vocabulary.add(node) }
        uids = vocabulary.uids
        identifier = Self.counter.add(1, ordering: .relaxed).newValue
        loader = RuntimeLoader(
            names: vocabulary.names, types: vocabulary.types, identities: vocabulary.identities, universe: identifier)
        var table = [EntityData?](repeating: nil, count: uids.count)
        for node in ordered {
            let data = loader.entity(node.entity, ancestors: node.ancestors)
            if case .known(let number) = data.uid { table[Int(number)] = data }
        }
        entities = table
        entityTable = FixedBuffer(table.map { $0.map(Unmanaged.passUnretained) })
        typeTable = FixedBuffer(loader.identities.groups)
    }

    func type(of uid: RuntimeUID) -> Int32 {
        switch uid {
        case .known(let number): identities.groups[Int(number)]
        case .foreign(let uid): uid.type
        }
    }

    func uid(of value: RuntimeUID) -> EntityUID {
        switch value {
        case .known(let number): uids[Int(number)]
        case .foreign(let uid): uid.uid
        }
    }
}

/// Collects what a universe will number.
struct Vocabulary {
    var names = InternTable()
    var types = InternTable()
    var identities = InternTable()
    private(set) var uids: [EntityUID] = []

    mutating func type(_ name: EntityTypeName) -> Int32 { types.intern(name.text) }

    @discardableResult
    mutating func uid(_ uid: EntityUID) -> Int32 {
        let number = identities.intern(uid.id, group: type(uid.type))
        if Int(number) == uids.count { uids.append(uid) }
        return number
    }

    mutating func add(_ node: EntityStore.Node) {
        uid(node.entity.uid)
        for ancestor in node.ancestors.sorted() { uid(ancestor) }
        add(node.entity.attributes)
        add(node.entity.tags)
    }

    private mutating func add(_ record: Record) {
        for member in record.members {
            _ = names.intern(member.key)
            add(member.value)
        }
    }

    mutating func add(_ value: Value) {
        switch value {
        case .entity(let uid): self.uid(uid)
        case .set(let set): for element in set.elements { add(element) }
        case .record(let record): add(record)
        case .bool, .long, .string, .decimal, .ip, .datetime, .duration: break
        }
    }
}
