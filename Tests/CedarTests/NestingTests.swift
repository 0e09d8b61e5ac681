// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing

@testable import Cedar

@Suite("Limits: deep and long policies are refused or decided on a 512 KiB stack", .timeLimit(.minutes(1)))
struct NestingTests {
    enum Shape: String, CaseIterable, Sendable {
        case parentheses, negated, sets, records, conditionals, calls, attributes, methods, chain, sum, products

        func text(_ count: Int) -> String {
            func around(_ open: String, _ inner: String, _ close: String) -> String {
                String(repeating: open, count: count) + inner + String(repeating: close, count: count)
            }
            return switch self {
            case .parentheses: around("(", "true", ")")
            case .negated: around("!(", "true", ")")
            case .sets: around("[", "", "]") + ".isEmpty()"
            case .records: around("{a: ", "1", "}") + " has a"
            case .conditionals: around("if true then ", "true", " else false")
            case .calls: around("[].contains(", "1", ")")
            case .attributes: "context" + String(repeating: ".a", count: count)
            case .methods: "[]" + String(repeating: ".isEmpty()", count: count)
            case .chain: "principal == principal" + String(repeating: " && true", count: count)
            case .sum: "0 <= 1" + String(repeating: " + 1", count: count)
            case .products: "1 == 1" + String(repeating: " * 1", count: count)
            }
        }
    }

    private final class Outcome: Sendable {
        let text: String
        private let result = Mutex<Bool?>(nil)
        private let done = DispatchSemaphore(value: 0)

        init(_ text: String) { self.text = text }

        func run() {
            let parsed = PolicySet.parse("permit(principal, action, resource) when { \(text) };", file: "deep.cedar")
            if let set = parsed.policies, let uid = EntityUID("User", "alice") {
                let request = Request(principal: uid, action: uid, resource: uid)
                let response = ReferenceAuthorizer(policies: set, entities: EntityStore()).authorize(request)
                result.withLock { $0 = response.decision == .deny || response.errors.isEmpty }
            } else {
                result.withLock { $0 = false }
            }
            done.signal()
        }

        func wait() -> Bool? {
            done.wait()
            return result.withLock { $0 }
        }
    }

    /// Whether the expression is accepted, found out on a thread with the stack of an event loop.
    private func isAccepted(_ text: String) -> Bool? {
        let outcome = Outcome(text)
        let thread = Thread { outcome.run() }
        thread.stackSize = 512 * 1024
        thread.start()
        return outcome.wait()
    }

    @Test("what is hostile is refused with an error", arguments: Shape.allCases)
    func refusesHostile(_ shape: Shape) { #expect(isAccepted(shape.text(20_000)) == false) }

    @Test("whatever depth is accepted is decided", arguments: Shape.allCases, [21, 22, 23, 24, 38, 39, 40, 256, 1020])
    func survives(_ shape: Shape, _ count: Int) { #expect(isAccepted(shape.text(count)) != nil) }

    @Test("depths of real policies are accepted", arguments: Shape.allCases)
    func acceptsReal(_ shape: Shape) { #expect(isAccepted(shape.text(16)) == true) }

    @Test("chains of ten thousand operands are accepted", arguments: [Shape.chain, .sum, .products])
    func acceptsLongChains(_ shape: Shape) { #expect(isAccepted(shape.text(9_999)) == true) }
}
