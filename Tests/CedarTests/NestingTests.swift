// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Limits: deep and long policies are refused or decided on a 512 KiB stack", .timeLimit(.minutes(30)))
struct NestingTests {
    enum Shape: String, CaseIterable, Sendable {
        case parentheses, negated, sets, records, conditionals, cases, calls, attributes, methods, path, mixture
        case chain, sum, products

        func policy(_ count: Int) -> String { "permit(principal, action, resource) when { \(text(count)) };" }

        private func text(_ count: Int) -> String {
            func around(_ open: String, _ inner: String, _ close: String, _ times: Int? = nil) -> String {
                let times = times ?? count
                return String(repeating: open, count: times) + inner + String(repeating: close, count: times)
            }
            return switch self {
            case .parentheses: around("(", "true", ")")
            case .negated: around("!(", "true", ")")
            case .sets: around("[", "", "]") + ".isEmpty()"
            case .records: around("{a: ", "1", "}") + " has a"
            case .conditionals: around("if true then ", "true", " else false")
            case .cases: String(repeating: "if false then true else ", count: count) + "true"
            case .path: "!({} has a" + String(repeating: ".a", count: count) + ")"
            case .mixture: around("!(true && !!(0 < 1 + {a: ", "1", "}.a))", count / 3)
            case .calls: around("[].contains(", "1", ")")
            case .attributes: "context" + String(repeating: ".a", count: count)
            case .methods: "[]" + String(repeating: ".isEmpty()", count: count)
            case .chain: "principal == principal" + String(repeating: " && true", count: count)
            case .sum: "0 <= 1" + String(repeating: " + 1", count: count)
            case .products: "1 == 1" + String(repeating: " * 1", count: count)
            }
        }
    }

    /// Whether the policy is accepted and both ways of deciding agree, on a small stack.
    private func isAccepted(_ text: String) -> Bool? {
        SmallStack.run {
            let parsed = PolicySet.parse(text, file: "deep.cedar")
            guard let set = parsed.policies, let uid = EntityUID("User", "alice") else { return false }
            let request = Request(principal: uid, action: uid, resource: uid)
            let expected = ReferenceAuthorizer(policies: set, entities: EntityStore()).authorize(request)
            return (try? PolicyEngine(policies: set).authorize(request)) == expected
        }
    }

    @Test("what is hostile is refused with an error", arguments: Shape.allCases)
    func refusesHostile(_ shape: Shape) { #expect(isAccepted(shape.policy(20_000)) == false) }

    @Test(
        "whatever depth is accepted is decided, and as the reference does", arguments: Shape.allCases,
        [14, 15, 16, 17, 253, 254, 255, 256, 1020, 1021, 1022, 1023])
    func survives(_ shape: Shape, _ count: Int) {
        guard isAccepted(shape.policy(count)) == false else { return }
        #expect(PolicySet.parse(shape.policy(count), file: "deep.cedar").policies == nil)
    }

    @Test("a nesting of 250 is accepted", arguments: Shape.allCases, [16, 250])
    func accepts(_ shape: Shape, _ count: Int) { #expect(isAccepted(shape.policy(count)) == true) }

    @Test("a call of tens of thousands of arguments is an error of evaluation")
    func manyArguments() throws {
        let arguments = Array(repeating: "{a: context}.a.b", count: 33_000) + ["context.a.b"]
        let text = "permit (principal, action, resource) when { ip(\(arguments.joined(separator: ","))) };"
        let engine = PolicyEngine(policies: try PolicySet.parse(text, file: "m.cedar", naming: .sequential).get())
        let uid = try #require(EntityUID("User", "alice"))
        let context = Record([("a", .record([("b", .long(1))])), ("b", .long(1))])
        let request = Request(principal: uid, action: uid, resource: uid, context: context)
        let response = try engine.authorize(request)
        #expect(response == (try engine.authorizeByReference(request)))
        #expect(response.errors.map(\.policy) == ["policy0"])
    }

    @Test("chains of ten thousand operands are accepted", arguments: [Shape.chain, .sum, .products])
    func acceptsLongChains(_ shape: Shape) { #expect(isAccepted(shape.policy(9_999)) == true) }

    @Test(
        "data that nests 250 levels loads, compares and is freed",
        arguments: [
            ("[", "1", "]"), ("{\"k\":", "1", "}"), ("[1, ", "2", "]"), ("{\"k\": 1, \"other\": ", "1", "}"),
            ("[{\"k\": [", "1", "]}]"),
        ])
    func data(_ open: String, _ inner: String, _ close: String) throws {
        let times = 250 / open.count { "[{".contains($0) }
        let value = String(repeating: open, count: times) + inner + String(repeating: close, count: times)
        let json = """
            [{"uid": {"type": "User", "id": "alice"}, "parents": [], "attrs": {"a": \(value), "b": \(value)}}]
            """
        let policies = """
            permit (principal, action, resource) when { principal.a == principal.b };
            permit (principal, action, resource) when { [principal.a].contains(principal.b) };
            permit (principal, action, resource) when { [1, [principal.a, [principal.b]]] == [[[principal.b], principal.a], 1] };
            permit (principal, action, resource)
            when { [1, 2, 3, 4, 5, 6, 7, 8, principal.a].containsAll([1, 2, 3, 4, 5, 6, 7, 8, 9, principal.b]) };
            permit (principal, action, resource) when { context == {a: principal.a, b: principal.b} };
            permit (principal, action, resource) when { principal.a in principal.b };
            """
        let outcome: (Response, Response)? = try #require(
            SmallStack.run {
                guard let base = try? EntityStore.parse(json: Array(json.utf8)), let alice = EntityUID("User", "alice"),
                    let entity = base[alice],
                    let set = PolicySet.parse(policies, file: "d.cedar", naming: .sequential).policies
                else { return nil }
                let engine = PolicyEngine(policies: set, entities: base)
                let request = Request(principal: alice, action: alice, resource: alice, context: entity.attributes)
                guard let actual = try? engine.authorize(request, entities: [entity]),
                    let expected = try? engine.authorizeByReference(request, entities: [entity])
                else { return nil }
                return (actual, expected)
            })
        let (actual, expected) = try #require(outcome)
        #expect(actual == expected)
        #expect(actual.determining == ["policy0", "policy1", "policy2", "policy4"])
        #expect(actual.errors.map(\.policy) == ["policy5"])
    }
}
