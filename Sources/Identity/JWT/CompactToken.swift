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

    /// The positions of the two dots, or `nil` unless there are exactly two; looks at eight bytes at once.
    private static func dots(in token: Span<UInt8>) -> (Int, Int)? {
        let (ones, tops, dots) =
            (0x0101_0101_0101_0101, 0x8080_8080_8080_8080, 0x2E2E_2E2E_2E2E_2E2E) as (UInt64, UInt64, UInt64)
        return token.withUnsafeBytes { bytes in
            var (first, second, start) = (-1, -1, 0)
            while start < bytes.count {
                let end = min(start + 8, bytes.count)
                if end - start == 8 {
                    // A byte that equals a dot becomes zero, and only a zero borrows into its top bit.
                    let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self) ^ dots
                    if (word &- ones) & ~word & tops == 0 {
                        start = end
                        continue
                    }
                }
                for index in start..<end where bytes[index] == UInt8(ascii: ".") {
                    guard second < 0 else { return nil }
                    if first < 0 { first = index } else { second = index }
                }
                start = end
            }
            return second < 0 ? nil : (first, second)
        }
    }

    /// The claims, or a refusal unless they are one JSON object without repeated names.
    func claims() throws(IdentityError) -> JSONObject {
        guard case .object(let claims)? = try? JSONValue.parse(payload, limits: Self.claimLimits) else {
            throw .tokenMalformed(.claims)
        }
        return claims
    }
}
