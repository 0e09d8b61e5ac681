// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Validation: the strict type rules")
struct ValidationTests {
    private typealias Kind = ValidationFinding.Kind

    private func schema(_ text: String = ValidationTable.schema) throws -> Schema {
        try Schema.parse(text: Array(text.utf8), file: "t.cedarschema").get()
    }

    private func findings(_ policy: String) throws -> (errors: [Kind], warnings: [Kind]) {
        let result = try schema().validate(try PolicySet.parse(policy, file: "t.cedar", naming: .sequential).get())
        #expect(result.passed == result.errors.isEmpty)
        return (result.errors.map(\.kind), result.warnings.map(\.kind))
    }

    private func condition(_ text: String) throws -> (errors: [Kind], warnings: [Kind]) {
        try findings("\(ValidationTable.scope) {\n\(text)\n};")
    }

    @Test("conditions that are valid", arguments: ValidationTable.validConditions)
    func valid(_ text: String) throws {
        let found = try condition(text)
        #expect(found.errors.isEmpty)
        #expect(found.warnings.isEmpty)
    }

    @Test("conditions that are valid and never satisfied", arguments: ValidationTable.impossibleConditions)
    func impossible(_ text: String) throws {
        let found = try condition(text)
        #expect(found.errors.isEmpty)
        #expect(found.warnings == [.impossiblePolicy])
    }

    @Test("conditions that deserve a warning")
    func warned() throws {
        for (kinds, texts) in ValidationTable.warnedConditions {
            for text in texts {
                let found = try condition(text)
                #expect(found.errors.isEmpty, "\(text)")
                #expect(found.warnings == kinds, "\(text)")
            }
        }
    }

