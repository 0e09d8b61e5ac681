// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import Identity

struct AWSTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aws", abstract: "Makes the token by which a caller with AWS credentials proves who it is.",
        discussion: """
            Signs `GetCallerIdentity` with the credentials that AWS SDKs would find here: environment, web identity, shared
            files, container, instance. The signature is for the deployment named by --server-id, and for a minute.

            Example: curl -H "Authorization: Bearer $(countersign token aws --region eu-west-3 --server-id gate.acme)" URL
            """
    )

    @Option(name: .long, help: "The region that the provider names.")
    var region: String

    @Option(name: .long, help: "The `server_id` of the provider.")
    var serverID: String

    @Option(name: .long, help: "The `server_id_header` of the provider.")
    var serverIDHeader = "x-countersign-server-id"

    @Option(name: .long, help: "The `signed_host` of the provider; without it, that of the region's STS.")
    var host: String?

    @Option(name: .long, help: "For how many seconds it is valid, 1 to 900.")
    var lifetime: Int = 60

    @Option(
        name: .long,
        help: "automatic, environment, web_identity, profile, profile:NAME, container or instance.")
    var credentials = "automatic"

    func run() async throws {
        guard let source = AWSCredentialSource(credentials) else {
            throw ValidationError("--credentials `\(credentials)` is none of those that --help lists")
        }
        guard (1...900).contains(lifetime) else { throw ValidationError("--lifetime must be 1 to 900 seconds") }
        let token = AWSCallerToken(
            region: region, serverID: serverID, header: serverIDHeader, host: host, lifetime: Int64(lifetime))
        do {
            Terminal.say(try await token.text(source))
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode(3)
        }
    }
}
