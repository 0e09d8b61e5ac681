// SPDX-License-Identifier: Apache-2.0

/// Names that a deployment knows, against which those that policies use are held: what is written otherwise is a slip.
package struct KnownNames: Sendable {
    /// A name that nothing has.
    package struct Finding: Sendable, Hashable {
        package let policy: PolicyID
        package let location: SourceLocation
        /// What is wrong; user input stands in backticks.
        package let problem: String
        /// The known names, nearest first.
        package let expected: String
    }

    /// Annotations that have a meaning.
    private static let annotations = ["id", "reason", "obligation"]
    private static let maximumSuggestions = 3

    /// Every id of a type, for types whose ids are known; the type as policies write it.
    private let ids: [String: [String]]
    /// Types whose ids begin with one of these and `/`.
    private let prefixes: [String: [String]]
    /// Entities that are known whatever the others say.
    private let entities: Set<EntityUID>

    package init(ids: [String: [String]] = [:], prefixes: [String: [String]] = [:], entities: Set<EntityUID> = []) {
        (self.ids, self.prefixes, self.entities) = (ids, prefixes, entities)
    }

    /// What is unknown in the scopes and annotations of policies and templates, and in what links fill in.
    package func findings(in policies: PolicySet) -> [Finding] {
        (policies.policies + policies.templates).flatMap { annotations(of: $0) + names(of: $0) }
            + policies.links.flatMap { names(of: $0.policy) }
    }

    private func names(of policy: Policy) -> [Finding] {
        [policy.scope.principal, policy.scope.resource].compactMap { constraint in
            guard let uid = constraint.reference?.entity, !entities.contains(uid) else { return nil }
            let place = policy.body.lines.location(of: uid.description, from: policy.location.offset)
            return objection(to: uid).map { problem, expected in
                Finding(
                    policy: policy.id, location: place ?? policy.location, problem: problem, expected: expected)
            }
        }
    }

    private func objection(to uid: EntityUID) -> (problem: String, expected: String)? {
        let type = uid.type.description
        if let known = ids[type], !known.contains(where: { $0.hasSameBytes(as: uid.id) }) {
            let nearest = Self.nearest(to: uid.id, in: known).map { "`\(type)::\(CedarString.quoted($0))`" }
            return ("nothing is named `\(uid)`, so the policy applies to nothing", nearest.joined(separator: ", "))
        }
        guard let known = prefixes[type] else { return nil }
        let parts = uid.id.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count < 2 || !known.contains(where: { $0.hasSameBytes(as: parts[0]) }) else { return nil }
        let rest = parts.last ?? ""
        let suggestions = (parts.count < 2 ? Array(known.prefix(3)) : Self.nearest(to: parts[0], in: known))
            .map { "`\(type)::\(CedarString.quoted("\($0)/\(rest)"))`" }
        return (
            "`\(uid)` begins with no provider, so the policy applies to nobody", suggestions.joined(separator: ", ")
        )
    }

    private func annotations(of policy: Policy) -> [Finding] {
        policy.annotations.entries.compactMap { entry in
            let name = entry.name.asciiLowercasedName
            guard !Self.annotations.contains(entry.name),
                let meant = Self.annotations.first(where: { Self.isSlip(name, for: $0) })
            else { return nil }
            let place = policy.body.lines.location(of: "@\(entry.name)", from: policy.location.offset)
            return Finding(
                policy: policy.id, location: place ?? policy.location,
                problem: "the annotation `@\(entry.name)` has no meaning", expected: "`@\(meant)`, if that is meant")
        }
    }

    /// Short names have too many neighbours: of those only other capitals are a slip.
    private static func isSlip(_ name: String, for known: String) -> Bool {
        let distance = distance(name, known)
        return distance == 0 || known.utf8.count > 3 && distance <= 2
    }

    /// The known names, nearest first, at most three of them.
    private static func nearest(to name: String, in known: [String]) -> [String] {
        let measured = known.map { (name: $0, distance: distance(name, $0)) }
        return measured.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
            .prefix(maximumSuggestions).map(\.name)
    }

    /// How many bytes must be added, left out, replaced or exchanged with their neighbour; of the first 128 of each.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8.prefix(128)), Array(right.utf8.prefix(128)))
        var (before, last) = ([Int](), Array(0...right.count))
        for (row, byte) in left.enumerated() {
            var next = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(last[column] + (byte == other ? 0 : 1), last[column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    cost = min(cost, before[column - 1] + 1)
                }
                next.append(cost)
            }
            (before, last) = (last, next)
        }
        return last[right.count]
    }
}

extension String {
    fileprivate var asciiLowercasedName: String {
        String(decoding: utf8.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