    @Test("conditions that are refused, and why")
    func faulty() throws {
        for (kinds, texts) in ValidationTable.faultyConditions {
            for text in texts { #expect(try condition(text).errors == kinds, "\(text)") }
        }
    }

    @Test("policies that are valid", arguments: ValidationTable.validPolicies)
    func validPolicies(_ text: String) throws {
        let found = try findings(text)
        #expect(found.errors.isEmpty)
        #expect(found.warnings.isEmpty)
    }

    @Test("policies that are valid and never satisfied", arguments: ValidationTable.impossiblePolicies)
    func impossiblePolicies(_ text: String) throws {
        let found = try findings(text)
        #expect(found.errors.isEmpty)
        #expect(found.warnings == [.impossiblePolicy])
    }

    @Test("policies that deserve a warning")
    func warnedPolicies() throws {
        for (kinds, texts) in ValidationTable.warnedPolicies {
            for text in texts { #expect(try findings(text).warnings == kinds, "\(text)") }
        }
    }

    @Test("policies that are refused, and why")
    func faultyPolicies() throws {
        for (kinds, texts) in ValidationTable.faultyPolicies {
            for text in texts { #expect(try findings(text).errors == kinds, "\(text)") }
        }
    }

    @Test("a finding names policy, place, problem and what would be accepted")
    func finding() throws {
        let text = """
            @id("mails")
            permit(principal is User, action == Action::"read", resource)
            when { principal.level > 1 && principal.mail like "*@example.org" };
            """
        let result = try schema().validate(try PolicySet.parse(text, file: "p.cedar").get())
        let finding = try #require(result.errors.first)
        #expect(result.errors.count == 1)
        #expect(finding.policy == "mails")
        #expect(finding.location.description == "p.cedar:3:31")
        #expect(finding.problem.contains("`mail`"))
        #expect(finding.expected == "a test with `has` before it")
    }

    @Test("a mistake that many sorts of requests share is reported once")
    func once() throws {
        let text = "permit(principal, action, resource) when { principal.wrong == 1 && resource.wrong == 1 };"
        let result = try schema().validate(try PolicySet.parse(text, file: "p.cedar").get())
        #expect(result.errors.map(\.kind) == [.attributeNotFound, .attributeNotFound])
    }

    @Test("all policies are checked, findings in their order")
    func order() throws {
        let text = """
            permit(principal, action == Action::"nope", resource);
            permit(principal, action, resource);
            permit(principal is Nope, action, resource);
            """
        let result = try schema().validate(
            try PolicySet.parse(text, file: "p.cedar", naming: .sequential).get())
        #expect(result.errors.map(\.policy) == ["policy0", "policy0", "policy2", "policy2"])
    }

    /// Found by comparing with the reference over schemas of several namespaces.
    @Test(
        "what is special about actions of several namespaces",
        arguments: [
            (#"permit(principal, action in [A::Action::"x", B::Action::"y"], resource);"#, [.incompatibleTypes], []),
            (#"permit(principal, action in [A::Action::"x", A::Action::"g"], resource);"#, [], []),
            (#"permit(principal, action in B::Action::"y", resource);"#, [], []),
            (
                #"permit(principal, action, resource) when { action in [A::Action::"x", B::Action::"y"] };"#,
                [.incompatibleTypes], []
            ),
            (#"permit(principal, action == A::Action::"x", resource) when { action in B::Action::"y" };"#, [], []),
            (
                #"permit(principal, action == B::Action::"y", resource) when { action in A::Action::"x" };"#, [],
                [.impossiblePolicy]
            ),
            (
                #"permit(principal, action == A::Action::"x", resource) when { action == B::Action::"y" };"#, [],
                [.impossiblePolicy]
            ),
            (
                #"permit(principal, action == A::Action::"x", resource) when { context.last in B::Action::"y" };"#, [],
                []
            ),
            (
                #"permit(principal, action == B::Action::"y", resource) when { context.last in A::Action::"x" };"#, [],
                [.impossiblePolicy]
            ),
        ] as [(String, [ValidationFinding.Kind], [ValidationFinding.Kind])])
    func namespaces(_ policy: String, _ errors: [ValidationFinding.Kind], _ warnings: [ValidationFinding.Kind]) throws {
        let schema = try schema(
            """
            entity U;
            namespace A {
              action g;
              action x in [g, B::Action::"y"] appliesTo { principal: U, resource: U, context: {last: Action} };
            }
            namespace B { action y appliesTo { principal: U, resource: U, context: {last: Action} }; }
            """)
        let result = schema.validate(try PolicySet.parse(policy, file: "p", naming: .sequential).get())
        #expect(result.errors.map(\.kind) == errors)
        #expect(result.warnings.map(\.kind) == warnings)
    }

    @Test("without any sort of request every policy is refused")
    func emptySchema() throws {
        let result = try schema("entity User;").validate(
            try PolicySet.parse("permit(principal, action, resource);", file: "p.cedar").get())
        #expect(result.errors.map(\.kind) == [.invalidActionApplication])
    }
}

@Suite("Validation: template links")
struct LinkValidationTests {
    private func result(_ values: [Slot: (String, String)]) throws -> ValidationResult {
        let schema = try Schema.parse(text: Array(ValidationTable.schema.utf8), file: "t.cedarschema").get()
        var set = try PolicySet.parse(
            #"permit(principal in ?principal, action == Action::"read", resource == ?resource);"#, file: "t.cedar",
            naming: .sequential
        ).get()
        var filled: [Slot: EntityUID] = [:]
        for (slot, value) in values { filled[slot] = EntityUID(value.0, value.1) }
        try set.link(template: "policy0", as: "link", values: filled)
        return schema.validate(set)
    }

    @Test("a link of fitting types is valid")
    func fits() throws {
        let result = try result([.principal: ("Team", "a"), .resource: ("Doc", "d")])
        #expect(result.passed)
        #expect(result.warnings.isEmpty)
    }

    @Test("a link whose types fit no action is refused under its own id")
    func misfit() throws {
        let result = try result([.principal: ("Folder", "a"), .resource: ("Doc", "d")])
        #expect(result.errors.map(\.kind) == [.invalidActionApplication])
        #expect(result.errors.map(\.policy) == ["link"])
    }

    @Test("a link to an undeclared type is refused")
    func undeclared() throws {
        let result = try result([.principal: ("Nope", "a"), .resource: ("Doc", "d")])
        #expect(result.errors.map(\.kind) == [.unrecognizedEntityType, .invalidActionApplication])
    }

    @Test("a link to an entity that an enumeration does not list is never satisfied")
    func unlisted() throws {
        let result = try result([.principal: ("Mode", "broken"), .resource: ("Doc", "d")])
        #expect(result.errors.map(\.kind) == [.invalidActionApplication])
        #expect(result.warnings.map(\.kind) == [.impossiblePolicy])
    }
}
