// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

/// Policies written and read again.
enum RoundTrip {
    /// As JSON: the same bytes, ids and links.
    static func json(_ policies: PolicySet) {
        let json = policies.json()
        guard let again = PolicySet.parse(json: json, file: "w", limits: limits).policies else {
            return expect(isDeep(policies), "the JSON is not read: \(String(decoding: json, as: UTF8.self))")
        }
        expect(again.json() == json, "another JSON: \(String(decoding: json, as: UTF8.self))")
        expect(again.policies.map(\.id) == policies.policies.map(\.id), "other ids")
        expect(again.templates.map(\.id) == policies.templates.map(\.id), "other templates")
        expect(again.links.map(\.policy.id) == policies.links.map(\.policy.id), "other links")
    }

    /// As text: the same meaning.
    static func text(_ policies: PolicySet) {
        for policy in policies.policies + policies.templates {
            let text = policy.cedarText()
            let source = PolicySource(file: "w", text: text)
            guard let read = PolicySet.parse([source], naming: .sequential, limits: limits).policies?["policy0"] else {
                expect(isDeep(policies), "the text is not read: \(text)")
                continue
            }
            expect(read.body.hasSameMeaning(as: policy.body), "the text means something else: \(text)")
        }
    }

    /// What can be read can be formatted, means the same afterwards, and is not changed by formatting it again.
    static func format(_ text: String) {
        let source = PolicySource(file: "w", text: text)
        guard let before = PolicySet.parse([source], naming: .sequential, limits: limits).policies else { return }
        guard case .formatted(let once) = PolicyFormatter(limits: limits).format(source) else {
            return expect(false, "is not formatted: \(text)")
        }
        let formatted = PolicySource(file: "w", bytes: once)
        let after = PolicySet.parse([formatted], naming: .sequential, limits: limits).policies
        expect(after?.json() == before.json(), "formatted to something else: \(text)")
        guard case .formatted(let twice) = PolicyFormatter(limits: limits).format(formatted) else {
            return expect(false, "what was formatted is not formatted again: \(text)")
        }
        expect(twice == once, "formatted twice: \(text)")
    }

    /// Chains of operators nest in JSON, and printed parentheses in text: readers have a limit for both.
    private static func isDeep(_ policies: PolicySet) -> Bool {
        (policies.policies + policies.templates).contains { $0.body.depth > 64 }
            || policies.json().split(separator: UInt8(ascii: "{")).count > 200
    }

    private static let limits = PolicyLimits(maximumBytes: 1 << 24)
}
