// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Validation: what passes does not fail at run time")
struct SoundnessTests {
    /// Errors that no type system of this kind rules out.
    private func isExcused(_ error: EvaluationError) -> Bool {
        switch error {
        case .overflow, .extensionFunction(_, .overflow): true
        case .entityDoesNotExist, .attributeMissing, .tagMissing, .keyMissing, .typeMismatch, .wrongArgumentCount,
            .extensionFunction, .openSlot, .unknownValue, .nestingTooDeep:
            false
        }
    }

    @Test(
        "a valid policy never meets a missing attribute or a wrong type, an impossible one is never satisfied",
        arguments: 0..<40)
    func sound(_ seed: UInt64) throws {
        let schema = try Schema.parse(text: Array(ValidationTable.schema.utf8), file: "s").get()
        var generator = try #require(TypedPolicyGenerator(seed: seed, schema: schema))
        let store = try schema.store(generator.entities())
        let requests = (0..<12).map { _ in generator.request() }
        for request in requests { try schema.check(request) }
        var (valid, refused) = (0, 0)
        for _ in 0..<40 {
            let text = generator.policy()
            let set = try PolicySet.parse(text, file: "p", naming: .sequential).get()
            let result = schema.validate(set)
            guard result.passed else {
                refused += 1
                continue
            }
            valid += 1
            let isImpossible = result.warnings.contains { $0.kind == .impossiblePolicy }
            for request in requests {
                let response = ReferenceAuthorizer(policies: set, entities: store).authorize(request)
                #expect(response.errors.allSatisfy { isExcused($0.error) }, "\(text) \(request) \(response.errors)")
                if isImpossible { #expect(response.determining.isEmpty, "\(text) \(request)") }
            }
        }
        #expect(valid > 5)
        #expect(refused > 0)
    }
}
