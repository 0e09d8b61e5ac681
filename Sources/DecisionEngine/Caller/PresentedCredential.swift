// SPDX-License-Identifier: Apache-2.0

package import Callout
import Fields
import Identity

/// Finds the credential of a request where the API says that it may stand.
package enum PresentedCredential {
    /// Finds the credential.
    ///
    /// What the gateway handed over explicitly comes first, then the sources in their order; the first source that
    /// holds anything decides, so that a bad credential never falls through to a weaker place.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - sources: The places to look at, in order.
    ///   - onlyOne: Whether credentials in two of the places are refused, rather than the first one taken.
    /// - Returns: The credential; `nil` if no source holds anything.
    /// - Throws: `token_malformed` if a place holds more than one credential, or one of a scheme that is not known.
    package static func find(
        in request: CalloutRequest, sources: [CredentialSource], onlyOne: Bool = false
    ) throws(Fault) -> Credential? {
        if let handed = request.credential, !handed.isEmpty {
            return afterScheme("dpop ", handed) == nil
                ? .bearer(try token(strippingScheme: handed)) : try authorization(handed)
        }
        guard onlyOne, sources.count > 1 else { return try first(in: request, sources) }
        var found: Credential?
        for source in sources {
            guard let credential = try first(in: request, [source]) else { continue }
            guard found == nil else { throw Fault(.tokenMalformed) }
            found = credential
        }
        return found
    }

    private static func first(
        in request: CalloutRequest, _ sources: [CredentialSource]
    ) throws(Fault) -> Credential? {
        for source in sources {
            let found: [String]
            switch source {
            case .authorization:
                switch request.headers.sole("authorization") {
                case .none: continue
                case .one(let value) where value.isEmpty: continue
                case .one(let value): return try authorization(value)
                case .several: throw Fault(.tokenMalformed)
                }
            case .header(let name): found = request.headerValues(name)
            case .query(let name): found = parameters(named: name, in: request.query)
            case .cookie(let name): found = request.headerValues("cookie").flatMap { cookies(named: name, in: $0) }
            }
            guard found.count <= 1 else { throw Fault(.tokenMalformed) }
            if let value = found.first, !value.isEmpty { return .bearer(try token(strippingScheme: value)) }
        }
        return nil
    }

    /// `Bearer <token>` (RFC 6750, section 2.1), `Basic <user and password>` (RFC 7617, section 2), `DPoP <token>`
    /// (RFC 9449, section 7.1), or a signature of AWS.
    private static func authorization(_ value: String) throws(Fault) -> Credential {
        if let token = afterScheme("bearer ", value) {
            guard isToken(token) else { throw Fault(.tokenMalformed) }
            return .bearer(token)
        }
        if let pair = afterScheme("basic ", value) {
            guard isToken(pair), isPair(pair) else { throw Fault(.tokenMalformed) }
            return .basic(pair)
        }
        if afterScheme("aws4-hmac-sha256 ", value) != nil { return .awsRequest }
        if let token = afterScheme("dpop ", value) {
            guard isToken(token) else { throw Fault(.tokenMalformed) }
            return .proven(token)
        }
        throw Fault(.tokenMalformed)
    }

    /// Whether a text is base64 of a user, a colon and a password without control characters (RFC 7617, section 2).
    private static func isPair(_ text: String) -> Bool {
        guard text.utf8.count.isMultiple(of: 4) else { return false }
        let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
        guard text.utf8.count - digits.count <= 2, text.utf8.dropFirst(digits.count).allSatisfy({ $0 == 0x3D }),
            !digits.contains(where: { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
        else { return false }
        let inURL = digits.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
        guard let pair = Base64URL.decode(inURL.span) else { return false }
        return pair.contains(UInt8(ascii: ":")) && pair.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    /// A bare token, or one with the scheme in front, as gateways hand over a whole header.
    private static func token(strippingScheme value: String) throws(Fault) -> String {
        let token = afterScheme("bearer ", value) ?? value
        guard isToken(token) else { throw Fault(.tokenMalformed) }
        return token
    }

    /// What follows a scheme, which is given in small letters with its space; case does not count.
    private static func afterScheme(_ scheme: StaticString, _ value: String) -> String? {
        let bytes = value.utf8Span.span
        guard bytes.count >= scheme.utf8CodeUnitCount else { return nil }
        let isScheme = scheme.withUTF8Buffer { scheme in
            for index in scheme.indices where bytes[index].asciiLowercased != scheme[index] { return false }
            return true
        }
        guard isScheme else { return nil }
        var start = scheme.utf8CodeUnitCount
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
