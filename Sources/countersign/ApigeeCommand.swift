// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Gateways
import NIOCore
import NIOPosix
import StrictJSON
import Transport

struct ApigeeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apigee", abstract: "Tools for Apigee.", subcommands: [SimulateCommand.self]
    )
}

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Plays the part of Apigee: one ExternalCallout over gRPC.",
        discussion: """
            Shows the flow variables and the fault that a proxy would see. With --expect, exit 1 if the reason differs.

            Example: countersign apigee simulate --proxy orders --header "authorization: Bearer $TOKEN" GET /v1/orders/1
            """
    )

    @Option(name: .long, help: "The gRPC listener.")
    var server = "127.0.0.1:9191"

    @Option(name: .long, help: "The API proxy's name.")
    var proxy = "orders"

    @Option(name: .long, help: "A request header, `name: value`. May be repeated.")
    var header: [String] = []

    @Option(name: .long, help: "A flow variable, `name=value`. May be repeated.")
    var variable: [String] = []

    @Option(name: .long, help: "The client's address.")
    var clientIP = "203.0.113.7"

    @Option(name: .long, help: "The reason that is expected, such as allowed or policy_denied.")
    var expect: String?

    @Flag(name: .long, help: "Prints JSON.")
    var json = false

    @Argument(help: "The method.")
    var method: String

    @Argument(help: "The path with its query.")
    var uri: String

    func run() async throws {
        let question = ApigeeQuestion(
            verb: method, uri: uri, headers: try pairs(header, separator: ":", "--header"), proxy: proxy,
            clientIP: clientIP, messageID: "simulated-\(UUID().uuidString.lowercased())", environment: "local",
            variables: try pairs(variable, separator: "=", "--variable")
        )
        let parts = server.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else {
            throw ValidationError("--server must look like 127.0.0.1:9191, got `\(server)`")
        }
        let answer: GRPCChannel.Answer
        do {
            let channel = try await GRPCChannel.connect(
                host: String(parts[0]), port: port, group: MultiThreadedEventLoopGroup.singleton
            )
            answer = try await channel.call(ApigeeService.method, message: question.message, timeout: .seconds(5))
            await channel.close()
        } catch {
            Terminal.complain("`\(server)` did not answer: \(error)")
            throw ExitCode(3)
        }
        guard answer.status.code == .ok, let message = answer.message else {
            Terminal.complain("gRPC status \(answer.status.code): \(answer.status.message)")
            throw ExitCode(1)
        }
        let reading = try ApigeeAnswerReading(message)
        json ? printJSON(reading) : printText(reading)
        let reason = reading["countersign.reason"]?.description
        if let expect, expect != reason {
            Terminal.complain(Terminal.mark("expected `\(expect)`, got `\(reason ?? "nothing")`", isGood: false))
            throw ExitCode(1)
        }
    }

    private func pairs(
        _ texts: [String], separator: Character, _ option: String
    ) throws -> [(name: String, value: String)] {
        try texts.map { text in
            guard let mark = text.firstIndex(of: separator), mark > text.startIndex else {
                throw ValidationError("\(option) takes name\(separator)value, got `\(text)`")
            }
            let value = text[text.index(after: mark)...].trimmingCharacters(in: .whitespaces)
            return (String(text[..<mark]), value)
        }
    }

    private func printText(_ reading: ApigeeAnswerReading) {
        for (name, value) in reading.variables {
            let isVerdict = name == "countersign.allow"
            let text = isVerdict ? Terminal.mark("\(value)", isGood: value == .bool(true)) : "\(value)"
            Terminal.say("  \(name) = \(text)")
        }
        if let fault = reading.fault { Terminal.say("  fault \(fault.name): \(fault.text)") }
        for (name, values) in reading.requestHeaders {
            Terminal.say(
                values.isEmpty
                    ? "  request header \(name) removed" : "  request header \(name): \(values.joined(separator: ", "))"
            )
        }
    }

    private func printJSON(_ reading: ApigeeAnswerReading) {
        var variables = JSONObject()
        for (name, value) in reading.variables {
            let json: JSONValue =
                switch value {
                case .int32(let number): .number(JSONNumber(Int64(number)))
                case .int64(let number): .number(JSONNumber(number))
                case .string(let text): .string(text)
                case .bool(let flag): .bool(flag)
                case .double(let number): JSONNumber(number).map { .number($0) } ?? .null
                case .removed: .null
                }
            variables.append(name, json)
        }
        var object = JSONObject()
        if let fault = reading.fault {
            object.append("fault", ["name": .string(fault.name), "fault_string": .string(fault.text)])
        }
        var headers = JSONObject()
        for (name, values) in reading.requestHeaders { headers.append(name, .array(values.map { .string($0) })) }
        object.append("request_headers", .object(headers))
        object.append("variables", .object(variables))
        Terminal.say(String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self))
    }
}
