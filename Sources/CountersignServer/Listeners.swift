// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Foundation
import Gateways
import NIOCore
import ServiceLifecycle
import Telemetry
import Transport

/// The listeners of a configuration, bound.
struct Listeners: Sendable {
    let services: [any Service]
    /// One line for each listener, with the address that it really has.
    let announcements: [String]
    private let certificates: [(name: String, prepare: @Sendable () throws(TLSError) -> @Sendable () -> Void)]

    init(
        _ configuration: ServerConfiguration, gate: CalloutGate, state: ServiceState, group: any EventLoopGroup,
        registry: PrometheusRegistry, witness: WitnessService?
    ) async throws {
        var services: [any Service] = []
        var lines: [String] = []
        var certificates: [(name: String, prepare: @Sendable () throws(TLSError) -> @Sendable () -> Void)] = []
        if let settings = configuration.admin {
            let listener = HTTPListener(
                configuration: settings.listener, group: group, events: Self.events("admin", registry)
            ) { call, responder in AdminEndpoints.handle(call, responder, state) }
            try await Self.bind("admin", settings) { try await listener.bind() }
            certificates.append(("admin", listener.prepareCertificates))
            services.append(listener)
            lines.append(Self.line("admin", settings, listener.boundAddress))
        }
        if let settings = configuration.http {
            let listener = HTTPListener(
                configuration: settings.listener, group: group, events: Self.events("http", registry)
            ) { call, responder in
                PublicEndpoints.handle(call, responder, gate, state.sharedSignals, witness, settings.protocols)
            }
            try await Self.bind("http", settings) { try await listener.bind() }
            certificates.append(("http", listener.prepareCertificates))
            services.append(listener)
            lines.append(Self.line("http", settings, listener.boundAddress))
        }
        if let settings = configuration.grpc {
            let listener = Self.grpcListener(settings, gate, group, registry)
            try await Self.bind("grpc", settings) { try await listener.bind() }
            certificates.append(("grpc", listener.prepareCertificates))
            services.append(listener)
            lines.append(Self.line("grpc", settings, listener.boundAddress))
        }
        self.services = services
        self.certificates = certificates
        announcements = lines
    }

    private static func grpcListener(
        _ settings: ServerConfiguration.Listener, _ gate: CalloutGate, _ group: any EventLoopGroup,
        _ registry: PrometheusRegistry
    ) -> GRPCListener {
        let health = HealthStatus()
        var services: [GRPCServiceDescription] = []
        if settings.protocols.contains(.apigee) {
            services.append(ApigeeService.service(gate))
            health.set(.serving, service: "apigee.ExternalCalloutService")
        }
        if settings.protocols.contains(.health) { services.append(health.service) }
        if settings.protocols.contains(.reflection) { services += GRPCServiceDescription.reflection(of: services) }
        return GRPCListener(
            configuration: settings.listener, services: services, health: health, group: group,
            events: events("grpc", registry)
        )
    }

    /// Opens a port, or says which listener could not have which address.
    private static func bind(
        _ name: String, _ settings: ServerConfiguration.Listener, _ body: () async throws -> Void
    ) async throws {
        let place = "\(settings.listener.host):\(settings.listener.port)"
        func failure(_ problem: String) -> Server.StartFailure {
            Server.StartFailure("listener `\(name)`: \(place) \(problem)")
        }
        do { try await body() } catch let error as IOError {
            switch POSIXErrorCode(rawValue: error.errnoCode) {
            case .EADDRINUSE: throw failure("is in use; another process listens there")
            case .EADDRNOTAVAIL: throw failure("is no address of this machine")
            case .EACCES: throw failure("may not be opened by this user; ports from 1024 on may")
            case _: throw failure("cannot be opened: errno \(error.errnoCode)")
            }
        } catch is SocketAddressError {
            throw failure("cannot be resolved; an IP address or a host name of this machine is expected")
        }
    }

    private static func line(
        _ name: String, _ settings: ServerConfiguration.Listener, _ address: SocketAddress?
    ) -> String {
        let security = settings.listener.tls.map { $0.clientCA == nil ? "TLS" : "mutual TLS" } ?? "plaintext"
        let place = "\(address?.ipAddress ?? settings.listener.host):\(address?.port ?? settings.listener.port)"
        return "\(name) listening on \(place) (\(security))"
    }

    private static func events(_ listener: String, _ registry: PrometheusRegistry) -> TransportEvents {
        func counter(_ event: String) -> Counter {
            Counter(
                label: "countersign_transport_events_total", dimensions: [("listener", listener), ("event", event)],
                factory: registry
            )
        }
        let (opened, closed) = (counter("connection_opened"), counter("connection_closed"))
        let (refused, handshake) = (counter("stream_refused"), counter("handshake_failed"))
        let abuse = Dictionary(uniqueKeysWithValues: AbuseKind.allCases.map { ($0, counter("abuse_" + $0.rawValue)) })
        return TransportEvents(
            connectionOpened: { opened.increment() }, connectionClosed: { closed.increment() },
            streamRefused: { refused.increment() }, abuse: { abuse[$0]?.increment() },
            handshakeFailed: { handshake.increment() }
        )
    }

    /// Reads every certificate again, to be served once `serve` is called; a bad pair is a problem.
    func readCertificates(for file: String) -> (serve: @Sendable () -> Void, problems: [ConfigurationProblem]) {
        var (ready, problems): ([@Sendable () -> Void], [ConfigurationProblem]) = ([], [])
        for (name, prepare) in certificates {
            do throws(TLSError) { ready.append(try prepare()) } catch {
                problems.append(
                    ConfigurationProblem(file: file, line: 0, path: "listeners.\(name).tls", message: "\(error)"))
            }
        }
        let all = ready
        return ({ for serve in all { serve() } }, problems)
    }
}
