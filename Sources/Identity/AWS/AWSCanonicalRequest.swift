// SPDX-License-Identifier: Apache-2.0
import Crypto

/// The text that a signature of AWS covers (Signature Version 4, "canonical request").
struct AWSCanonicalRequest: Sendable, Hashable {
    /// What signatures call a body that they do not cover.
    static let unsignedPayload = "UNSIGNED-PAYLOAD"

    /// The names of the signed header fields in small letters, sorted, joined with semicolons.
    let signedHeaders: String
    /// The whole text.
    let text: String

    /// Puts the parts into their one order.
    ///
    /// The parameters of the query are encoded already; the header fields are those to be signed, of which several of
    /// one name are joined with commas; the hash of the payload is in hexadecimal digits, or ``unsignedPayload``.
    init(
        method: String, path: String, parameters: [AWSTarget.Parameter], headers: [(name: String, value: String)],
        payloadHash: String
    ) {
        let query = parameters.map { (Array($0.name.utf8), Array($0.value.utf8), "\($0.name)=\($0.value)") }
            .sorted { left, right in
                left.0 == right.0
                    ? left.1.lexicographicallyPrecedes(right.1) : left.0.lexicographicallyPrecedes(right.0)
            }
            .map(\.2).joined(separator: "&")
        var fields: [(name: String, value: String)] = []
        let sorted = headers.enumerated()
            .map { ($0.offset, Self.smallLetters($0.element.name), Self.collapsed($0.element.value)) }
            .sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1.utf8.lexicographicallyPrecedes($1.1.utf8) }
        for (_, name, value) in sorted {
            if let last = fields.indices.last, fields[last].name == name {
                fields[last].value += "," + value
            } else {
                fields.append((name, value))
            }
        }
        signedHeaders = fields.map(\.name).joined(separator: ";")
        let lines = fields.map { "\($0.name):\($0.value)\n" }.joined()
        text = [method, path, query, lines, signedHeaders, payloadHash].joined(separator: "\n")
    }

    /// SHA-256 in hexadecimal digits.
    static func digest(_ bytes: some Sequence<UInt8>) -> String {
        let hash = SHA256.hash(data: Array(bytes))
        return hexadecimal(hash)
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func smallLetters(_ name: String) -> String {
        String(decoding: name.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// Without space around it, every run of space inside as one.
    private static func collapsed(_ value: String) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        let words = value.utf8.split(whereSeparator: isSpace).map { String(decoding: $0, as: UTF8.self) }
        return words.joined(separator: " ")
    }
}
