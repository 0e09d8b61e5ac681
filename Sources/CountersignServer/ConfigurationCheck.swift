// SPDX-License-Identifier: Apache-2.0

import DecisionEngine
import Gateways

/// Everything that can be checked without starting.
package enum ConfigurationCheck {
    /// Every problem of a configuration and of the files that it names.
    package static func problems(_ path: String, overrides: [String: String] = [:]) -> [ConfigurationProblem] {
        let (configuration, problems) = ServerConfiguration.draft(path, overrides: overrides)
        guard let configuration else { return problems }
        let (files, fileProblems) = PolicyFiles.read(configuration)
        let (_, keyProblems) = GatewayAuthenticator.read(configuration)
        var found = problems + fileProblems + keyProblems
        if let files, problems.isEmpty {
            do {
                _ = try PolicyGeneration(configuration, files, providers: [:])
            } catch {
                found.append(ConfigurationProblem(file: path, line: 0, path: "policies", message: "\(error)"))
            }
        }
        return found
    }
}
