// SPDX-License-Identifier: Apache-2.0

import Callout
import Foundation
import Identity
import NIOPosix
import Outbound
import StrictJSON

/// Verifies one token as the service would, without a server.
package enum TokenCheck {
    package struct Outcome: Sendable {
        package let isAccepted: Bool
        /// JSON: principal and claims, or the reason.
        package let text: String
    }

    package static func verify(
        _ token: String, provider name: String, _ path: String, _ overrides: [String: String]
    ) async throws -> Outcome {
        let (configuration, problems) = ServerConfiguration.read(path, overrides: overrides)
        guard let configuration else { throw Server.StartFailure(problems) }
        let wanted = configuration.providers.filter { $0.name == name }
        guard !wanted.isEmpty else {
            let known = configuration.providers.map(\.name).joined(separator: ", ")
            throw Server.StartFailure("`\(name)` is not a provider; configured: \(known)")
        }
        let fingerprint = CredentialFingerprint(key: Secret(Array("one use".utf8)))
        let known = IdentityProviders(
            fetcher: try HTTPFetcher(group: MultiThreadedEventLoopGroup.singleton), fingerprint: fingerprint
        ) { _, _ in }
        let providers = try Server.prepare(known, configuration, only: [name]).authenticators
        let selection = try AuthenticatorSelection(Array(providers.values))
        for case .tokens(let provider) in providers.values { await provider.keys.load() }
        let verifier = CallerVerifier(
            tokens: TokenVerifier(cache: VerifiedTokenCache(capacity: 1), fingerprint: fingerprint))
        do throws(IdentityError) {
            let principal = try await verifier.caller(
                of: .bearer(token), from: selection, now: Int64(Date().timeIntervalSince1970)
            ).principal
            let text: JSONValue = [
                "principal": ["type": .string(principal.kind.rawValue), "id": .string(principal.entityID)],
                "scopes": .array(principal.scopes.map { .string($0) }),
                "groups": .array(principal.groups.map { .string($0) }),
                "roles": .array(principal.roles.map { .string($0) }), "claims": .object(principal.attributes),
            ]
            return Outcome(isAccepted: true, text: String(decoding: text.canonicalBytes(), as: UTF8.self))
        } catch {
            let text: JSONValue = ["reason": .string(error.code.rawValue), "detail": .string(error.description)]
            return Outcome(isAccepted: false, text: String(decoding: text.canonicalBytes(), as: UTF8.self))
        }
    }
}
