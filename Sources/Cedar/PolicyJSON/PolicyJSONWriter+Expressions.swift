// SPDX-License-Identifier: Apache-2.0

extension PolicyJSONWriter {
    /// Writes an expression; recursion is bounded by the depth of expressions, chains are written in a loop.
    mutating func expression(_ expression: Expression) {
        switch expression.kind {
        case .literal(let literal): self.literal(literal)
        case .variable(let variable): wrapped(.variable) { $0.json.string(variable.rawValue) }
        case .slot(let slot): wrapped(.slot) { $0.json.string(slot.rawValue) }
        case .and(let operands):
            fold(operands[0], operands.dropFirst().map { (.and, $0) })
        case .or(let operands):
            fold(operands[0], operands.dropFirst().map { (.or, $0) })
        case .arithmetic(let first, let steps): fold(first, steps.map { (.arithmetic($0.operation), $0.operand) })
        case .not(let inner): argument(.not, inner)
        case .negate(let inner): argument(.negate, inner)
        case .comparison(let comparison, let left, let right): pair(.comparison(comparison), left, right)
        case .conditional(let condition, let then, let otherwise):
            fields(.conditional) { writer in
                writer.field("if", condition)
                writer.field("then", then)
                writer.field("else", otherwise)
            }
        case .isType(let inner, let type, let ancestor):
            fields(.isType) { writer in
                writer.field("left", inner)
                writer.json.key("entity_type")
                writer.json.string(type.text)
                if let ancestor { writer.field("in", ancestor) }
            }
        case .has(let inner, let path): has(inner, path)
        case .attribute(let inner, let name):
            fields(.attribute) { writer in
                writer.field("left", inner)
                writer.json.key("attr")
                writer.json.string(name.text)
            }
        case .like(let inner, let pattern):
            fields(.like) { writer in
                writer.field("left", inner)
                writer.json.key("pattern")
                writer.pattern(pattern)
            }
        case .method(let method, let receiver, let argument):
            if let argument { pair(.method(method), receiver, argument) } else { self.argument(.isEmpty, receiver) }
        case .call(let function, let arguments):
            json.beginObject()
            json.key(function.rawValue)
            list(arguments)
            json.endObject()
        case .set(let elements): wrapped(.set) { $0.list(elements) }
        case .record(let fields): record(fields)
        }
    }

    private mutating func literal(_ literal: Expression.Literal) {
        wrapped(.value) { writer in
            switch literal {
            case .bool(let value): writer.json.bool(value)
            case .long(let value): writer.json.int(value)
            case .string(let text): writer.json.string(text.text)
            case .entity(let uid):
                writer.json.beginObject()
                writer.json.key("__entity")
                writer.uid(uid)
                writer.json.endObject()
            }
        }
    }

    private mutating func wrapped(_ kind: ExpressionKind, _ body: (inout Self) -> Void) {
        json.beginObject()
        json.key(kind.name)
        body(&self)
        json.endObject()
    }

    private mutating func fields(_ kind: ExpressionKind, _ body: (inout Self) -> Void) {
        wrapped(kind) { writer in
            writer.json.beginObject()
            body(&writer)
            writer.json.endObject()
        }
    }

    private mutating func field(_ name: String, _ expression: Expression) {
        json.key(name)
        self.expression(expression)
    }

    private mutating func argument(_ kind: ExpressionKind, _ inner: Expression) {
        fields(kind) { $0.field("arg", inner) }
    }

    private mutating func pair(_ kind: ExpressionKind, _ left: Expression, _ right: Expression) {
        fields(kind) { writer in
            writer.field("left", left)
            writer.field("right", right)
        }
    }

    /// Writes `((first op a) op b) op c`, opening all levels first.
    private mutating func fold(_ first: Expression, _ rest: [(kind: ExpressionKind, operand: Expression)]) {
        for (kind, _) in rest.reversed() {
            json.beginObject()
            json.key(kind.name)
            json.beginObject()
            json.key("left")
        }
        expression(first)
        for (_, operand) in rest {
            field("right", operand)
            json.endObject()
            json.endObject()
        }
    }

    /// Writes `e has a.b` as `(e has a) && (e.a has b)`.
    private mutating func has(_ inner: Expression, _ path: [Expression.Name]) {
        var (receiver, tests): (Expression, [Expression]) = (inner, [])
        for name in path {
            tests.append(Expression(.has(receiver, [name]), offset: inner.offset))
            receiver = Expression(.attribute(receiver, name), offset: inner.offset)
        }
        if tests.count > 1 {
            fold(tests[0], tests.dropFirst().map { (.and, $0) })
        } else {
            fields(.has) { writer in
                writer.field("left", inner)
                writer.json.key("attr")
                writer.json.string(path[0].text)
            }
        }
    }

    private mutating func pattern(_ pattern: Pattern) {
        json.beginArray()
        for element in pattern.elements {
            switch element {
            case .wildcard: json.string("Wildcard")
            case .scalar(let scalar):
                json.beginObject()
                json.key("Literal")
                json.string(String(scalar))
                json.endObject()
            }
        }
        json.endArray()
    }

    private mutating func list(_ elements: [Expression]) {
        json.beginArray()
        for element in elements { expression(element) }
        json.endArray()
    }

    private mutating func record(_ members: [Expression.Field]) {
        fields(.record) { writer in
            for member in members {
                writer.json.key(member.key.text)
                writer.expression(member.value)
            }
        }
    }
}
