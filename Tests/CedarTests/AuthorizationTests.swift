// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Authorization: decision, determining policies and errors")
struct AuthorizationTests {
    private let text = """
        @id("read") permit (principal in Group::"staff", action == Action::"read", resource is Order)
        when { context.request.method == "GET" && principal.level >= 3 };
        @id("night") forbid (principal, action, resource) when { context.now.toTime() < duration("6h") };
        @id("broken") permit (principal, action, resource) when { resource.missing };
        """

    private func decide(
        method: String = "GET", level: Int64 = 3, hour: Int64 = 12, group: String = "staff"
    ) throws -> Response {
        let engine = PolicyEngine(policies: try PolicySet.parse(text, file: "a.cedar").get(), keys: ["request", "now"])
        let user = try #require(EntityUID("User", "alice"))
        let order = try #require(EntityUID("Order", "1"))
        let entities = try engine.prepare([
            Entity(
                uid: user, attributes: Record([("level", .long(level))]),
                parents: [try #require(EntityUID("Group", group))]),
            Entity(uid: order),
        ])
        let inner = PreparedRecord([(engine.key("method"), .string(method))])
        let context = PreparedRecord([
            (engine.key("now"), .datetime(milliseconds: hour * 3_600_000)), (engine.key("request"), .record(inner)),
        ])
        let request = PreparedRequest(
            principal: engine.prepare(user), action: engine.prepare(try #require(EntityUID("Action", "read"))),
            resource: engine.prepare(order), context: context)
        return try engine.authorize(request, entities: [entities])
    }

    @Test("a satisfied permit allows, an erring policy is reported and counts for nothing")
    func allows() throws {
        let response = try decide()
        #expect(response.decision == .allow)
        #expect(response.determining == ["read"])
        #expect(response.errors.map(\.policy) == ["broken"])
    }

    @Test("nothing satisfied is a deny without reasons")
    func defaultDeny() throws {
        for response in [try decide(method: "POST"), try decide(level: 2), try decide(group: "guests")] {
            #expect(response.decision == .deny)
            #expect(response.determining.isEmpty)
        }
    }

    @Test("a satisfied forbid wins")
    func forbidWins() throws {
        let response = try decide(hour: 5)
        #expect(response.decision == .deny)
        #expect(response.determining == ["night"])
    }

    @Test("parts prepared by another engine are refused")
    func anotherEngine() throws {
        let (first, second) = (PolicyEngine(policies: PolicySet()), PolicyEngine(policies: PolicySet()))
        let uid = try #require(EntityUID("User", "alice"))
        let request = first.prepare(Request(principal: uid, action: uid, resource: uid))
        #expect(throws: PreparationError.anotherEngine) { try second.authorize(request) }
    }

    @Test("every error of a text is collected, and no partial set is given out")
    func collectsErrors() {
        let broken = "permit (principal, action);\nforbid (principal, action, resource) when { x };\npermit();"
        let result = PolicySet.parse(broken, file: "b.cedar")
        #expect(result.policies == nil)
        #expect(result.diagnostics.map(\.location.line) == [1, 2, 3])
    }
}
