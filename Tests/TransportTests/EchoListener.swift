// SPDX-License-Identifier: Apache-2.0

import Fields
import NIOCore
import NIOPosix
import Transport

let echoService = GRPCServiceDescription(
    name: "test.Echo",
    methods: [
        "Echo": .unary { call, responder in responder.succeed(message: call.message) },
        "Late": .unary { call, responder in
            call.eventLoop.execute { responder.succeed(message: call.message) }
        },
        "Never": .unary { _, _ in },
        "Fail": .unary { call, responder in
            responder.fail(GRPCStatus(.permissionDenied, "not \(call.metadata["x-name"] ?? "anybody"), 100%"))
        },
        "Peer": .unary { call, responder in
            var text = "\(call.peer.remoteAddress)\(call.peer.isTLS ? " tls" : "")"
            if let leaf = call.peer.certificate {
                text +=
                    " \(([leaf.subject] + leaf.uris + leaf.dnsNames).joined(separator: " ")) \(leaf.fingerprint.count)"
            }
            responder.succeed(message: ByteBuffer(string: text))
        },
        "Chat": .streaming { _, stream in
            StreamReceiver(onMessage: { stream.send($0) }, onEnd: { stream.finish(.ok) })
        },
    ])

extension ListenerConfiguration {
    /// Ends no connection for its silence: between two steps of a test on a busy machine there may be minutes.
    static func patient(trust: PeerTrust = .gateway, tls: TLS? = nil) -> ListenerConfiguration {
        var configuration = ListenerConfiguration(trust: trust, tls: tls)
        configuration.limits.headerTimeout = .hours(1)
        configuration.limits.messageTimeout = .hours(1)
        configuration.limits.idleTimeout = .hours(1)
        configuration.limits.drainTimeout = .hours(1)
        configuration.limits.lingerTimeout = .hours(1)
        return configuration
    }
}

/// Runs a listener with the echo service, health and reflection for as long as `body` takes.
func withEchoListener(
    configuration: ListenerConfiguration = .patient(), health: HealthStatus = HealthStatus(),
    events: TransportEvents = TransportEvents(), _ body: (_ port: Int) async throws -> Void
) async throws {
    let services = [echoService, health.service]
    let listener = GRPCListener(
        configuration: configuration, services: services + GRPCServiceDescription.reflection(of: services),
        health: health, group: MultiThreadedEventLoopGroup.singleton, events: events)
    try await listener.bind()
    let port = listener.boundAddress?.port ?? 0
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await listener.run() }
        try await body(port)
        group.cancelAll()
        while case .some(.failure) = await group.nextResult() {}
    }
}
