// SPDX-License-Identifier: Apache-2.0

import Crypto
import Identity

/// The secrets with which this service proves itself to issuers, read from where the configuration says.
struct ProviderSecrets: Sendable {
    /// Why secrets cannot be used.
    struct Failure: Error {
        let problems: [ConfigurationProblem]
    }

    /// Texts by provider and key.
    private var texts: [String: [String: Secret]] = [:]
    /// Hashes of the texts, to see that one has changed.
    private var digests: [String: [SHA256.Digest]] = [:]

    /// Reads all secrets that providers refer to.
    static func read(_ configuration: ServerConfiguration) throws(Failure) -> ProviderSecrets {
        var (secrets, problems) = (ProviderSecrets(), [ConfigurationProblem]())
        for provider in configuration.providers {
            for (key, reference) in provider.secretReferences {
                do throws(SecretReference.Unresolved) {
                    let text = try SecretReference.text(reference, base: configuration.base)
                    secrets.texts[provider.name, default: [:]][key] = Secret(text.trimmingLineEnd.utf8)
                    secrets.digests[provider.name, default: []].append(SHA256.hash(data: Array(text.utf8)))
                } catch {
                    problems.append(
                        ConfigurationProblem(
                            file: configuration.file, line: provider.line, path: "providers.\(provider.name).\(key)",
                            message: error.description))
                }
            }
        }
        guard problems.isEmpty else { throw Failure(problems: problems) }
        return secrets
    }

    /// The secret under a key of a provider.
    func secret(_ provider: String, _ key: String) -> Secret? { texts[provider]?[key] }

    /// Whether a provider's secrets are the same in both.
    func areSame(as other: ProviderSecrets, for provider: String) -> Bool {
        digests[provider] ?? [] == other.digests[provider] ?? []
    }
}

extension ServerConfiguration.Provider {
    /// References to secrets by key, in the order of the configuration.
    var secretReferences: [(key: String, reference: String)] {
        if case .aws(let settings) = kind { return settings.localKeys.map { [("local_keys", $0)] } ?? [] }
        guard let introspection else { return [] }
        return introspection.credential.references + (introspection.trustRoots.map { [("ca", $0)] } ?? [])
    }
}

extension String {
    /// Without line feeds at the end: files often end in one that is no part of the secret.
    var trimmingLineEnd: Substring {
        var rest = self[...]
        while let last = rest.last, last.isNewline { rest.removeLast() }
        return rest
    }
}
