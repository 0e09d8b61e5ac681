// SPDX-License-Identifier: Apache-2.0

import NIOPosix
package import StrictJSON

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Asks the process that runs on a data directory; one request, one answer.
package struct ControlClient: Sendable {
    /// The largest answer read.
    private static let maximumAnswer = 16 << 20

    private let address: ControlAddress
    /// How long an answer may take.
    private let timeout: Int

    /// - Parameters:
    ///   - directory: The `data` of the configuration.
    ///   - timeout: How long to wait for the answer, in seconds.
    package init(data directory: String, timeout: Int = 600) {
        address = ControlAddress(data: directory)
        self.timeout = timeout
    }

    /// The result of a command, or `nil` if no process listens.
    package func send(_ command: ControlCommand) async throws(ControlProblem) -> JSONObject? {
        let result: Result<JSONObject?, ControlProblem>? = try? await NIOThreadPool.singleton.runIfActive {
            do throws(ControlProblem) { return .success(try sendAndWait(command)) } catch { return .failure(error) }
        }
        guard let result else { throw ControlProblem(.failed, "no thread is left to wait for the answer") }
        return try result.get()
    }

    /// Blocks the calling thread.
    private func sendAndWait(_ command: ControlCommand) throws(ControlProblem) -> JSONObject? {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw ControlProblem(.failed, "no socket can be made (errno \(errno))") }
        defer { _ = close(socket) }
        guard try connect(socket) else { return nil }
        try checkPeer(socket)
        try send(command.line + [0x0A], over: socket)
        return try answer(in: receive(from: socket))
    }

    private func connect(_ socket: Int32) throws(ControlProblem) -> Bool {
        let code = address.withShortPath(ControlAddress.fileName) { path -> Int32 in
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            let capacity = MemoryLayout.size(ofValue: name.sun_path) - 1
            guard path.utf8.count <= capacity else { return ENAMETOOLONG }
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
            let isConnected = withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
                }
            }
            return isConnected ? 0 : errno
        }
        switch code {
        case 0: return true
        case ENOENT, ECONNREFUSED: return false
        default: throw ControlProblem(.failed, "`\(address.path)` cannot be reached (errno \(code))")
        }
    }

    /// Whoever may write to the directory could put a socket of their own there.
    private func checkPeer(_ socket: Int32) throws(ControlProblem) {
        var peer = PeerCredentials()
        var length = socklen_t(MemoryLayout<PeerCredentials>.size)
        guard getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0,
            peer.isTrusted || geteuid() == 0
        else { throw ControlProblem(.refused, "`\(address.path)` belongs to another user's process") }
    }

    private func send(_ bytes: [UInt8], over socket: Int32) throws(ControlProblem) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw ControlProblem(.failed, "the process stopped listening (errno \(errno))")
            }
        }
    }

    private func receive(from socket: Int32) throws(ControlProblem) -> [UInt8] {
        var limit = timeval()
        limit.tv_sec = timeout
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while answer.last != 0x0A {
            let count = buffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw ControlProblem(
                    .failed, "the process ended or did not answer within \(timeout) s; its log says more")
            }
            answer += buffer[..<count]
            guard answer.count <= Self.maximumAnswer else { throw ControlProblem(.failed, "the answer is too long") }
        }
        return answer
    }

    private func answer(in bytes: [UInt8]) throws(ControlProblem) -> JSONObject {
        guard let answer = try? JSONValue.parse(bytes.dropLast()).objectValue else {
            throw ControlProblem(.failed, "the answer is not JSON")
        }
        if let result = answer["result"]?.objectValue { return result }
        let problem = answer["problem"]?.objectValue
        throw ControlProblem(
            problem?["code"]?.stringValue.flatMap { ControlProblem.Code(rawValue: $0) } ?? .failed,
            problem?["message"]?.stringValue ?? "the process gave no reason")
    }
}
