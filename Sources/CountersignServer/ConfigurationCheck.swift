// SPDX-License-Identifier: Apache-2.0

import Cedar
import DecisionEngine
import Gateways
import Identity
import NIOPosix
import Outbound

/// Everything that can be checked without starting.
package enum ConfigurationCheck {
    /// Every problem of a configuration and of the files that it names.
    package static func problems(_ path: String, overrides: [String: String] = [:]) -> [ConfigurationProblem] {
        let (configuration, problems) = ServerConfiguration.draft(path, overrides: overrides)
        guard let configuration else { return problems }
        let (files, fileProblems) = PolicyFiles.read(configuration)
        let (_, keyProblems) = GatewayAuthenticator.read(configuration)
        var found =
            problems + fileProblems + keyProblems + ArchiveBucket.problems(configuration)
            + configuration.startProblems()
        do throws(ProviderSecrets.Failure) {
            _ = try ProviderSecrets.read(configuration)
            found += unusable(configuration)
        } catch {
            found += error.problems
        }
        do throws(ProviderSecrets.Failure) { _ = try configuration.nonces() } catch { found += error.problems }
        for provider in configuration.providers {
            guard case .apiKeys(let keys) = provider.kind else { continue }
            do { _ = try KeyStoreFile(path: keys, name: "", data: "").store() } catch {
                let line = (error as? APIKeyStore.LineProblem)?.line ?? 0
                found.append(ConfigurationProblem(file: keys, line: line, path: "", message: "\(error)"))
            }
        }
        found += PolicyReview.problems(configuration, files)
        if let files { found += files.warnings }
        if let files, problems.isEmpty {
            do {
                _ = try PolicyGeneration(configuration, files, providers: [:])
            } catch {
                found.append(ConfigurationProblem(file: path, line: 0, path: "policies", message: "\(error)"))
            }
        }
        return found
    }

    /// What cannot be made of the providers although their secrets can be read, such as a key of the wrong kind.
    private static func unusable(_ configuration: ServerConfiguration) -> [ConfigurationProblem] {
        guard let fetcher = try? HTTPFetcher(group: MultiThreadedEventLoopGroup.singleton) else { return [] }
        let providers = IdentityProviders(
            fetcher: fetcher, fingerprint: CredentialFingerprint(key: Secret(Array("nobody is identified".utf8)))
        ) { _, _ in }
        return configuration.providers.compactMap { provider in
            // Stores of keys are read on their own, with the line of what is wrong in them.
            if case .apiKeys = provider.kind { return nil }
            do {
                _ = try providers.prepare(configuration, only: [provider.name])
                return nil
            } catch {
                return ConfigurationProblem(
                    file: configuration.file, line: provider.line, path: "", message: "\(error)")
            }
        }
    }

    /// The schema that the policies of a configuration are checked against, or why there is none.
    package static func schema(_ path: String, asJSON: Bool) -> (text: String?, problems: [ConfigurationProblem]) {
        let (configuration, problems) = ServerConfiguration.read(path, overrides: [:])
        guard let configuration else { return (nil, problems) }
        let (entities, _, entityProblems) = PolicyFiles.readEntities(configuration)
        guard entityProblems.isEmpty else { return (nil, entityProblems) }
        do throws(PolicyCheck.Failure) {
            let schema = try PolicyCheck(configuration: configuration, entities: entities).schema()
            return (asJSON ? String(decoding: schema.json(), as: UTF8.self) : schema.cedarText(), [])
        } catch {
            return (nil, error.problems)
        }
    }
}
