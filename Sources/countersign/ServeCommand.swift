// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import Foundation
import Logging

/// Where the configuration comes from; shared by every command that reads it.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration file.")
    var config = ProcessInfo.processInfo.environment["COUNTERSIGN_CONFIG"] ?? "countersign.yaml"

    @Option(name: .long, help: "Replaces a value of the file: `listeners.grpc.address=127.0.0.1:0`. May be repeated.")
    var set: [String] = []

    /// Values by path; environment variables `COUNTERSIGN_LISTENERS_GRPC_ADDRESS` come before `--set`.
    func overrides() throws -> [String: String] { try Self.overrides(set) }

    static func overrides(_ set: [String]) throws -> [String: String] {
        var overrides: [String: String] = [:]
        let known = [
            "data", "listeners.grpc.address", "listeners.http.address", "listeners.admin.address", "audit.mode",
            "audit.origin", "audit.key", "policies.directory",
        ]
        for path in known {
            let name = "COUNTERSIGN_" + path.replacingOccurrences(of: ".", with: "_").uppercased()
            if let value = ProcessInfo.processInfo.environment[name] { overrides[path] = value }
        }
        for pair in set {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ValidationError("--set takes path=value, got `\(pair)`") }
            overrides[parts[0]] = parts[1]
        }
        return overrides
    }

    /// Whether there is a file at a path, which no directory is, and this process may read it.
    static func isReadable(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
            && FileManager.default.isReadableFile(atPath: path)
    }
}

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs the service.",
        discussion: """
            Prints one line for each listener. SIGHUP or a changed file reloads all or nothing; SIGTERM drains.

            Example: countersign serve --config Examples/quickstart/countersign.yaml
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: "The least severe messages to log: debug, info, notice, warning or error.")
    var logLevel = ProcessInfo.processInfo.environment["COUNTERSIGN_LOG_LEVEL"] ?? "notice"

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("--log-level must be debug, info, notice, warning or error, got `\(logLevel)`")
        }
        LoggingSystem.bootstrap(StructuredLogHandler.init(label:))
        var logger = Logger(label: "countersign")
        logger.logLevel = level
        do {
            let server = try Server(path: options.config, overrides: try options.overrides(), logger: logger) {
                Terminal.say($0)
            }
            try await server.run()
        } catch let failure as Server.StartFailure {
            Terminal.complain(failure.description)
            throw ExitCode(ConfigurationOptions.isReadable(options.config) ? 1 : 3)
        } catch let error as ValidationError {
            throw error
        } catch {
            Terminal.complain("countersign: \(error)")
            throw ExitCode(1)
        }
    }
}
