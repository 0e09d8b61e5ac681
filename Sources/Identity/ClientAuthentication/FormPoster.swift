// SPDX-License-Identifier: Apache-2.0

/// Posts forms to an identity provider and returns whole answers.
///
/// The closure bounds time and size, verifies TLS and follows no redirect; the house's own is made from an outgoing
/// HTTP client, and tests pass closures of their own.
public struct FormPoster: Sendable {
    /// One form on its way.
    public struct Form: Sendable {
        /// Where it goes.
        public var url: String
        /// Header fields besides `Content-Type`.
        public var headers: [(name: String, value: String)]
        /// Names and values, not encoded yet.
        public var fields: [(name: String, value: String)]

        /// Makes a form.
        public init(
            url: String, headers: [(name: String, value: String)] = [], fields: [(name: String, value: String)] = []
        ) {
            self.url = url
            self.headers = headers
            self.fields = fields
        }

        /// The fields in the form of `application/x-www-form-urlencoded`.
        public var body: [UInt8] {
            var bytes: [UInt8] = []
            for (index, field) in fields.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: "&")) }
                bytes += PercentEncoding.encode(field.name).utf8
                bytes.append(UInt8(ascii: "="))
                bytes += PercentEncoding.encode(field.value).utf8
            }
            return bytes
        }
    }

    let post: @Sendable (Form) async throws -> FetchedDocument

    /// Makes a poster.
    public init(_ post: @escaping @Sendable (Form) async throws -> FetchedDocument) { self.post = post }
}

/// Percent encoding of everything but the unreserved characters (RFC 3986, section 2.3).
enum PercentEncoding {
    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var output: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                output.append(byte)
            default: output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
