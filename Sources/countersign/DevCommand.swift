// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DevelopmentIdentityProvider
import Fields
import Foundation
import Logging
import NIOCore
import NIOPosix
import Outbound
import ServiceLifecycle
import StrictJSON
import Transport
import UnixSignals

struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev", abstract: "A throw-away OpenID provider for laptops and tests.",
        subcommands: [DevIdentityProviderCommand.self, DevTokenCommand.self]
    )
}

struct DevIdentityProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idp", abstract: "Runs the provider on loopback until it is ended.",
        discussion: """
            Discovery, keys, tokens by client credentials and by code with PKCE, a login page, introspection, revocation.
            POST /dev/token makes any token, POST /dev/rotate draws a new key.

            Example: countersign dev idp --address 127.0.0.1:9190 --audience orders-api
            """
    )

    @Option(name: .long, help: "Where to listen; loopback only.")
    var address = "127.0.0.1:9190"

    @Option(name: .long, help: "The audience of the tokens.")
    var audience = "orders-api"

    func run() async throws {
        let parts = address.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else {
            throw ValidationError("--address must look like 127.0.0.1:9190, got `\(address)`")
        }
        let provider: OpenIDProvider
        do {
            provider = try OpenIDProvider(DevelopmentSettings(issuer: "http://\(address)/", audience: audience)) {
                Int64(Date().timeIntervalSince1970)
            }
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode(1)
        }
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = HTTPListener(
            configuration: ListenerConfiguration(host: String(parts[0]), port: port, trust: .stranger), group: group
        ) { call, responder in Self.answer(call, responder, provider) }
        try await listener.bind()
        Terminal.say("development provider listening on http://\(address)/ (throw-away keys, loopback only)")
        try await ServiceGroup(
            services: [listener], gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "dev.idp")
        ).run()
    }

    private static func answer(_ call: HTTPCallRequest, _ responder: HTTPResponder, _ provider: OpenIDProvider) {
        let request = DevelopmentRequest(
            method: call.method, path: call.path, query: call.query ?? "",
            headers: call.headers.map { ($0.name, $0.value) }, body: Array(buffer: call.body)
        )
        let response = provider.respond(to: request)
        var headers = FieldList()
        for (name, value) in response.headers { headers.append(name, value) }
        responder.respond(status: response.status, headers: headers, body: ByteBuffer(bytes: response.body))
    }
}

struct DevTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Gets a token from the running development provider.",
        discussion: """
            Example: countersign dev token --subject alice --role orders.reader
            Example: countersign dev token --subject alice --lifetime=-60
            """
    )

    @Option(name: .long, help: "The provider.")
    var issuer = "http://127.0.0.1:9190"

    @Option(name: .long, help: "Who the token is for.")
    var subject = "alice"

    @Option(name: .long, help: "The audience, if not the provider's own.")
    var audience: String?

    @Option(name: .long, help: "A role. May be repeated.")
    var role: [String] = []

    @Option(name: .long, help: "A scope. May be repeated.")
    var scope: [String] = []

    @Option(name: .long, help: "A claim, `name=value`; a value that is JSON counts as such. May be repeated.")
    var claim: [String] = []

    @Option(name: .long, help: "Seconds that the token lives; a negative number makes one that has expired.")
    var lifetime: Int64 = 600

    func run() async throws {
        var claims = JSONObject()
        if !role.isEmpty { claims.append("roles", .array(role.map { .string($0) })) }
        for text in claim {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ValidationError("--claim takes name=value, got `\(text)`") }
            claims.append(parts[0], (try? JSONValue.parse(Array(parts[1].utf8))) ?? .string(parts[1]))
        }
        var body = JSONObject()
        body.append("subject", .string(subject))
        if let audience { body.append("audience", .string(audience)) }
        body.append("scopes", .array(scope.map { .string($0) }))
        body.append("lifetime", .number(JSONNumber(lifetime)))
        body.append("claims", .object(claims))
        Terminal.say(try await fetch(JSONValue.object(body).canonicalBytes()))
    }

    private func fetch(_ body: [UInt8]) async throws -> String {
        let policy = OutboundPolicy(allowsPlaintext: true, addressClasses: [.loopback])
        let fetcher = try HTTPFetcher(group: MultiThreadedEventLoopGroup.singleton, policy: policy)
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        do throws(OutboundError) {
            let request = OutboundRequest(
                .post, try OutboundURL(base + "/dev/token"), headers: [("content-type", "application/json")], body: body
            )
            let response = try await fetcher.fetch(request)
            let text = String(decoding: response.body, as: UTF8.self)
            guard response.status == 200 else {
                Terminal.complain("`\(base)` answered \(response.status): \(text)")
                throw OutboundError.invalidURL(base, problem: "it did not make a token")
            }
            let json = (try? JSONValue.parse(response.body))?.objectValue
            return json?["access_token"]?.stringValue ?? text.trimmingCharacters(in: .whitespacesAndNewlines)
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode(3)
        }
    }
}
