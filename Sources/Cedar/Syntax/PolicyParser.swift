// SPDX-License-Identifier: Apache-2.0

/// Reads the policies of one text.
struct PolicyParser {
    private typealias Abandoned = TokenReader.Abandoned

    var reader: TokenReader
    private(set) var bodies: [PolicyBody] = []

    init(source: PolicySource, limits: PolicyLimits) {
        reader = TokenReader(source: source, limits: limits)
    }

    /// Reads a whole text, on a stack that its nesting fits.
    static func read(_ source: PolicySource, limits: PolicyLimits) -> PolicyParser {
        var parser = PolicyParser(source: source, limits: limits)
        if DeepStack.run(depth: parser.reader.deepestNesting, { parser.run() }) == nil {
            parser.reader.report(at: 0, "there is no memory to read a text that nests this deeply")
        }
        return parser
    }

    private mutating func run() {
        while !reader.isAtEnd {
            guard bodies.count < reader.limits.maximumPolicies else {
                reader.report(
                    at: reader.current.start, "too many policies", expected: "at most \(reader.limits.maximumPolicies)")
                return
            }
            do {
                bodies.append(try policy())
            } catch {
                reader.nesting = 0
                reader.skipPastSemicolon()
            }
        }
    }

    private mutating func policy() throws(Abandoned) -> PolicyBody {
        let start = reader.current.start
        let annotations = try reader.annotations()
        let effect: Effect
        if reader.takeWord("permit") {
            effect = .permit
        } else if reader.takeWord("forbid") {
            effect = .forbid
        } else {
            throw reader.unexpected("`permit`, `forbid` or an annotation")
        }
        let scope = try scope()
        var conditions: [PolicyBody.Condition] = []
        while true {
            if reader.takeWord("when") {
                conditions.append(PolicyBody.Condition(kind: .when, body: try condition()))
            } else if reader.takeWord("unless") {
                conditions.append(PolicyBody.Condition(kind: .unless, body: try condition()))
            } else {
                break
            }
            guard conditions.count <= reader.limits.maximumOperands else {
                throw reader.fail(at: reader.current.start, "too many conditions")
            }
        }
        try reader.expect(.semicolon, or: "`when` or `unless`")
        return PolicyBody(
            effect: effect, annotations: annotations, scope: scope, conditions: conditions,
            location: reader.lines.location(at: start), lines: reader.lines)
    }

    private mutating func condition() throws(Abandoned) -> Expression {
        try reader.expect(.openBrace)
        let body = try reader.expression()
        try reader.expect(.closeBrace, or: "an operator")
        return body
    }

    private mutating func scope() throws(Abandoned) -> Scope {
        try reader.expect(.openParenthesis)
        try variable("principal")
        let principal = try entityConstraint(.principal)
        try reader.expect(.comma, or: "`==`, `in` or `is`")
        try variable("action")
        let action = try actionConstraint()
        try reader.expect(.comma, or: "`==` or `in`")
        try variable("resource")
        let resource = try entityConstraint(.resource)
        _ = reader.take(.comma)
        try reader.expect(.closeParenthesis, or: "`==`, `in` or `is`")
        return Scope(principal: principal, action: action, resource: resource)
    }

    private mutating func variable(_ name: StaticString) throws(Abandoned) {
        guard reader.takeWord(name) else {
            throw reader.unexpected("`\(name)` (a scope is `principal, action, resource`)")
        }
    }

    private mutating func entityConstraint(_ slot: Slot) throws(Abandoned) -> EntityConstraint {
        if reader.take(.equal) { return .equal(try reference(slot)) }
        if reader.takeWord("in") { return .isIn(try reference(slot)) }
        if reader.takeWord("is") {
            let type = try reader.typeName()
            return reader.takeWord("in") ? .isTypeIn(type, try reference(slot)) : .isType(type)
        }
        return .any
    }

    private mutating func reference(_ slot: Slot) throws(Abandoned) -> EntityConstraint.Reference {
        let depth = openParentheses()
        let result = try bareReference(slot)
        try closeParentheses(depth)
        return result
    }

    private mutating func bareReference(_ slot: Slot) throws(Abandoned) -> EntityConstraint.Reference {
        guard reader.current.kind == .slot else { return .entity(try reader.entityUID()) }
        let name = reader.text(of: reader.current)
        guard name.hasSameBytes(as: slot.rawValue) else {
            throw reader.fail(
                at: reader.current.start, "slot `\(name)` cannot stand here", expected: "`\(slot.rawValue)`")
        }
        reader.advance()
        return .slot
    }

    private mutating func actionConstraint() throws(Abandoned) -> ActionConstraint {
        if reader.take(.equal) {
            let depth = openParentheses()
            let uid = try actionUID()
            try closeParentheses(depth)
            return .equal(uid)
        }
        guard reader.takeWord("in") else { return .any }
        let depth = openParentheses()
        guard reader.take(.openBracket) else {
            let uid = try actionUID()
            try closeParentheses(depth)
            return .isIn(uid)
        }
        var uids: [EntityUID] = []
        while !reader.isSymbol(.closeBracket) {
            let inner = openParentheses()
            uids.append(try actionUID())
            try closeParentheses(inner)
            if !reader.take(.comma) { break }
        }
        try reader.expect(.closeBracket, or: "`,`")
        try closeParentheses(depth)
        return .isInAny(uids)
    }

    private mutating func openParentheses() -> Int {
        var count = 0
        while reader.take(.openParenthesis) { count += 1 }
        return count
    }

    private mutating func closeParentheses(_ count: Int) throws(Abandoned) {
        for _ in 0..<count { try reader.expect(.closeParenthesis) }
    }

    private mutating func actionUID() throws(Abandoned) -> EntityUID {
        let start = reader.current.start
        let uid = try reader.entityUID()
        if !uid.type.isAction {
            reader.report(at: start, "`\(uid)` is no action", expected: "a type whose last part is `Action`")
        }
        return uid
    }
}
