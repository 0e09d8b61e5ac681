// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// A compact JWS taken apart, nothing verified yet (RFC 7515, section 7.1).
struct CompactToken {
    static let headerLimits = JSONLimits(maximumBytes: 64 << 10, maximumDepth: 64)
    static let claimLimits = JSONLimits(maximumBytes: 64 << 10, maximumDepth: 64)

    let header: JSONObject
    let payload: [UInt8]
    let signature: [UInt8]
    /// How many bytes from the start are signed: header, dot and payload.
    let signedByteCount: Int

    init(_ token: Span<UInt8>, maximumBytes: Int) throws(IdentityError) {
        guard token.count <= maximumBytes else { throw .tokenTooLarge(limit: maximumBytes) }
        guard let (first, second) = Self.dots(in: token) else { throw .tokenMalformed(.segments) }
        guard let headerBytes = Base64URL.decode(token.extracting(0..<first)),
            let payload = Base64URL.decode(token.extracting((first + 1)..<second)),
            let signature = Base64URL.decode(token.extracting((second + 1)..<token.count))
        else { throw .tokenMalformed(.encoding) }
        guard case .object(let header)? = try? JSONValue.parse(headerBytes, limits: Self.headerLimits) else {
            throw .tokenMalformed(.header)
        }
        self.header = header
        self.payload = payload
        self.signature = signature
        signedByteCount = second
    }

    /// The positions of the two dots, or `nil` unless there are exactly two.
    private static func dots(in token: Span<UInt8>) -> (Int, Int)? {
        var found: [2 of Int] = [0, 0]
        var count = 0
        for index in token.indices where token[index] == UInt8(ascii: ".") {
            guard count < 2 else { return nil }
            found[count] = index
            count += 1
        }
        return count == 2 ? (found[0], found[1]) : nil
    }

    /// The claims, or a refusal unless they are one JSON object without repeated names.
    func claims() throws(IdentityError) -> JSONObject {
        guard case .object(let claims)? = try? JSONValue.parse(payload, limits: Self.claimLimits) else {
            throw .tokenMalformed(.claims)
        }
        return claims
    }
}
