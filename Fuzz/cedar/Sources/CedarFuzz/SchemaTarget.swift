// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

/// Schemas in both formats: findings lie inside the text, and what is read is written in either format as the same.
enum SchemaTarget {
    static func run(_ input: [UInt8]) {
        let isJSON = input.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
        let result = isJSON ? Schema.parse(json: input, file: "f") : Schema.parse(text: input, file: "f")
        for finding in result.diagnostics {
            expect(finding.location.line >= 1 && finding.location.column >= 1, "no place: \(finding)")
            expect(finding.location.offset <= input.count, "outside of the input: \(finding)")
        }
        let hasError = result.diagnostics.contains { $0.severity == .error }
        expect((result.schema == nil) == hasError, "a schema exactly if there is no error")
        guard let schema = result.schema else { return }
        survive(schema)
    }

    /// Text of the text, JSON of the JSON, and each of the other.
    private static func survive(_ schema: Schema) {
        let (text, json) = (schema.cedarText(), schema.json())
        guard let fromText = Schema.parse(text: Array(text.utf8), file: "w").schema else {
            return expect(false, "the text is not read: \(text)")
        }
        guard let fromJSON = Schema.parse(json: json, file: "w").schema else {
            return expect(false, "the JSON is not read: \(String(decoding: json, as: UTF8.self))")
        }
        expect(fromText.cedarText() == text, "another text: \(text)")
        expect(fromJSON.json() == json, "another JSON: \(String(decoding: json, as: UTF8.self))")
        for other in [fromText, fromJSON] {
            expect(
                other.entityTypes.map(\.text).sorted() == schema.entityTypes.map(\.text).sorted(),
                "other types: \(text)")
            expect(other.actions.sorted() == schema.actions.sorted(), "other actions: \(text)")
            expect(verdict(other) == verdict(schema), "policies are judged otherwise: \(text)")
        }
    }

    private static func verdict(_ schema: Schema) -> [String] {
        let result = schema.validate(policies)
        return (result.errors + result.warnings).map(\.description).sorted()
    }

    private static let policies: PolicySet = {
        let text = """
            permit (principal, action, resource) when { principal has a && resource has b && principal.a == resource.b };
            permit (principal is User, action == Action::"view", resource is Photo in Album::"a") when { context.n > 1 };
            forbid (principal in Group::"g", action in [Action::"view"], resource) unless { principal.hasTag("t") };
            """
        return PolicySet.parse(text, file: "f").policies ?? PolicySet()
    }()
}
