// SPDX-License-Identifier: Apache-2.0

/// Writes expressions that use every operator, mostly of fitting kinds and sometimes not.
struct ExpressionGenerator {
    var random: SeededGenerator

    enum Kind: CaseIterable { case bool, long, string, entity, set, record, decimal, ip, datetime, duration }

    mutating func any(_ depth: Int) -> String {
        expression(random.pick(Kind.allCases, .bool), depth)
    }

    /// An expression that has the wanted kind more often than not.
    mutating func expression(_ kind: Kind, _ depth: Int) -> String {
        if random.chance(4) { return any(depth - 1) }
        if depth <= 0 { return random.chance(60) ? literal(kind) : path(kind) }
        if random.chance(8) {
            let parts = (expression(.bool, depth - 1), expression(kind, depth - 1), expression(kind, depth - 1))
            return "(if \(parts.0) then \(parts.1) else \(parts.2))"
        }
        if random.chance(25) { return path(kind) }
        switch kind {
        case .bool: return bool(depth - 1)
        case .long: return long(depth - 1)
        case .string: return literal(kind)
        case .entity: return random.chance(50) ? literal(kind) : path(kind)
        case .set: return set(depth - 1)
        case .record: return record(depth - 1)
        case .decimal:
            return "decimal(\(random.chance(70) ? literal(.decimal, bare: true) : expression(.string, depth - 1)))"
        case .ip: return "ip(\(random.chance(70) ? literal(.ip, bare: true) : expression(.string, depth - 1)))"
        case .datetime: return datetime(depth - 1)
        case .duration: return duration(depth - 1)
        }
    }

