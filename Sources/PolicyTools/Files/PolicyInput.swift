// SPDX-License-Identifier: Apache-2.0

import Cedar
import StrictJSON

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
        } else if isSinglePolicy(bytes) {
            result = PolicySet.parse(policyJSON: bytes, id: "policy0", file: file, limits: policyLimits)
        } else {
            result = PolicySet.parse(json: bytes, file: file, limits: policyLimits)
        }
        problems += result.diagnostics.map { FileProblem($0) }
        return result.policies
    }

    private static func isSinglePolicy(_ bytes: [UInt8]) -> Bool {
        let limits = JSONLimits(maximumBytes: policyLimits.maximumBytes, maximumDepth: 512)
        return (try? JSONValue.parse(bytes, limits: limits))?.objectValue?["effect"] != nil
    }

    /// Reads a schema: Cedar's syntax or JSON.
    static func schema(_ bytes: [UInt8], file: String, _ problems: inout [FileProblem]) -> Schema? {
        let result = isJSON(bytes) ? Schema.parse(json: bytes, file: file) : Schema.parse(text: bytes, file: file)
        problems += result.diagnostics.map { FileProblem($0) }
        return result.schema
    }
}
