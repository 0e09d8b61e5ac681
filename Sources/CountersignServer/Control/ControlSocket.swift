// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StrictJSON
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Takes commands from local users over `<data>/control.sock` while the service runs.
///
/// Each line is a request, each answer a line. Only processes of the same user, or of root, are heard; what they may
/// send and how many of them at a time is bounded.
final class ControlSocket: Service {
    private static let maximumConnections = 16
    /// Requests that may wait, of all connections together.
    private static let maximumWaiting = 64

    private let address: ControlAddress
    private let group: any EventLoopGroup
    private let logger: Logger
    private let perform: @Sendable (ControlCommand, ControlCaller) async throws(ControlProblem) -> JSONObject
    private let requests: AsyncStream<ControlRequest>
    private let queue: AsyncStream<ControlRequest>.Continuation
    private let connections = Mutex(0)

    init(
        data directory: String, group: any EventLoopGroup, logger: Logger,
        perform: @escaping @Sendable (ControlCommand, ControlCaller) async throws(ControlProblem) -> JSONObject
    ) {
        address = ControlAddress(data: directory)
        self.group = group
        self.logger = logger
        self.perform = perform
        (requests, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.maximumWaiting))
    }

    func run() async throws {
        let channel: any Channel
        do {
            channel = try await bind()
        } catch {
            // The decisions of the service do not depend on its being commanded.
            logger.error("control socket failed", metadata: ["path": "\(address.path)", "error": "\(error)"])
            return try await gracefulShutdown()
        }
        await withDiscardingTaskGroup { group in
            for await request in requests.cancelOnGracefulShutdown() {
                group.addTask { request.answer(await self.result(of: request)) }
            }
        }
        unlink(address.path)
        try? await channel.close()
    }

    /// Binds in a folder that nobody else can enter, and moves the socket into place once its mode is right.
    private func bind() async throws -> any Channel {
        let folder = "\(address.directory)/.control-\(getpid())"
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw ControlProblem(.failed, "`\(folder)` cannot be made (errno \(errno))")
        }
        defer { rmdir(folder) }
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ControlProblem(.failed, "`\(folder)` cannot be opened (errno \(errno))") }
        defer { _ = close(descriptor) }
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 16)
            .childChannelInitializer { [self] channel in admit(channel) }
            .bind(
                unixDomainSocketPath: "/proc/self/fd/\(descriptor)/\(ControlAddress.fileName)",
                cleanupExistingSocketFile: true
            ).get()
        let bound = "\(folder)/\(ControlAddress.fileName)"
        guard chmod(bound, 0o600) == 0, rename(bound, address.path) == 0 else {
            let code = errno
            unlink(bound)
            try? await channel.close()
            throw ControlProblem(.failed, "`\(address.path)` cannot be put in place (errno \(code))")
        }
        return channel
    }

    /// Asks the kernel who connected before anything is read.
    private func admit(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ControlProblem(.failed, "the peer cannot be told"))
        }
        let peer: EventLoopFuture<PeerCredentials> = options.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        return peer.flatMapThrowing { [self] peer in
            guard enter() else { throw ControlProblem(.notPossible, "too many connections") }
            let caller = peer.isTrusted ? ControlCaller(userID: peer.userID, processID: peer.processID) : nil
            let connection = ControlConnection(
                caller: caller,
                receive: { [queue] request in
                    if case .enqueued = queue.yield(request) { true } else { false }
                }, closed: { [self] in connections.withLock { $0 -= 1 } })
            try channel.pipeline.syncOperations.addHandler(connection)
        }
    }

    private func enter() -> Bool {
        connections.withLock { connections in
            guard connections < Self.maximumConnections else { return false }
            connections += 1
            return true
        }
    }

    private func result(of request: ControlRequest) async -> Result<JSONObject, ControlProblem> {
        do throws(ControlProblem) {
            return .success(try await perform(try ControlCommand(parsing: request.line), request.caller))
        } catch {
            return .failure(error)
        }
    }
}
