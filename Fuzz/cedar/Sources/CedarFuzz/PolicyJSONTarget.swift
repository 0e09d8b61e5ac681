// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

/// Policies as JSON: what is read is written as the same, as JSON and as text, and decides alike in both evaluators.
enum PolicyJSONTarget {
    static func run(_ input: [UInt8]) {
        let result = PolicySet.parse(json: input, file: "f")
        for finding in result.diagnostics {
            expect(finding.location.line >= 1 && finding.location.column >= 1, "no place: \(finding)")
            expect(finding.location.offset <= input.count, "outside of the input: \(finding)")
        }
        guard let policies = result.policies else {
            return expect(result.diagnostics.contains { $0.severity == .error }, "refused without an error")
        }
        RoundTrip.json(policies)
        // JSON can say what no text can, such as a template without a slot.
        if policies.textProblems.isEmpty { RoundTrip.format(policies.cedarText()) }
        Comparison.run(policies, Scene.entities, Scene.requests)
    }
}
