// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

/// Policy texts: findings lie inside the text, and what is read decides alike in both evaluators, can be written and
/// formatted.
enum PoliciesTarget {
    static func run(_ input: [UInt8]) {
        let result = PolicySet.parse([PolicySource(file: "f", bytes: input)])
        for finding in result.diagnostics {
            expect(finding.location.line >= 1 && finding.location.column >= 1, "no place: \(finding)")
            expect(finding.location.offset <= input.count, "outside of the text: \(finding)")
        }
        let hasError = result.diagnostics.contains { $0.severity == .error }
        expect((result.policies == nil) == hasError, "a set exactly if there is no error")
        guard let policies = result.policies else { return }
        RoundTrip.json(policies)
        RoundTrip.text(policies)
        RoundTrip.format(String(decoding: input, as: UTF8.self))
        Comparison.run(policies, Scene.entities, Scene.requests)
    }
}

/// Compiled engine against reference.
enum Comparison {
    static func run(_ policies: PolicySet, _ entities: EntityStore, _ requests: [Request]) {
        let engine = PolicyEngine(policies: policies, entities: entities)
        for request in requests {
            let compiled = try? engine.authorize(request)
            let reference = try? engine.authorizeByReference(request)
            expect(
                compiled == reference,
                "compiled: \(String(describing: compiled)) reference: \(String(describing: reference))")
        }
    }
}

/// A small world with something of everything.
enum Scene {
    static let entities: EntityStore = {
        let json = """
            [{"uid":{"type":"User","id":"alice"},"parents":[{"type":"Group","id":"staff"}],"tags":{"team":"a","n":1},
              "attrs":{"name":"alice","age":41,"admin":true,"tagged":["x","y"],"home":{"city":"b","n":[1,2]},
              "ip":{"__extn":{"fn":"ip","arg":"10.0.0.1"}},"limit":{"__extn":{"fn":"decimal","arg":"1.5"}},
              "since":{"__extn":{"fn":"datetime","arg":"2024-01-01"}},"boss":{"__entity":{"type":"User","id":"bob"}}}},
             {"uid":{"type":"User","id":"bob"},"attrs":{},"parents":[]},
             {"uid":{"type":"Group","id":"staff"},"attrs":{},"parents":[{"type":"Group","id":"all"}]},
             {"uid":{"type":"Photo","id":"p.jpg"},"attrs":{"owner":{"__entity":{"type":"User","id":"alice"}},"size":7},
              "parents":[{"type":"Album","id":"a"}]},
             {"uid":{"type":"Action","id":"view"},"attrs":{},"parents":[{"type":"Action","id":"read"}]}]
            """
        return (try? EntityStore.parse(json: Array(json.utf8))) ?? EntityStore()
    }()

    static let requests: [Request] = {
        func uid(_ type: String, _ id: String) -> EntityUID? { EntityUID(type, id) }
        guard let alice = uid("User", "alice"), let ghost = uid("User", "ghost"), let view = uid("Action", "view"),
            let edit = uid("Action", "edit"), let photo = uid("Photo", "p.jpg")
        else { return [] }
        let context = Record([
            ("mfa", .bool(true)), ("n", .long(3)), ("s", .string("text")), ("set", .set([.long(1), .string("a")])),
            ("r", .record([("a", .record([("b", .long(.max))]))])),
        ])
        return [
            Request(principal: alice, action: view, resource: photo, context: context),
            Request(principal: ghost, action: edit, resource: photo, context: Record()),
        ]
    }()
}
