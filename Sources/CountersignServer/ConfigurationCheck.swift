// SPDX-License-Identifier: Apache-2.0

import DecisionEngine
import Gateways

/// Everything that can be checked without starting.
package enum ConfigurationCheck {
    /// Every problem of a configuration and of the files that it names.
    package static func problems(_ path: String, overrides: [String: String] = [:]) -> [ConfigurationProblem] {
        let (configuration, problems) = ServerConfiguration.read(path, overrides: overrides)
        guard let configuration else {
            // Policies are looked at all the same, so that nobody has to run the check twice.
            return problems
        }
        let (files, fileProblems) = PolicyFiles.read(configuration)
        let (_, keyProblems) = GatewayAuthenticator.read(configuration)
        var found = fileProblems + keyProblems
        if let files {
            do {
                _ = try PolicyGeneration(configuration, files, providers: [:])
            } catch {
                found.append(ConfigurationProblem(file: path, line: 0, path: "policies", message: "\(error)"))
            }
        }
        return found
    }
}
