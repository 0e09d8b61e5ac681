// SPDX-License-Identifier: Apache-2.0

/// Turns values and entities into their run-time form.
final class RuntimeLoader: Sendable {
    let names: InternTable
    let types: InternTable
    let identities: InternTable
    let universe: UInt64

    init(names: InternTable, types: InternTable, identities: InternTable, universe: UInt64) {
        self.names = names
        self.types = types
        self.identities = identities
        self.universe = universe
    }

    /// The number of a record key; -1 if it has none.
    func name(_ text: String) -> Int32 { names.find(text) ?? -1 }

    @inline(__always)
    func uid(_ uid: EntityUID) -> RuntimeUID {
        guard let type = types.find(uid.type.text) else { return .foreign(ForeignUID(uid: uid, type: -1)) }
        if let number = identities.find(uid.id, group: type) { return .known(number) }
        return .foreign(ForeignUID(uid: uid, type: type))
    }

    func value(_ value: Value) -> RuntimeValue {
        switch value {
        case .bool(let value): .bool(value)
        case .long(let value): .long(value)
        case .string(let value): .string(value)
        case .entity(let value): uid(value).value
        case .set(let value): .set(SetStorage(value.elements.map(self.value)))
        case .record(let value): .record(record(value))
        case .decimal(let value): .decimal(value.tenThousandths)
        case .ip(let value): .ip(AddressBox(value))
        case .datetime(let value): .datetime(value.milliseconds)
        case .duration(let value): .duration(value.milliseconds)
        }
    }

    func record(_ record: Record) -> RecordStorage {
        guard !record.isEmpty else { return .empty }
        var members: ContiguousArray<RecordStorage.Member> = []
        members.reserveCapacity(record.members.count)
        var foreign: [RecordStorage.ForeignMember] = []
        for member in record.members {
            if let name = names.find(member.key) {
                members.append(RecordStorage.Member(name: name, value: value(member.value)))
            } else {
                foreign.append(
                    RecordStorage.ForeignMember(key: ByteKey(member.key), value: value(member.value)))
            }
        }
        if members.count > 1 { members.sort { $0.name < $1.name } }
        return RecordStorage(members: members, foreign: foreign, universe: universe)
    }

    func entity(_ entity: Entity, ancestors: Set<EntityUID>) -> EntityData {
        let (known, foreign) = self.ancestors(ancestors)
        return EntityData(
            uid: uid(entity.uid), type: types.find(entity.uid.type.text) ?? -1,
            attributes: record(entity.attributes), tags: record(entity.tags), ancestors: known,
            foreignAncestors: foreign)
    }

    func ancestors(_ uids: Set<EntityUID>) -> (known: AncestorList, foreign: [ForeignUID]) {
        var known: [Int32] = []
        var foreign: [ForeignUID] = []
        for uid in uids {
            switch self.uid(uid) {
            case .known(let number): known.append(number)
            case .foreign(let uid): foreign.append(uid)
            }
        }
        return (known.isEmpty ? .none : AncestorList(known.sorted()), foreign)
    }
}
