// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

/// Writes policies, entities and requests that have names in common, and some that have none.
struct PolicyGenerator {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    // MARK: Policies

    mutating func policies(_ count: Int, conditions: Int) -> String {
        (0..<count).map { _ in policy(conditions: conditions) }.joined(separator: "\n")
    }

    mutating func policy(conditions: Int) -> String {
        var text = random.chance(70) ? "permit (" : "forbid ("
        text += "principal\(constraint("User", "principal")), action\(actionConstraint()), "
        text += "resource\(constraint("Doc", "resource")))"
        for _ in 0..<random.below(conditions + 1) {
            var expressions = ExpressionGenerator(random: random)
            let body = expressions.expression(.bool, 1 + random.below(3))
            random = expressions.random
            _ = random.next()
            text += " \(random.chance(80) ? "when" : "unless") { \(body) }"
        }
        return text + ";"
    }

    private mutating func constraint(_ type: String, _ slot: String) -> String {
        let target = random.chance(8) ? "?\(slot)" : random.chance(50) ? uid(type, 5) : uid("Group", 5)
        switch random.below(10) {
        case 0: return " == \(target)"
        case 1, 2: return " in \(target)"
        case 3: return " is \(random.word(type, "Group", "NS::Thing"))"
        case 4: return " is \(type) in \(target)"
        default: return ""
        }
    }

    private mutating func actionConstraint() -> String {
        switch random.below(8) {
        case 0: return " == \(uid("Action", 4))"
        case 1: return " in \(uid("Action", 4))"
        case 2, 3: return " in [\((0..<random.below(4)).map { _ in uid("Action", 4) }.joined(separator: ", "))]"
        default: return ""
        }
    }

    private mutating func uid(_ type: String, _ bound: Int) -> String { "\(type)::\"\(random.below(bound))\"" }

    /// The set of a text, with some links of its templates.
    mutating func set(_ text: String) throws -> PolicySet {
        var set = try PolicySet.parse(text, file: "g.cedar", naming: .sequential).get()
        for template in set.templates {
            for number in 0..<random.below(3) {
                var values: [Slot: EntityUID] = [:]
                for slot in template.slots { values[slot] = entity(random.word("User", "Group", "Doc"), 6) }
                try set.link(template: template.id, as: PolicyID("\(template.id)-\(number)"), values: values)
            }
        }
        return set
    }

    // MARK: Data

    mutating func entity(_ type: String, _ bound: Int) -> EntityUID {
        EntityUID(type: EntityTypeName(normalized: type), id: String(random.below(bound)))
    }

    mutating func value(_ depth: Int) -> Value {
        switch random.below(depth > 0 ? 12 : 9) {
        case 0: return .bool(random.chance(50))
        case 1, 2: return .long(random.pick([0, 1, 2, 3, -1, .max, .min], 0))
        case 3: return .string(random.word("", "x", "abc", "a*c", "1.0", "192.0.2.1", "\u{e9}", "e\u{301}"))
        case 4: return .entity(entity(random.word("User", "Group", "Doc", "Ghost"), 7))
        case 5: return .decimal(DecimalValue(tenThousandths: Int64(random.below(3)) * 10_000))
        case 6: return .datetime(DatetimeValue(milliseconds: random.pick([0, -1, .min, .max, 1_709_164_800_000], 0)))
        case 7: return .duration(DurationValue(milliseconds: random.pick([0, 86_400_000, .min, -5_400_000], 0)))
        case 8: return IPValue(bytes: [192, 0, 2, 1]).map { .ip($0) } ?? .bool(false)
        case 9: return .set((0..<random.below(random.chance(10) ? 14 : 4)).map { _ in value(depth - 1) })
        default: return .record(record(depth - 1))
        }
    }

    mutating func record(_ depth: Int) -> Record {
        var members: [(String, Value)] = []
        if random.chance(80) { members.append(("n", .long(Int64(random.below(4))))) }
        if random.chance(80) { members.append(("s", .string(random.word("x", "abc", "1.0")))) }
        if random.chance(60) { members.append(("t", .bool(random.chance(50)))) }
        if random.chance(60) { members.append(("e", .entity(entity(random.word("User", "Group"), 6)))) }
        if random.chance(60) { members.append(("set", .set((0..<random.below(4)).map { _ in value(0) }))) }
        if random.chance(60), depth > 0 { members.append(("r", .record(record(depth - 1)))) }
        for key in ["a", "b", "weird key", "unnamed", "other"] where random.chance(30) {
            members.append((key, value(depth)))
        }
        return Record(members)
    }

    /// Entities of distinct identities whose parents form no circle.
    mutating func entities(_ percent: Int) -> [Entity] {
        var result: [Entity] = []
        for type in ["User", "Doc", "Group", "Action", "Ghost"] {
            for number in 0..<6 where random.chance(percent) {
                var parents: [EntityUID] = []
                let parent = type == "Action" ? "Action" : "Group"
                let lowest = type == parent ? number + 1 : 0
                for other in lowest..<max(lowest, 7) where random.chance(25) {
                    parents.append(EntityUID(type: EntityTypeName(normalized: parent), id: String(other)))
                }
                var tags: [(String, Value)] = []
                for key in ["x", "abc", "unnamed"] where random.chance(30) { tags.append((key, value(1))) }
                result.append(
                    Entity(
                        uid: EntityUID(type: EntityTypeName(normalized: type), id: String(number)),
                        attributes: record(2), tags: Record(tags), parents: parents))
            }
        }
        return result
    }

    mutating func request() -> Request {
        Request(
            principal: entity(random.word("User", "User", "User", "Group", "Ghost"), 7),
            action: entity(random.chance(95) ? "Action" : "User", 5),
            resource: entity(random.word("Doc", "Doc", "Doc", "Group", "NS::Thing"), 7), context: record(2))
    }
}
