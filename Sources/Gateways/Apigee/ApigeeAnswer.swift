// SPDX-License-Identifier: Apache-2.0

package import Callout
import Fields
package import NIOCore
import StrictJSON
import Transport

/// What the answer needs of the question.
package struct ApigeeReplyContext: Sendable {
    let request: ApigeeMessage.Request?
    let holdsKey: Bool
    let original: ByteBuffer

    /// Keeps what an answer may need of a message and its bytes.
    package init(_ message: ApigeeMessage, original: ByteBuffer) {
        request = message.request
        holdsKey = message.variables[.key] != nil
        self.original = original
    }
}

/// Writes the `MessageContext` that answers a callout: changed fields only (WIRE W3).
package struct ApigeeAnswer {
    private var writer: ProtobufWriter

    /// The answer to a question.
    ///
    /// - Parameters:
    ///   - verdict: What was decided.
    ///   - question: The keys of its headers, its content, and whether it holds the gateway's key.
    /// - Returns: The bytes of the answer.
    package static func encode(_ verdict: Verdict, to question: ApigeeReplyContext) -> ByteBuffer {
        var answer = ApigeeAnswer(writer: ProtobufWriter(capacity: 1024))
        answer.writeHeaders(verdict, question)
        answer.writeFault(verdict)
        answer.writeVariables(verdict, question)
        return answer.writer.buffer
    }

    private mutating func writeHeaders(_ verdict: Verdict, _ question: ApigeeReplyContext) {
        guard verdict.outcome == .allow, let request = question.request, !verdict.setHeaders.isEmpty else { return }
        let fields = verdict.setHeaders + [HeaderField("x-countersign-decision", verdict.decisionID)]
        writer.message(1) { writer in
            var written: Set<String> = []
            var handled: Set<String> = []
            for header in request.headers where handled.insert(header.name).inserted {
                let spelling = Self.spelling(of: header.name)
                guard let owned = fields.first(where: { $0.name == spelling }) else {
                    if spelling.hasPrefix("x-countersign-") { Self.write(header.name, [], to: &writer) }
                    continue
                }
                let isSameName = owned.name == header.name.asciiLowercased && written.insert(owned.name).inserted
                Self.write(header.name, isSameName ? [owned.value] : [], to: &writer)
            }
            for field in fields where !written.contains(field.name) {
                Self.write(field.name, [field.value], to: &writer)
            }
            if let content = request.content,
                let slice = question.original.getSlice(
                    at: question.original.readerIndex + content.lowerBound, length: content.count)
            {
                writer.bytes(7, slice)
            }
        }
    }

    /// The name as upstreams that take `_` for `-` read it (THREATS G5).
    private static func spelling(of key: String) -> String {
        String(
            decoding: key.utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0.asciiLowercased }, as: UTF8.self)
    }

    private static func write(_ key: String, _ values: [String], to writer: inout ProtobufWriter) {
        writer.message(4) { entry in
            entry.string(1, key)
            entry.message(2) { strings in
                for value in values { strings.string(1, value) }
            }
        }
    }

    private mutating func writeFault(_ verdict: Verdict) {
        guard verdict.outcome != .allow, verdict.prefersFault else { return }
        writer.message(5) { fault in
            fault.string(1, verdict.reason.faultName)
            fault.string(4, verdict.message)
        }
    }

    private mutating func writeVariables(_ verdict: Verdict, _ question: ApigeeReplyContext) {
        variable("countersign.allow") { $0.bool(4, verdict.outcome == .allow) }
        variable("countersign.verdict", verdict.outcome.rawValue)
        variable("countersign.status") { $0.int32(1, Int32(clamping: verdict.status)) }
        variable("countersign.reason", verdict.reason.rawValue)
        variable("countersign.message", verdict.message)
        variable("countersign.challenge", verdict.challenge ?? "")
        if let nonce = verdict.proofNonce { variable("countersign.dpop_nonce", nonce) }
        variable("countersign.decision", verdict.decisionID)
        variable("countersign.principal", verdict.principal?.entityText ?? "")
        variable("countersign.policies", verdict.policies.joined(separator: ","))
        for attribute in verdict.attributes.members { self.attribute(attribute) }
        if question.holdsKey { variable(ApigeeVariable.key.name) { _ in } }
    }

    private mutating func attribute(_ member: JSONObject.Member) {
        let name = "countersign.attr_" + member.key
        switch member.value {
        case .string(let text): variable(name) { $0.string(3, text) }
        case .bool(let flag): variable(name) { $0.bool(4, flag) }
        case .number(let number):
            if let integer = number.int64 {
                variable(name) { $0.int64(2, integer) }
            } else if let double = number.double {
                variable(name) { $0.double(5, double) }
            }
        case .array, .object:
            variable(name) { $0.string(3, String(decoding: member.value.canonicalBytes(), as: UTF8.self)) }
        case .null: break
        }
    }

    private mutating func variable(_ name: StaticString, _ text: String) {
        writer.entry(15, name, inner: 3, text)
    }

    private mutating func variable(_ name: StaticString, _ value: (inout ProtobufWriter) -> Void) {
        writer.message(15) { entry in
            entry.string(1, name)
            entry.message(2) { value(&$0) }
        }
    }

    private mutating func variable(_ name: String, _ value: (inout ProtobufWriter) -> Void) {
        writer.message(15) { entry in
            entry.string(1, name)
            entry.message(2) { value(&$0) }
        }
    }
}
