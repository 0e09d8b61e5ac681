// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON

/// Verifies signed answers of an issuer (RFC 9701, section 5); plain ones are not taken then.
public struct SignedAnswers: Sendable {
    /// What such an answer is called in `Accept` and `Content-Type`.
    static let mediaType = "application/token-introspection+jwt"
    private static let maximumBytes = 256 << 10
    /// An answer is made for a question, so an old one is a replay.
    private static let maximumAge: Int64 = 60

    let keys: KeySetRefresher
    private let rules: StatementRules

    /// Makes a verifier.
    ///
    /// - Parameters:
    ///   - keys: The issuer's keys.
    ///   - clientID: This service as the issuer knows it: the audience of its answers.
    ///   - algorithms: The algorithms that the issuer may use.
    public init(
        keys: KeySetRefresher, clientID: String, algorithms: [SignatureAlgorithm] = SignatureAlgorithm.asymmetric
    ) {
        self.keys = keys
        rules = StatementRules(
            issuer: keys.issuer, audiences: [clientID], algorithms: algorithms, type: "token-introspection+jwt",
            maximumAge: Self.maximumAge)
    }

    /// The members of a signed answer; `nil` if the token is not active.
    func members(of document: FetchedDocument, now: Int64) async throws(IntrospectionFailure) -> JSONObject? {
        let type = document.headers.first { $0.name.equalsIgnoringASCIICase("content-type") }?.value ?? ""
        let media = type.split(separator: ";").first.map { $0.filter { $0 != " " } } ?? ""
        guard media.equalsIgnoringASCIICase(Self.mediaType) else {
            throw .answer("is not signed; `\(Self.mediaType)` is expected")
        }
        let claims: JSONObject
        do throws(IdentityError) {
            claims = try await verify(document.body, now)
        } catch {
            throw .answer("is not signed as it must be: \(error)")
        }
        guard let inner = claims["token_introspection"] else { throw .answer("has no `token_introspection`") }
        return try IntrospectionAnswer.activeMembers(inner)
    }

    private func verify(_ body: [UInt8], _ now: Int64) async throws(IdentityError) -> JSONObject {
        do throws(IdentityError) {
            return try verifyOnce(body, now)
        } catch {
            guard error.issuerOfMissingKeys != nil, keys.acceptsDemand else { throw error }
            await keys.refresh()
            return try verifyOnce(body, now)
        }
    }

    private func verifyOnce(_ body: [UInt8], _ now: Int64) throws(IdentityError) -> JSONObject {
        let snapshot = try keys.usable(at: now)
        return try rules.verify(body.span, keys: snapshot.keys, maximumBytes: Self.maximumBytes, now: now)
    }
}
