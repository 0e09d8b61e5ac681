// SPDX-License-Identifier: Apache-2.0

import Cedar

/// Policies and schemas in whichever of their two forms a file has.
enum PolicyInput {
    static let policyLimits = PolicyLimits(maximumBytes: 1 << 26)

    /// Neither policies nor schemas in Cedar's syntax can begin with a brace.
    static func isJSON(_ bytes: [UInt8]) -> Bool {
        bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
    }

    /// Reads policies: text, a set in JSON, or a single policy in JSON.
    static func policies(
        _ bytes: [UInt8], file: String, naming: PolicyNaming, _ problems: inout [FileProblem]
    ) -> PolicySet? {
        let result: PolicyParseResult
        if !isJSON(bytes) {
            result = PolicySet.parse(
                [PolicySource(file: file, bytes: bytes)], naming: naming, limits: policyLimits)
        } else {
            result = PolicySet.parse(anyJSON: PolicySource(file: file, bytes: bytes), limits: policyLimits) { _ in
                "policy0"
            }
        }
        problems += result.diagnostics.map { FileProblem($0) }
        return result.policies
    }

    /// Reads a schema: Cedar's syntax or JSON.
    static func schema(_ bytes: [UInt8], file: String, _ problems: inout [FileProblem]) -> Schema? {
        let result = isJSON(bytes) ? Schema.parse(json: bytes, file: file) : Schema.parse(text: bytes, file: file)
        problems += result.diagnostics.map { FileProblem($0) }
        return result.schema
    }
}
