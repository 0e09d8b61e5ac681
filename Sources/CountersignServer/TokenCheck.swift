// SPDX-License-Identifier: Apache-2.0

import Callout
import Foundation
import Identity
import NIOPosix
import Outbound
import StrictJSON

/// Verifies one token as the service would, the deny list included, without a server.
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
        let denied = try denyList(configuration)
        let now = Int64(Date().timeIntervalSince1970)
        do throws(IdentityError) {
            let caller = try await verifier.caller(of: .bearer(token), from: selection, now: now)
            if let entry = denied.entry(for: caller, .bearer(token), now: now) { return revoked(entry, denied) }
            if caller.binding.isRequired, !caller.binding.isBound { throw .proofMissing }
            return accepted(caller, denied)
        } catch {
            return outcome(false, reason(error) + [about(denied)])
        }
    }

    /// What no longer counts although it verifies, as it stands in the data directory.
    private static func denyList(_ configuration: ServerConfiguration) throws -> RevocationList {
        do {
            return RevocationList(try RevocationFile(data: configuration.data).revocations())
        } catch {
            throw Server.StartFailure("\(error)")
        }
    }

    private typealias Member = (key: String, value: JSONValue)

    private static func accepted(_ caller: AuthenticatedCaller, _ denied: RevocationList) -> Outcome {
        let principal = caller.principal
        var members: [Member] = [
            ("principal", ["type": .string(principal.kind.rawValue), "id": .string(principal.entityID)]),
            ("scopes", .array(principal.scopes.map { .string($0) })),
            ("groups", .array(principal.groups.map { .string($0) })),
            ("roles", .array(principal.roles.map { .string($0) })), ("claims", .object(principal.attributes)),
            about(denied),
        ]
        // What the holder must prove with each request, and cannot prove here.
        if let thumbprint = caller.binding.keyThumbprint { members.append(("bound_to_key", .string(thumbprint))) }
        if let thumbprint = caller.binding.certificateThumbprint {
            members.append(("bound_to_certificate", .string(thumbprint)))
        }
        return outcome(true, members)
    }

    private static func revoked(_ entry: Revocation, _ denied: RevocationList) -> Outcome {
        var found = JSONObject()
        found["id"] = .string(entry.id)
        found["kind"] = .string(entry.kind.rawValue)
        found["source"] = .string(entry.source)
        found["cause"] = .string(entry.cause)
        if let until = entry.until { found["until"] = .number(JSONNumber(until)) }
        return outcome(false, reason(.tokenRevoked) + [("revocation", .object(found)), about(denied)])
    }

    private static func reason(_ error: IdentityError) -> [Member] {
        [("reason", .string(error.code.rawValue)), ("detail", .string(error.description))]
    }

    private static func about(_ denied: RevocationList) -> Member {
        ("deny_list", ["entries": .number(JSONNumber(Int64(denied.entries.count)))])
    }

    private static func outcome(_ isAccepted: Bool, _ members: [Member]) -> Outcome {
        var object = JSONObject()
        for member in members { object[member.key] = member.value }
        let text = JSONValue.object(object).canonicalBytes()
        return Outcome(isAccepted: isAccepted, text: String(decoding: text, as: UTF8.self))
    }
}
