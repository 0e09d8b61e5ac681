// SPDX-License-Identifier: Apache-2.0

package import Callout
import Fields

/// The credential of a request, found where the API says that it may stand.
package enum PresentedCredential: Sendable, Hashable {
    /// There is none.
    case none
    /// A bearer token.
    case bearer(String)

    /// Finds the credential.
    ///
    /// What the gateway handed over explicitly comes first, then the sources in their order; the first source that
    /// holds anything decides, so that a bad credential never falls through to a weaker place.
    ///
    /// - Throws: `token_malformed` if a place holds more than one credential, or one that is not a bearer token.
    package static func find(in request: CalloutRequest, sources: [CredentialSource]) throws(Fault) -> Self {
        if let handed = request.credential, !handed.isEmpty { return .bearer(try token(strippingScheme: handed)) }
        for source in sources {
            let found: [String]
            switch source {
            case .authorization:
                guard request.headers.count(of: "authorization") <= 1 else { throw Fault(.tokenMalformed) }
                guard let value = request.singleHeader("authorization"), !value.isEmpty else { continue }
                return .bearer(try bearer(value))
            case .header(let name): found = request.headerValues(name)
            case .query(let name): found = parameters(named: name, in: request.query)
            case .cookie(let name): found = request.headerValues("cookie").flatMap { cookies(named: name, in: $0) }
            }
            guard found.count <= 1 else { throw Fault(.tokenMalformed) }
            if let value = found.first, !value.isEmpty { return .bearer(try token(strippingScheme: value)) }
        }
        return .none
    }

    /// The token of `Bearer <token>` (RFC 6750, section 2.1); another scheme is no credential that is known here.
    private static func bearer(_ value: String) throws(Fault) -> String {
        guard let token = afterScheme(value), isToken(token) else { throw Fault(.tokenMalformed) }
        return token
    }

    /// A bare token, or one with the scheme in front, as gateways hand over a whole header.
    private static func token(strippingScheme value: String) throws(Fault) -> String {
        let token = afterScheme(value) ?? value
        guard isToken(token) else { throw Fault(.tokenMalformed) }
        return token
    }

    private static func afterScheme(_ value: String) -> String? {
        let bytes = value.utf8Span.span
        guard bytes.count >= 7 else { return nil }
        let scheme: StaticString = "bearer "
        let isBearer = scheme.withUTF8Buffer { scheme in
            for index in 0..<7 where bytes[index].asciiLowercased != scheme[index] { return false }
            return true
        }
        guard isBearer else { return nil }
        var start = 7
        while start < bytes.count, bytes[start] == UInt8(ascii: " ") { start += 1 }
        return bytes.withUnsafeBytes { String(decoding: $0[start...], as: UTF8.self) }
    }

    /// The characters of `b64token` (RFC 6750, section 2.1).
    private static func isToken(_ token: String) -> Bool {
        let bytes = token.utf8Span.span
        guard bytes.count > 0 else { return false }
        return tokenBytes.withUnsafeBufferPointer { accepted in
            var all = true
            for index in bytes.indices { all = all && accepted[Int(bytes[index])] }
            return all
        }
    }

    private static let tokenBytes: [Bool] = (0..<256).map { code in
        switch UInt8(code) {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
            true
        default: false
        }
    }

    private static func parameters(named name: String, in query: String) -> [String] {
        query.utf8.split(separator: UInt8(ascii: "&")).compactMap { part in
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].elementsEqual(name.utf8) else { return nil }
            return String(decoding: pair[1], as: UTF8.self)
        }
    }

    private static func cookies(named name: String, in header: String) -> [String] {
        header.utf8.split(separator: UInt8(ascii: ";")).compactMap { part in
            let pair = part.drop { $0 == UInt8(ascii: " ") }
                .split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].elementsEqual(name.utf8) else { return nil }
            return String(decoding: pair[1], as: UTF8.self)
        }
    }
}
