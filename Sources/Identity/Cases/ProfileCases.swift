// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON

/// The section `cases`: tokens under a profile of rules, a key set and a fixed clock.
struct ProfileCases {
    private let root: JSONObject

    init(_ root: JSONObject) { self.root = root }

    func run(into report: inout TokenCaseRunner.Report) {
        for item in root["cases"]?.arrayValue ?? [] {
            let fields = item.objectValue ?? JSONObject()
            let id = fields["id"]?.stringValue ?? "?"
            let expected = fields["expect"]?.stringValue ?? "?"
            guard let token = fields["token"]?.stringValue, let profile = profile(fields) else {
                report.expect(expected, "unreadable", id)
                continue
            }
            do {
                try verify(token, profile)
                report.expect(expected, "accept", id)
            } catch {
                report.refuse(expected, error, id, fields)
            }
        }
    }

    private func profile(_ fields: JSONObject) -> JSONObject? {
        fields["profile"]?.stringValue.flatMap { root["profiles"]?.objectValue?[$0]?.objectValue }
    }

    private func verify(_ token: String, _ profile: JSONObject) throws(IdentityError) {
        let rules = TokenRules(
            issuer: profile["issuer"]?.stringValue ?? "",
            audiences: profile["audience"]?.stringValue.map { [$0] } ?? profile.strings("audience"),
            algorithms: profile.strings("algs").compactMap(SignatureAlgorithm.init(name:)),
            clockSkew: profile["leeway"]?.int64Value ?? 0, tokenTypes: profile.strings("typ"),
            requiresTokenType: profile["typ_required"]?.boolValue ?? false,
            requiredClaims: profile.strings("required_claims").filter { !["iss", "aud", "exp"].contains($0) })
        let document = profile["jwks"]?.stringValue.flatMap { root["jwks"]?.objectValue?[$0] } ?? .null
        let keys = (try? KeySet(document, allowsSymmetric: true)) ?? .empty
        let limit = profile["max_token_bytes"]?.int64Value.map { Int(clamping: $0) } ?? 16_384
        let bytes = token.utf8Span.span
        let compact = try CompactToken(bytes, maximumBytes: limit)
        _ = try rules.verify(
            compact, bytes, claims: try compact.claims(), keys: keys, now: profile["now"]?.int64Value ?? 0)
    }
}

extension JSONObject {
    /// The strings of an array; empty if there is none.
    func strings(_ name: String) -> [String] { self[name]?.arrayValue?.compactMap(\.stringValue) ?? [] }
}
