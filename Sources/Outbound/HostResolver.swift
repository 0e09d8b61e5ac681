// SPDX-License-Identifier: Apache-2.0
import Glibc
import NIOCore

/// Looks up all addresses of a host through the system's resolver.
///
/// NIO's own helper yields the first address only, which is often `::1` for a server that listens on 127.0.0.1.
enum HostResolver {
    /// The addresses in the system's order of preference; blocks, so it runs on a thread for blocking work.
    static func addresses(of host: String, port: Int) -> [SocketAddress] {
        if let literal = try? SocketAddress(ipAddress: host, port: port) { return [literal] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_protocol = Int32(IPPROTO_TCP)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { return [] }
        defer { if let list { freeaddrinfo(list) } }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = address(entry.pointee) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(_ info: addrinfo) -> SocketAddress? {
        guard let raw = info.ai_addr.map(UnsafeRawPointer.init) else { return nil }
        let length = Int(info.ai_addrlen)
        if info.ai_family == AF_INET, length >= MemoryLayout<sockaddr_in>.size {
            return SocketAddress(raw.loadUnaligned(as: sockaddr_in.self))
        }
        if info.ai_family == AF_INET6, length >= MemoryLayout<sockaddr_in6>.size {
            return SocketAddress(raw.loadUnaligned(as: sockaddr_in6.self))
        }
        return nil
    }
}
