// SPDX-License-Identifier: Apache-2.0

import Cedar
import StrictJSON

/// One case as its file states it.
struct ConformanceCase: Sendable {
    /// The inputs of a case, in the order in which they are loaded.
    enum Input: String, Sendable, Hashable, CaseIterable {
        case policies, schema, entities
    }

    /// How an input is written.
    enum Format: String, Sendable, Hashable {
        case cedar, json
    }

    /// One request and what should come of it.
    struct Request: Sendable {
        let description: String
        let principal: JSONNode
        let action: JSONNode
        let resource: JSONNode
        /// `nil` for an empty context that is not written down.
        let context: JSONNode?
        let isValidated: Bool
        let expected: Outcome
    }

    /// What authorization gives; ids as sets, ordered by bytes.
    struct Outcome: Sendable, Hashable {
        let decision: Decision
        let reason: [PolicyID]
        let errors: [PolicyID]

        init(decision: Decision, reason: [PolicyID], errors: [PolicyID]) {
            self.decision = decision
            self.reason = Set(reason).sorted()
            self.errors = Set(errors).sorted()
        }

        init(_ response: Response) {
            self.init(
                decision: response.decision, reason: response.determining, errors: response.errors.map(\.policy))
        }
    }

    var files: [Input: String] = [:]
    var policyFormat = Format.cedar
    var schemaFormat = Format.cedar
    var shouldValidate: Bool?
    var requests: [Request] = []
    /// Whether each named input should load; `nil` if the case says nothing about loading.
    var expectedLoads: [Input: Bool]?
    /// How many requests the file holds, readable or not.
    var requestCount = 0
    /// What keeps the case from being run.
    var problems: [String] = []

    /// How many checks the case consists of.
    var checkCount: Int { requestCount + (shouldValidate == nil ? 0 : 1) + (expectedLoads?.count ?? 0) }
}

extension ConformanceCase.Outcome: CustomStringConvertible {
    /// The outcome as in `deny reason=[policy0] errors=[]`.
    var description: String { "\(decision.rawValue) reason=\(list(reason)) errors=\(list(errors))" }

    private func list(_ ids: [PolicyID]) -> String {
        "[" + ids.map { PlainText.escaped($0.text) }.joined(separator: ",") + "]"
    }
}

/// Text that stands for itself on a line of output.
enum PlainText {
    /// The text, as a JSON string if it holds anything but letters, digits, `_`, `.` and `-`.
    static func escaped(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain && !text.isEmpty ? text : quoted(text)
    }

    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONWriter.appendQuoted(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text on one line: control characters become `\n` and the like.
    static func line(_ text: String) -> String {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ? text : String(quoted(text).dropFirst().dropLast())
    }
}
