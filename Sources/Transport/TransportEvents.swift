// SPDX-License-Identifier: Apache-2.0

/// Why a connection was closed, or one of its streams refused, beyond the peer's own wish.
package enum AbuseKind: String, Sendable, Hashable, CaseIterable {
    case resetFlood = "reset_flood"
    case controlFlood = "control_flood"
    case headerList = "header_list"
    case protocolViolation = "protocol_violation"
    case headerTimeout = "header_timeout"
    case messageTimeout = "message_timeout"
    case tooManyConnections = "too_many_connections"
    case slowReader = "slow_reader"
}

/// What a listener tells whoever counts; called on event loops, so every closure must return quickly.
package struct TransportEvents: Sendable {
    package var connectionOpened: @Sendable () -> Void
    package var connectionClosed: @Sendable () -> Void
    package var streamRefused: @Sendable () -> Void
    package var abuse: @Sendable (AbuseKind) -> Void
    package var handshakeFailed: @Sendable () -> Void

    package init(
        connectionOpened: @escaping @Sendable () -> Void = {},
        connectionClosed: @escaping @Sendable () -> Void = {},
        streamRefused: @escaping @Sendable () -> Void = {},
        abuse: @escaping @Sendable (AbuseKind) -> Void = { _ in },
        handshakeFailed: @escaping @Sendable () -> Void = {}
    ) {
        self.connectionOpened = connectionOpened
        self.connectionClosed = connectionClosed
        self.streamRefused = streamRefused
        self.abuse = abuse
        self.handshakeFailed = handshakeFailed
    }
}
