// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import Foundation
import NIOPosix
import Outbound

/// Where the admin listener is.
struct AdminOptions: ParsableArguments {
    @Option(name: .long, help: "The admin listener.")
    var address = "127.0.0.1:9193"

    /// Fetches a path of the admin listener.
    func fetch(_ path: String) async throws -> OutboundResponse {
        let policy = OutboundPolicy(allowsPlaintext: true, addressClasses: [.loopback, .private])
        let fetcher = try HTTPFetcher(group: MultiThreadedEventLoopGroup.singleton, policy: policy)
        do throws(OutboundError) {
            return try await fetcher.fetch(OutboundRequest(.get, try OutboundURL("http://\(address)\(path)")))
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode(3)
        }
    }
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Prints the state of the running service as JSON.",
        discussion: "Example: countersign status --address 127.0.0.1:9193"
    )

    @OptionGroup var options: AdminOptions

    @Flag(name: .long, help: "JSON; the only form there is.")
    var json = false

    func run() async throws {
        let response = try await options.fetch("/status")
        Terminal.say(String(decoding: response.body, as: UTF8.self).trimmingCharacters(in: .newlines))
        if response.status != 200 { throw ExitCode(1) }
    }
}

struct HealthcheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck", abstract: "Exit 0 if the running service is ready, for container probes.",
        discussion: "Example: countersign healthcheck --address 127.0.0.1:9193"
    )

    @OptionGroup var options: AdminOptions

    func run() async throws {
        let response = try await options.fetch("/readyz")
        Terminal.say(String(decoding: response.body, as: UTF8.self).trimmingCharacters(in: .newlines))
        if response.status != 200 { throw ExitCode(1) }
    }
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Prints the version.", discussion: "Example: countersign version"
    )

    func run() throws { Terminal.say(CountersignVersion.text) }
}