    mutating func literal(_ kind: Kind, bare: Bool = false) -> String {
        switch kind {
        case .bool: return random.word("true", "false")
        case .long:
            return random.word("0", "1", "2", "3", "-1", "9223372036854775807", "(-9223372036854775808)")
        case .string:
            return random.word(
                #""""#, #""x""#, #""abc""#, #""a*c""#, #""1.0""#, #""192.0.2.1""#, #""é""#, #""e\u{301}""#)
        case .entity: return uid()
        case .set:
            return random.word(
                "[]", "[1, 2]", #"["x", "abc"]"#, #"[User::"0", Group::"1"]"#, "[1, true]", "[[1], {a: 1}]")
        case .record: return random.word("{}", "{a: 1}", #"{"weird key": "x"}"#, #"{a: {b: 2}, s: "abc"}"#)
        case .decimal: return call("decimal", random.word(#""1.0""#, #""1.00""#, #""-0.5""#, #""x""#), bare)
        case .ip:
            return call(
                "ip", random.word(#""192.0.2.1""#, #""192.0.2.0/24""#, #""::1""#, #""ff00::/8""#, #""no""#), bare)
        case .datetime:
            return call("datetime", random.word(#""2024-02-29""#, #""1969-12-31T23:59:59Z""#, #""2023-02-29""#), bare)
        case .duration:
            return call("duration", random.word(#""1d""#, #""-1h30m""#, #""9223372036854775807ms""#, #""1""#), bare)
        }
    }

    private func call(_ name: String, _ argument: String, _ bare: Bool) -> String {
        bare ? argument : "\(name)(\(argument))"
    }

    mutating func uid() -> String {
        random.word("User", "Group", "Group", "Doc", "Action", "NS::Thing") + "::\"\(random.below(5))\""
    }

    mutating func attribute() -> String { random.word("a", "b", "n", "s", "e", "set", "r", "t", "missing") }

    private mutating func access(_ inner: String) -> String {
        random.chance(10) ? inner + #"["weird key"]"# : inner + "." + attribute()
    }

    /// Something that is read from the request.
    mutating func path(_ kind: Kind) -> String {
        let variable = random.word("principal", "resource", "action", "context", "context")
        switch kind {
        case .bool: return random.word("context.t", "principal.t", "context.r.t")
        case .long: return random.word("context.n", "principal.n", "resource.n", "context.r.n", #"context.e.n"#)
        case .string: return random.word("context.s", "principal.s", "context.r.s", #"principal.getTag("x")"#)
        case .entity: return random.word("principal", "resource", "action", "context.e", "principal.e")
        case .set: return random.word("context.set", "principal.set", "resource.set")
        case .record: return random.word("context", "context.r", "principal.r", "context.r.r")
        case .decimal, .ip, .datetime, .duration: return access(random.chance(40) ? access(variable) : variable)
        }
    }

    private mutating func bool(_ depth: Int) -> String {
        switch random.below(24) {
        case 0, 1: return "(\(chain("&&", .bool, depth)))"
        case 2, 3: return "(\(chain("||", .bool, depth)))"
        case 4: return "!(\(expression(.bool, depth)))"
        case 5, 6:
            let kind = random.pick(Kind.allCases, .long)
            return "(\(expression(kind, depth)) \(random.word("==", "!=")) \(expression(kind, depth)))"
        case 7, 8:
            let kind = random.pick([.long, .long, .datetime, .duration], Kind.long)
            return "(\(expression(kind, depth)) \(random.word("<", "<=", ">", ">=")) \(expression(kind, depth)))"
        case 9, 10, 11:
            return "(\(expression(.entity, depth)) in \(expression(random.chance(70) ? .entity : .set, depth)))"
        case 12: return "(\(expression(.entity, depth)) is \(random.word("User", "Group", "NS::Thing", "Ghost")))"
        case 13:
            return "(\(expression(.entity, depth)) is \(random.word("User", "Group")) in \(expression(.entity, depth)))"
        case 14: return "(\(expression(random.chance(50) ? .record : .entity, depth)) has \(attribute()))"
        case 15:
            return "(\(path(random.chance(50) ? .record : .entity)) has \(attribute()).\(attribute()).\(attribute()))"
        case 16:
            return
                "(\(expression(.string, depth)) like \(random.word(#""*""#, #""a*""#, #""*c""#, #""a\*c""#, #""""#, #""*b*""#)))"
        case 17: return "\(expression(.set, depth)).contains(\(any(depth)))"
        case 18:
            return "\(expression(.set, depth)).\(random.word("containsAll", "containsAny"))(\(expression(.set, depth)))"
        case 19: return "\(expression(.set, depth)).isEmpty()"
        case 20: return "\(expression(.entity, depth)).hasTag(\(expression(.string, depth)))"
        case 21:
            let name = random.word("lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual")
            return "\(expression(.decimal, depth)).\(name)(\(random.chance(95) ? expression(.decimal, depth) : ""))"
        case 22: return "\(expression(.ip, depth)).isInRange(\(expression(.ip, depth)))"
        default:
            let name = random.word("isIpv4", "isIpv6", "isLoopback", "isMulticast")
            return "\(expression(.ip, depth)).\(name)(\(random.chance(95) ? "" : any(depth)))"
        }
    }

    private mutating func chain(_ symbol: String, _ kind: Kind, _ depth: Int) -> String {
        (0..<(2 + random.below(3))).map { _ in expression(kind, depth) }.joined(separator: " \(symbol) ")
    }

    private mutating func long(_ depth: Int) -> String {
        switch random.below(6) {
        case 0: return "-(\(expression(.long, depth)))"
        case 1:
            let name = random.word("toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays")
            return "\(expression(.duration, depth)).\(name)()"
        default: return "(\(chain(random.word("+", "-", "*"), .long, depth)))"
        }
    }

    private mutating func datetime(_ depth: Int) -> String {
        switch random.below(4) {
        case 0: return "\(expression(.datetime, depth)).offset(\(expression(.duration, depth)))"
        case 1: return "\(expression(.datetime, depth)).toDate()"
        case 2: return "datetime(\(expression(.string, depth)))"
        default: return literal(.datetime)
        }
    }

    private mutating func duration(_ depth: Int) -> String {
        switch random.below(4) {
        case 0: return "\(expression(.datetime, depth)).durationSince(\(expression(.datetime, depth)))"
        case 1: return "\(expression(.datetime, depth)).toTime()"
        case 2: return "duration(\(expression(.string, depth)))"
        default: return random.chance(95) ? literal(.duration) : #"unknown("x")"#
        }
    }

    private mutating func set(_ depth: Int) -> String {
        let kind = random.pick(Kind.allCases, .long)
        let elements = (0..<random.below(random.chance(10) ? 14 : 4)).map { _ in
            random.chance(85) ? expression(kind, depth) : any(depth)
        }
        return "[" + elements.joined(separator: ", ") + "]"
    }

    private mutating func record(_ depth: Int) -> String {
        let keys = ["s", "a", "r", #""weird key""#, "n"].filter { _ in random.chance(45) }
        return "{" + keys.map { "\($0): \(any(depth))" }.joined(separator: ", ") + "}"
    }
}
