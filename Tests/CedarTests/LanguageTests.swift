// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("The language: what parses, what it evaluates to, which entities load")
struct LanguageTests {
    private enum Outcome { case holds, fails, errs, refused }

    private func outcome(_ text: String) throws -> Outcome {
        guard let set = PolicySet.parse(text, file: "t.cedar", naming: .sequential).policies else { return .refused }
        let user = try #require(EntityUID("User", "alice"))
        let inner = Value.record([("a", .record([("b", .long(1))])), ("if", .bool(true))])
        let context = Record([
            ("n", .long(3)), ("s", .string("x")), ("r", inner), ("e", .entity(user)),
            ("set", .set([.long(1), .long(2)])),
        ])
        let engine = PolicyEngine(
            policies: set, entities: try EntityStore.parse(json: Array(EntityFileTable.store.utf8)))
        let response = try engine.authorize(
            Request(
                principal: user, action: try #require(EntityUID("Action", "read")),
                resource: try #require(EntityUID("Doc", "d")), context: context))
        if !response.errors.isEmpty { return .errs }
        return response.decision == .allow ? .holds : .fails
    }

    private func condition(_ expression: String) throws -> Outcome {
        try outcome("permit(principal, action, resource) when {\n\(expression)\n};")
    }

    @Test("expressions that hold", arguments: ExpressionTable.holding)
    func holds(_ text: String) throws { #expect(try condition(text) == .holds) }

    @Test("expressions that do not hold", arguments: ExpressionTable.failing)
    func fails(_ text: String) throws { #expect(try condition(text) == .fails) }

    @Test("expressions whose evaluation fails", arguments: ExpressionTable.erring)
    func errs(_ text: String) throws { #expect(try condition(text) == .errs) }

    @Test("expressions that do not parse", arguments: ExpressionTable.refused)
    func refused(_ text: String) throws { #expect(try condition(text) == .refused) }

    @Test("policies that allow", arguments: PolicyTable.holding)
    func allows(_ text: String) throws { #expect(try outcome(text) == .holds) }

    @Test("policies that do not allow", arguments: PolicyTable.failing)
    func denies(_ text: String) throws { #expect(try outcome(text) == .fails) }

    @Test("policies whose evaluation fails", arguments: PolicyTable.erring)
    func policyErrs(_ text: String) throws { #expect(try outcome(text) == .errs) }

    @Test("policies that do not parse", arguments: PolicyTable.refused)
    func policyRefused(_ text: String) throws { #expect(try outcome(text) == .refused) }

    @Test("entities files that load", arguments: EntityFileTable.loading)
    func loads(_ json: String) throws { _ = try EntityStore.parse(json: Array(json.utf8)) }

    @Test("entities files that are refused", arguments: EntityFileTable.refused)
    func refusesFile(_ json: String) {
        #expect(throws: EntityError.self) { try EntityStore.parse(json: Array(json.utf8)) }
    }

    @Test("a template does nothing until it is linked, and a link decides under its own id")
    func templates() throws {
        var set = try PolicySet.parse(
            "permit(principal in ?principal, action, resource == ?resource);", file: "t.cedar", naming: .sequential
        ).get()
        let (user, doc) = (try #require(EntityUID("User", "alice")), try #require(EntityUID("Doc", "d")))
        let request = Request(principal: user, action: try #require(EntityUID("Action", "read")), resource: doc)
        #expect(try PolicyEngine(policies: set).authorize(request).decision == .deny)
        #expect(throws: PolicySetError.self) { try set.link(template: "policy0", as: "l", values: [.principal: user]) }
        #expect(throws: PolicySetError.self) { try set.link(template: "policy1", as: "l", values: [:]) }
        let values: [Slot: EntityUID] = [.principal: user, .resource: doc]
        #expect(throws: PolicySetError.self) { try set.link(template: "policy0", as: "policy0", values: values) }
        try set.link(template: "policy0", as: "l", values: values)
        #expect(throws: PolicySetError.self) { try set.link(template: "policy0", as: "l", values: values) }
        #expect(try PolicyEngine(policies: set).authorize(request).determining == ["l"])
    }
}
