// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DevelopmentIdentityProvider
import Fields
import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Transport
import UnixSignals

struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev", abstract: "A throw-away OpenID provider for laptops and tests.",
        subcommands: [
            DevIdentityProviderCommand.self, DevTokenCommand.self, DevRotateCommand.self, DevProofCommand.self,
        ]
    )
}

struct DevIdentityProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idp", abstract: "Runs the provider on loopback until it is ended.",
        discussion: """
            Discovery, keys, tokens by client credentials, by code with PKCE and by refresh token, a login page,
            introspection, revocation, tokens bound to keys (DPoP). POST /dev/token makes any token, POST /dev/rotate
            draws a new key. Without --settings it knows the client `demo` (secret `demo-secret`) and the user `alice`
            (password `alice`).

            Example: countersign dev idp --address 127.0.0.1:9190 --audience orders-api
            Example: countersign dev idp --settings idp.json --opaque
            idp.json: {"users":[{"name":"bob","password":"b","claims":{"roles":["admin"]}}],
                       "clients":[{"id":"web","scopes":["orders.read"]},{"id":"job","secret":"s"}]}
            """
    )

    @Option(name: .long, help: "Where to listen; loopback only.")
    var address = "127.0.0.1:9190"

    @Option(name: .long, help: "The audience of the tokens.")
    var audience = "orders-api"

    @Option(name: .long, help: "Seconds that tokens live.")
    var lifetime: Int64 = 600

    @Flag(name: .long, help: "Make access tokens that only introspection can read.")
    var opaque = false

    @Option(name: .long, help: "A JSON file with `users` and `clients`; a client without `secret` is public.")
    var settings: String?

    func run() async throws {
        let parts = address.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else {
            throw ValidationError("--address must look like 127.0.0.1:9190, got `\(address)`")
        }
        let provider: OpenIDProvider
        do {
            provider = try OpenIDProvider(try developmentSettings()) { Int64(Date().timeIntervalSince1970) }
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

    private func developmentSettings() throws -> DevelopmentSettings {
        var settings = DevelopmentSettings(
            issuer: "http://\(address)/", audience: audience, lifetime: lifetime, opaqueTokens: opaque)
        guard let path = self.settings else { return settings }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("`\(path)` cannot be read")
        }
        do {
            try settings.read(Array(data))
        } catch {
            throw ValidationError("`\(path)`: \(error)")
        }
        return settings
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
