// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import Logging
import StrictJSON

/// What every verb needs that changes a log, running or not.
struct ControlOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOptions

    @Flag(name: .long, help: "Prints JSON.")
    var json = false

    /// Lets the running process do it, or does it here when none runs.
    func perform(_ command: ControlCommand) async throws -> JSONObject {
        LoggingSystem.bootstrap(StructuredLogHandler.init(label:))
        var logger = Logger(label: "countersign")
        logger.logLevel = .warning
        let overrides = try configuration.overrides()
        do throws(ControlProblem) {
            return try await ControlDesk.perform(
                command, configuration: configuration.config, overrides: overrides, logger: logger)
        } catch {
            Terminal.complain(error.description)
            switch error.code {
            case .malformed, .unknownCommand: throw ExitCode(2)
            case .refused, .notPossible, .notFound, .failed, .notRunning: throw ExitCode(1)
            }
        }
    }

    /// Prints a result: as it is, or as a sentence.
    func say(_ result: JSONObject, _ sentence: String) {
        Terminal.say(json ? String(decoding: JSONValue.object(result).canonicalBytes(), as: UTF8.self) : sentence)
    }
}

extension JSONObject {
    /// A member as text, for sentences.
    func text(_ name: String) -> String {
        guard let value = self[name] else { return "" }
        return value.stringValue ?? String(decoding: value.canonicalBytes(), as: UTF8.self)
    }
}
