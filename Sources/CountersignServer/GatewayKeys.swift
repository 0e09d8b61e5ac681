// SPDX-License-Identifier: Apache-2.0

import Gateways
import Identity

extension GatewayAuthenticator {
    /// Reads the keys that a configuration refers to and collects every problem.
    static func read(_ configuration: ServerConfiguration) -> (
        authenticator: GatewayAuthenticator?, problems: [ConfigurationProblem]
    ) {
        var problems: [ConfigurationProblem] = []
        var lines: [(owner: String, lines: [String])] = []
        for gateway in configuration.gateways {
            // What is no reference has been refused already, and may be a key: it must not stand in a message.
            for reference in gateway.keys where reference.hasPrefix("file:") || reference.hasPrefix("env:") {
                func problem(_ message: String) {
                    problems.append(
                        ConfigurationProblem(
                            file: configuration.file, line: gateway.line, path: "gateways.\(gateway.name).keys",
                            message: message
                        )
                    )
                }
                do throws(SecretReference.Unresolved) {
                    let text = try SecretReference.text(reference, base: configuration.base)
                    let found = text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("#") }
                    if found.isEmpty { problem("`\(reference)` holds no key") }
                    lines.append((gateway.name, found))
                } catch {
                    problem(error.description)
                }
            }
        }
        guard problems.isEmpty else { return (nil, problems) }
        do throws(APIKeyStore.LineProblem) {
            let keys = try APIKeyStore(lines)
            let subjects = CertificateSubjects(configuration.gateways.map { ($0.name, $0.subjects) })
            let gateways = configuration.gateways.map { gateway in
                Gateway(
                    name: gateway.name, hasCredentials: !gateway.keys.isEmpty || !gateway.subjects.isEmpty,
                    mayForward: gateway.mayForward, certificateHeader: gateway.certificateHeader
                )
            }
            return (GatewayAuthenticator(gateways: gateways, keys: keys, subjects: subjects), [])
        } catch {
            let problem = ConfigurationProblem(
                file: configuration.file, line: 0, path: "gateways.\(error.owner).keys",
                message: "line \(error.line): \(error.description)"
            )
            return (nil, [problem])
        }
    }
}
