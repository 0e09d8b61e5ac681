// SPDX-License-Identifier: Apache-2.0

/// Finds the entities of one request: groups that it brings, then the base.
///
/// Good as long as the groups and the universe live; counts no references.
struct EntityLookup {
    private let types: UnsafePointer<Int32>
    private let base: UnsafePointer<Unmanaged<EntityData>?>
    private let groups: UnsafeBufferPointer<Group>

    /// A group of entities; most have one member.
    struct Group {
        let entities: Unmanaged<PreparedEntities>
        /// The sole member, if its identity is known.
        let single: Unmanaged<EntityData>?
        let number: Int32
        let isSingle: Bool

        @inline(__always)
        init(_ entities: PreparedEntities) {
            self.entities = .passUnretained(entities)
            isSingle = entities.members.count == 1
            single = isSingle ? entities.members.first.map(Unmanaged.passUnretained) : nil
            number = isSingle ? entities.members.first?.number ?? -1 : -1
        }
    }

    @inline(__always)
    init(universe: Universe, groups: UnsafeBufferPointer<Group>) {
        types = universe.typeTable.start
        base = universe.entityTable.start
        self.groups = groups
    }

    /// The entity of a number: of the first group that has it, else of the base.
    @inline(__always)
    func data(_ number: Int32) -> Unmanaged<EntityData>? {
        for group in groups {
            if group.isSingle {
                if group.number == number { return group.single }
            } else if let found = group.entities._withUnsafeGuaranteedRef({ $0.member(number) }) {
                return .passUnretained(found)
            }
        }
        return base[Int(number)]
    }

    @inline(never)
    func data(_ foreign: ForeignUID) -> Unmanaged<EntityData>? {
        for group in groups {
            if let found = group.entities._withUnsafeGuaranteedRef({ $0.member(foreign) }) {
                return .passUnretained(found)
            }
        }
        return nil
    }

    /// The entity of any identity.
    func data(_ uid: RuntimeUID) -> Unmanaged<EntityData>? {
        switch uid {
        case .known(let number): data(number)
        case .foreign(let foreign): data(foreign)
        }
    }

    /// The type of a known identity.
    @inline(__always)
    func type(_ number: Int32) -> Int32 { types[Int(number)] }

    /// A variable of the request, for scopes.
    @inline(__always)
    func subject(_ uid: borrowing RuntimeUID) -> Subject {
        switch uid {
        case .known(let number): subject(number, type(number), data(number))
        case .foreign(let foreign): subject(-1, foreign.type, data(foreign))
        }
    }

    @inline(__always)
    private func subject(_ number: Int32, _ type: Int32, _ data: Unmanaged<EntityData>?) -> Subject {
        guard let data else {
            return Subject(number: number, type: type, ancestors: AncestorList.none.start, ancestorCount: 0)
        }
        let (start, count) = data._withUnsafeGuaranteedRef { ($0.ancestors.start, $0.ancestors.count) }
        return Subject(number: number, type: type, ancestors: start, ancestorCount: count)
    }
}
