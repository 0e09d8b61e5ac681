// SPDX-License-Identifier: Apache-2.0
import Foundation
import StrictJSON

/// A compact JWS taken apart, nothing verified yet (RFC 7515, section 7.1).
struct CompactToken {
    static let headerLimits = JSONLimits(maximumBytes: 64 << 10, maximumDepth: 64)
    static let claimLimits = JSONLimits(maximumBytes: 64 << 10, maximumDepth: 64)

    /// The header; empty if its text was known.
    let header: JSONObject
    /// How many bytes from the start are the header.
    let headerByteCount: Int
    let signature: Data
    /// How many bytes from the start are signed: header, dot and payload.
    let signedByteCount: Int
    /// The payload, if it is a JSON object.
    private let payload: JSONObject?
    private let known: TokenHeader?

    /// Takes a token apart.
    ///
    /// - Parameters:
    ///   - token: The compact JWS.
    ///   - maximumBytes: The longest token.
    ///   - headers: Headers that need not be read again.
    /// - Throws: ``IdentityError/tokenTooLarge(limit:)`` or ``IdentityError/tokenMalformed(_:)``.
    init(_ token: Span<UInt8>, maximumBytes: Int, headers: KnownHeaders? = nil) throws(IdentityError) {
        guard token.count <= maximumBytes else { throw .tokenTooLarge(limit: maximumBytes) }
        guard let second = Self.lastDot(in: token), let first = Self.firstDot(in: token), first < second else {
            throw .tokenMalformed(.segments)
        }
        let claims = token.extracting((first + 1)..<second)
        known = headers?.header(of: token.extracting(0..<first))
        // JSON is read where it was decoded: neither text is needed any longer.
        let read: JSONObject?? =
            known == nil
            ? Base64URL.withDecoded(token.extracting(0..<first)) { Self.object($0, limits: Self.headerLimits) }
            : .some(.some(JSONObject()))
        guard let header = read,
            let payload = Base64URL.withDecoded(claims, { Self.object($0, limits: Self.claimLimits) }),
            let signature = Base64URL.withDecoded(token.extracting((second + 1)..<token.count), { Data($0) })
        else {
            // No dot is of the alphabet, so that a third one is always found here.
            throw .tokenMalformed(Self.firstDot(in: claims) == nil ? .encoding : .segments)
        }
        guard let header else { throw .tokenMalformed(.header) }
        self.header = header
        headerByteCount = first
        self.payload = payload
        self.signature = signature
        signedByteCount = second
    }

    private static func object(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) -> JSONObject? {
        guard case .object(let object)? = try? JSONValue.parse(bytes, limits: limits) else { return nil }
        return object
    }

    /// The position of the first dot.
    private static func firstDot(in token: Span<UInt8>) -> Int? {
        token.withUnsafeBytes { bytes in
            var start = 0
            while start &+ 8 <= bytes.count {
                let dots = Self.dots(bytes, start)
                // A borrow reaches only bytes above a dot.
                if dots != 0 { return start &+ dots.trailingZeroBitCount / 8 }
                start &+= 8
            }
            return bytes[start...].firstIndex(of: UInt8(ascii: "."))
        }
    }

    /// The position of the last dot, behind which the signature stands.
    static func lastDot(in token: Span<UInt8>) -> Int? {
        token.withUnsafeBytes { bytes in
            var end = bytes.count
            while end >= 8, Self.dots(bytes, end &- 8) == 0 { end &-= 8 }
            return bytes[..<end].lastIndex(of: UInt8(ascii: "."))
        }
    }

    /// Not zero if there is a dot among eight bytes; the top bit of the first one is set.
    @inline(__always)
    private static func dots(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> UInt64 {
        let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self) ^ 0x2E2E_2E2E_2E2E_2E2E
        return (UInt64(littleEndian: word) &- 0x0101_0101_0101_0101) & ~UInt64(littleEndian: word)
            & 0x8080_8080_8080_8080
    }

    /// Whether the header had to be read.
    var isHeaderNew: Bool { known == nil }

    /// The header, checked for everything that does not depend on the provider.
    func checkedHeader() throws(IdentityError) -> TokenHeader {
        if let known { return known }
        return try TokenHeader(header)
    }

    /// The claims, or a refusal unless they are one JSON object without repeated names.
    func claims() throws(IdentityError) -> JSONObject {
        guard let payload else { throw .tokenMalformed(.claims) }
        return payload
    }
}
