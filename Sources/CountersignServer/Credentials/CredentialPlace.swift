// SPDX-License-Identifier: Apache-2.0

import Identity
import StrictJSON

/// Where a configuration keeps credentials: the data directory, and the files of providers and gateways.
package struct CredentialPlace: Sendable {
    /// Why there is no such place.
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    /// The data directory.
    package let data: String
    private let configuration: ServerConfiguration

    /// Reads a configuration.
    package init(_ path: String, overrides: [String: String]) throws(Missing) {
        let (configuration, problems) = ServerConfiguration.read(path, overrides: overrides)
        guard let configuration else {
            throw Missing(description: problems.map(\.description).joined(separator: "\n"))
        }
        self.configuration = configuration
        data = configuration.data
    }

    /// The file of a provider's keys; without a name, of the only provider of keys.
    package func provider(_ name: String?) throws(Missing) -> (file: KeyStoreFile, path: String) {
        let stores = configuration.providers.compactMap { provider -> (name: String, path: String)? in
            guard case .apiKeys(let path) = provider.kind else { return nil }
            return (provider.name, path)
        }
        let chosen = name == nil && stores.count == 1 ? stores.first : stores.first { $0.name == name }
        guard let chosen else {
            let list = stores.isEmpty ? "none is configured" : stores.map(\.name).joined(separator: ", ")
            throw Missing(description: "name a provider of `type: api_key` with --provider; configured: \(list)")
        }
        return (KeyStoreFile(path: chosen.path, name: "provider:\(chosen.name)", data: data), chosen.path)
    }

    /// The file of a gateway's keys.
    package func gateway(_ name: String) throws(Missing) -> (file: KeyStoreFile, path: String) {
        guard let gateway = configuration.gateways.first(where: { $0.name == name }) else {
            let list = configuration.gateways.map(\.name).joined(separator: ", ")
            throw Missing(description: "`\(name)` is not a gateway; configured: \(list)")
        }
        guard let reference = gateway.keys.first(where: { $0.hasPrefix("file:") }) else {
            throw Missing(
                description:
                    "gateway `\(name)` has no file among its `keys`; name one such as `file:secrets/\(name).key`")
        }
        let path = ServerConfiguration.resolve(String(reference.dropFirst(5)), configuration.base)
        return (KeyStoreFile(path: path, name: "gateway:\(name)", data: data), path)
    }

    /// The names by which tokens of a provider are told: the values of `iss`, and the provider's own name.
    package func issuers(of name: String) throws(Missing) -> [String] {
        guard let provider = configuration.providers.first(where: { $0.name == name }) else {
            let list = configuration.providers.map(\.name).joined(separator: ", ")
            throw Missing(description: "`\(name)` is not a provider; configured: \(list)")
        }
        return [name] + provider.issuers
    }

    /// When keys of a file were last used, by public id with prefix, as far as it is known.
    package static func uses(of path: String) -> [String: Int64] {
        guard let bytes = try? CredentialFile(path: path + ".uses").read(),
            let object = (try? JSONValue.parse(bytes))?.objectValue
        else { return [:] }
        return Dictionary(object.members.compactMap { member in member.value.int64Value.map { (member.key, $0) } }) {
            max($0, $1)
        }
    }

    /// Has the running service take over what has changed; returns whether one runs.
    package func refreshService() async throws(ControlProblem) -> Bool {
        try await ControlClient(data: data, timeout: 30).send(.credentialRefresh(CredentialRefresh())) != nil
    }
}
