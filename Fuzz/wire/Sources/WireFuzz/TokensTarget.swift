// SPDX-License-Identifier: Apache-2.0

import Glibc
@testable import Identity
import StrictJSON

/// Tokens: nothing is accepted but what the keys' owner has signed, as the known good tokens say.
///
/// The input is a token; or header, claims and signature with zero bytes between them, from which one is assembled.
enum TokensTarget {
    private static let now: Int64 = 1_800_000_000

    private struct Known {
        let keys: KeySet
        let rules: TokenRules
        let signed: Set<[UInt8]>
    }

    /// Keys and good tokens of the file of cases that COUNTERSIGN_FUZZ_CASES names.
    private static let known: Known = {
        guard let path = getenv("COUNTERSIGN_FUZZ_CASES").map({ String(cString: $0) }),
            let json = try? JSONValue.parse(read(path), limits: JSONLimits(maximumBytes: 8 << 20, maximumDepth: 64)),
            let cases = json.objectValue?["cases"]?.arrayValue, let sets = json.objectValue?["jwks"]?.objectValue,
            let main = sets["main"], let keys = try? KeySet(parsing: main.canonicalBytes())
        else { fatalError("COUNTERSIGN_FUZZ_CASES must name a file of token cases") }
        // Tokens that are refused for their claims or their key have been signed all the same.
        let signed = cases.compactMap { entry -> [UInt8]? in
            guard let token = entry.objectValue?["token"]?.stringValue, let end = token.utf8.lastIndex(of: 0x2E) else {
                return nil
            }
            return Array(token.utf8[..<end])
        }
        let rules = TokenRules(
            issuer: "https://idp.example.test/", audiences: ["api://orders"], algorithms: SignatureAlgorithm.asymmetric,
            clockSkew: 60, tokenTypes: ["JWT", "at+jwt"], requiresTokenType: false, requiredClaims: [])
        return Known(keys: keys, rules: rules, signed: Set(signed))
    }()

    static func run(_ input: [UInt8]) {
        let parts = input.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        let bytes = parts.count == 3 ? Array(parts.map { Base64URL.encode($0) }.joined(separator: ".").utf8) : input
        guard let token = try? CompactToken(bytes.span, maximumBytes: 16_384), let claims = try? token.claims(),
            let finding = try? known.rules.verify(token, bytes.span, claims: claims, keys: known.keys, now: now)
        else { return }
        expect(known.signed.contains(Array(bytes[..<token.signedByteCount])), "a token that nobody has signed")
        expect(finding.lifetime.expiresAt > now - 60, "an expired token")
        _ = try? ClaimMapping().principal(provider: "p", issuer: "i", claims: claims)
    }

    private static func read(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "rb") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }
}
