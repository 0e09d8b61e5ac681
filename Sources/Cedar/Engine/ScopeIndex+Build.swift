// SPDX-License-Identifier: Apache-2.0

extension ScopeIndex {
    /// Sorts policies by their scopes.
    init(_ scopes: [CompiledScope], actions: [Int32]) {
        self.init()
        let all = scopes.indices.map { Int32(truncatingIfNeeded: $0) }
        root = add(all, by: Variable.allCases, scopes, actions)
    }

    /// The policies of a node by what they ask of one variable.
    private struct Partition {
        var groups: [UInt64: [Int32]] = [:]
        var rest: [Int32] = []

        /// How many candidates a request leaves that is as likely to meet a group as the group is large.
        func cost(of total: Int) -> Double {
            let squares = groups.values.reduce(0.0) { $0 + Double($1.count) * Double($1.count) }
            return Double(rest.count) + 0.99 * squares / Double(max(1, total))
        }
    }

    /// Longer lists of actions are tested instead of sorted, so that the index stays as large as the policies are.
    private static let longestList = 16

    private func partition(
        _ policies: [Int32], by variable: Variable, _ scopes: [CompiledScope], _ actions: [Int32]
    ) -> Partition {
        var result = Partition()
        for policy in policies {
            let scope = scopes[Int(policy)]
            let constraint =
                switch variable {
                case .principal: scope.principal
                case .action: scope.action
                case .resource: scope.resource
                }
            let isOpen = [scope.principal.kind, scope.resource.kind].contains { $0 == .open || $0 == .openOfType }
            guard !isOpen, let keys = Self.keys(of: constraint, actions) else {
                result.rest.append(policy)
                continue
            }
            for key in keys { result.groups[key, default: []].append(policy) }
        }
        return result
    }

    /// The keys under which a policy is found; `nil` if it must be looked at whatever the variable is.
    private static func keys(of constraint: CompiledScope.Constraint, _ actions: [Int32]) -> [UInt64]? {
        switch constraint.kind {
        case .any, .open, .openOfType: return nil
        case .equal: return [key(.identity, constraint.uid)]
        case .isIn, .isTypeIn: return [key(.ancestor, constraint.uid)]
        case .isType: return [key(.type, constraint.type)]
        case .isInAny:
            let first = Int(constraint.firstAction)
            let list = actions[first..<(first + Int(constraint.actionCount))]
            return list.count <= longestList ? list.map { key(.ancestor, $0) } : nil
        }
    }

    /// Adds a group and what sorts it; recurses once per variable.
    private mutating func add(
        _ policies: [Int32], by variables: [Variable], _ scopes: [CompiledScope], _ actions: [Int32]
    ) -> Int32 {
        let place = Int32(truncatingIfNeeded: groups.count)
        let start = Int32(truncatingIfNeeded: candidates.count)
        guard policies.count > Self.scanLimit,
            let (variable, partition) = best(policies, variables, scopes, actions)
        else {
            candidates += policies
            groups.append(Group(start: start, count: Int32(truncatingIfNeeded: policies.count), node: -1))
            return place
        }
        groups.append(Group(start: start, count: 0, node: -1))
        let others = variables.filter { $0 != variable }
        let rest = partition.rest.isEmpty ? -1 : add(partition.rest, by: others, scopes, actions)
        var entries: [(key: UInt64, group: Int32)] = []
        for (key, members) in partition.groups.sorted(by: { $0.key < $1.key }) {
            entries.append((key, add(members, by: others, scopes, actions)))
        }
        let node = Int32(truncatingIfNeeded: nodes.count)
        nodes.append(table(of: entries, variable, rest: rest))
        let count = Int32(truncatingIfNeeded: candidates.count) - start
        groups[Int(place)] = Group(start: start, count: count, node: node)
        return place
    }

    private func best(
        _ policies: [Int32], _ variables: [Variable], _ scopes: [CompiledScope], _ actions: [Int32]
    ) -> (Variable, Partition)? {
        var best: (Variable, Partition)?
        var lowest = Double(policies.count)
        for variable in variables {
            let partition = partition(policies, by: variable, scopes, actions)
            let cost = partition.cost(of: policies.count)
            if cost < lowest { (best, lowest) = ((variable, partition), cost) }
        }
        return best
    }

    private mutating func table(
        of entries: [(key: UInt64, group: Int32)], _ variable: Variable, rest: Int32
    ) -> Node {
        var size = 4
        while size < entries.count * 2 { size *= 2 }
        let first = slots.count
        slots += repeatElement(Slot(key: Self.freeKey, group: -1), count: size)
        var kinds: KeyKinds = []
        let firstAncestor = ancestors.count
        for entry in entries {
            var index = Int(truncatingIfNeeded: ByteHash.mix(entry.key)) & (size - 1)
            while slots[first + index].key != Self.freeKey { index = (index + 1) & (size - 1) }
            slots[first + index] = Slot(key: entry.key, group: entry.group)
            let kind = KeyKinds(rawValue: UInt8(truncatingIfNeeded: entry.key >> 32))
            kinds.insert(kind)
            if kind == .ancestor { ancestors.append(Int32(truncatingIfNeeded: entry.key)) }
        }
        return Node(
            variable: variable, kinds: kinds, mask: Int32(truncatingIfNeeded: size - 1),
            firstSlot: Int32(truncatingIfNeeded: first), firstAncestor: Int32(truncatingIfNeeded: firstAncestor),
            ancestorCount: Int32(truncatingIfNeeded: ancestors.count - firstAncestor), rest: rest)
    }
}
