// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Policies as text and JSON: nothing changes on the way")
struct PolicyRoundTripTests {
    @Test("a generated policy written as text is read back as it was", arguments: 0..<600)
    func text(_ seed: Int) throws {
        var generator = AwkwardPolicies(seed: seed)
        let body = generator.body()
        let text = Policy(id: "policy0", body: body).cedarText()
        let result = PolicySet.parse(text, file: "t.cedar", naming: .sequential)
        let read = try #require(result.policies?["policy0"], "\(text)\n\(result.diagnostics)")
        #expect(read.body.hasSameMeaning(as: body), "\(text)")
    }

    @Test("a generated policy written as JSON is read back as it was", arguments: 0..<600)
    func json(_ seed: Int) throws {
        var generator = AwkwardPolicies(seed: seed)
        let body = generator.body()
        let json = Policy(id: "policy0", body: body).json()
        let result = PolicySet.parse(policyJSON: json, id: "policy0", file: "p.json")
        let read = try #require(result.policies?["policy0"], "\(String(decoding: json, as: UTF8.self))")
        #expect(read.body.flattened.hasSameMeaning(as: body.flattened), "\(String(decoding: json, as: UTF8.self))")
    }

    @Test(
        "every text of the language's tables survives both ways",
        arguments: [
            ExpressionTable.holding, ExpressionTable.failing, ExpressionTable.erring,
        ])
    func tables(_ texts: [String]) throws {
        for text in texts {
            let whole = "permit(principal, action, resource) when {\n\(text)\n};"
            let policy = try #require(PolicySet.parse(whole, file: "t", naming: .sequential).get()["policy0"])
            let again = try PolicySet.parse(policy.cedarText(), file: "t", naming: .sequential).get()
            #expect(again["policy0"]?.body.hasSameMeaning(as: policy.body) == true, "\(text)")
            let json = try PolicySet.parse(policyJSON: policy.json(), id: "policy0", file: "j").get()
            #expect(json["policy0"]?.body.flattened.hasSameMeaning(as: policy.body.flattened) == true, "\(text)")
        }
    }

    @Test("a set keeps ids, templates and links through JSON")
    func set() throws {
        let text =
            #"@id("a b") permit(principal, action, resource); @id("t") forbid(principal in ?principal, action, resource);"#
        var set = try PolicySet.parse(text, file: "t.cedar").get()
        try set.link(template: "t", as: "é", values: [.principal: try #require(EntityUID("A", "x\n"))])
        let read = try PolicySet.parse(json: set.json(), file: "s.json").get()
        #expect(read.policies.map(\.id) == ["a b"])
        #expect(read.templates.map(\.id) == ["t"])
        #expect(read.links.map(\.policy.id) == ["é"])
        #expect(read.links.map(\.values) == set.links.map(\.values))
        #expect(read.json() == set.json())
    }
}

extension PolicyBody {
    /// The same policy with left folds inside left folds made one, and paths of `has` written out.
    var flattened: PolicyBody {
        PolicyBody(
            effect: effect, annotations: annotations, scope: scope,
            conditions: conditions.map { Condition(kind: $0.kind, body: $0.body.flattened) }, location: location,
            lines: lines)
    }
}

extension Expression {
    var flattened: Expression {
        switch kind {
        case .literal, .variable, .slot: self
        case .and(let operands):
            Self.fold(operands.map(\.flattened), { .and($0) }) { if case .and(let inner) = $0 { inner } else { nil } }
        case .or(let operands):
            Self.fold(operands.map(\.flattened), { .or($0) }) { if case .or(let inner) = $0 { inner } else { nil } }
        case .arithmetic(let first, let steps): Self.arithmetic(first.flattened, steps)
        case .not(let inner): Expression(.not(inner.flattened))
        case .negate(let inner): Expression(.negate(inner.flattened))
        case .comparison(let comparison, let left, let right):
            Expression(.comparison(comparison, left.flattened, right.flattened))
        case .conditional(let condition, let then, let otherwise):
            Expression(.conditional(if: condition.flattened, then: then.flattened, else: otherwise.flattened))
        case .isType(let inner, let type, let ancestor):
            Expression(.isType(inner.flattened, type, in: ancestor?.flattened))
        case .has(let inner, let path): Self.tests(inner.flattened, path)
        case .attribute(let inner, let name): Expression(.attribute(inner.flattened, name))
        case .like(let inner, let pattern): Expression(.like(inner.flattened, pattern))
        case .method(let method, let receiver, let argument):
            Expression(.method(method, receiver.flattened, argument?.flattened))
        case .call(let function, let arguments): Expression(.call(function, arguments.map(\.flattened)))
        case .set(let elements): Expression(.set(elements.map(\.flattened)))
        case .record(let fields): Expression(.record(fields.map { Field(key: $0.key, value: $0.value.flattened) }))
        }
    }

    private static func fold(
        _ operands: [Expression], _ make: ([Expression]) -> Kind, inner: (Kind) -> [Expression]?
    ) -> Expression {
        guard let first = inner(operands[0].kind) else { return Expression(make(operands)) }
        return Expression(make(first + operands.dropFirst()))
    }

    private static func arithmetic(_ first: Expression, _ steps: [ArithmeticStep]) -> Expression {
        let steps = steps.map { ArithmeticStep(operation: $0.operation, operand: $0.operand.flattened) }
        if case .arithmetic(let inner, let before) = first.kind,
            (before[0].operation == .multiply) == (steps[0].operation == .multiply)
        {
            return Expression(.arithmetic(inner, before + steps))
        }
        return Expression(.arithmetic(first, steps))
    }

    private static func tests(_ inner: Expression, _ path: [Name]) -> Expression {
        var (receiver, tests): (Expression, [Expression]) = (inner, [])
        for name in path {
            tests.append(Expression(.has(receiver, [name])))
            receiver = Expression(.attribute(receiver, name))
        }
        return tests.count == 1 ? tests[0] : Expression(.and(tests))
    }
}
