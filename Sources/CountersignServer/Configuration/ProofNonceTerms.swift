// SPDX-License-Identifier: Apache-2.0

import Identity

/// `dpop`: whether proofs of possession must carry nonces of this service, and how those are made.
struct ProofNonceTerms: Sendable {
    /// What a restart puts in force.
    struct Terms: Sendable, Hashable {
        /// For how long a nonce is handed out, in seconds.
        var lifetime: Int64
        /// References to the keys, the one that makes nonces first; empty for a key of this process alone.
        var keys: [String]
    }

    var terms: Terms
    /// Where the section stands.
    var line: Int

    /// Reads the section; `nil` if nonces are not wanted.
    init?(_ section: inout ConfigurationSection) {
        let isWanted = section.bool("nonces", default: false)
        let lifetime = section.duration("nonce_lifetime", in: .seconds(10)...(.seconds(3600)), default: .seconds(300))
        let keys = section.strings("nonce_keys") ?? []
        for key in keys where !["file:", "env:"].contains(where: { key.hasPrefix($0) && key != $0 }) {
            section.problem(
                "nonce_keys",
                "must hold references such as `file:secrets/dpop` or `env:NAME`, not the secrets themselves"
            )
        }
        if keys.count > 4 { section.problem("nonce_keys", "must hold at most 4 references, got \(keys.count)") }
        guard isWanted else { return nil }
        terms = Terms(lifetime: lifetime.components.seconds, keys: keys)
        line = section.line
    }
}

extension ServerConfiguration {
    /// The nonces that are configured, with their keys; `nil` if none are.
    func nonces() throws(ProviderSecrets.Failure) -> ProofNonces? {
        guard let wanted = proofNonces else { return nil }
        guard !wanted.terms.keys.isEmpty else { return ProofNonces(lifetime: wanted.terms.lifetime) }
        func failure(_ message: String) -> ProviderSecrets.Failure {
            ProviderSecrets.Failure(problems: [
                ConfigurationProblem(file: file, line: wanted.line, path: "dpop.nonce_keys", message: message)
            ])
        }
        var keys: [Secret] = []
        for reference in wanted.terms.keys {
            do throws(SecretReference.Unresolved) {
                keys.append(Secret(try SecretReference.text(reference, base: base).trimmingLineEnd.utf8))
            } catch {
                throw failure(error.description)
            }
        }
        do throws(ProofNonces.Problem) {
            return try ProofNonces(keys: keys, lifetime: wanted.terms.lifetime)
        } catch {
            throw failure("a key has fewer than 32 bytes; `openssl rand -hex 32` makes one")
        }
    }
}
