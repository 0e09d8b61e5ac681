// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// How far a listener trusts whoever connects.
package enum PeerTrust: String, Sendable, Hashable, CaseIterable {
    /// Gateways: they multiplex everybody's calls over few connections, reset calls they give up on, and ping a lot.
    case gateway
    case stranger
}

/// What one connection may cost; the defaults differ by trust.
package struct ListenerLimits: Sendable, Hashable {
    /// Sum of name, value and 32 per header (RFC 9113, section 6.5.2), in bytes.
    package var headerListBytes: Int
    package var messageBytes: Int
    package var bodyBytes: Int
    package var concurrentStreams: Int
    package var connections: Int
    /// Messages being received or queued on one connection, in bytes.
    package var bufferedBytes: Int
    /// RST_STREAM frames per `abuseWindow`.
    package var resets: Int
    /// PING, SETTINGS, WINDOW_UPDATE, PRIORITY, tiny DATA and unknown frames per `abuseWindow` beyond what real work explains.
    package var controlFrames: Int
    package var abuseWindow: TimeAmount
    package var continuations: Int
    package var streamWindowBytes: Int
    package var connectionWindowBytes: Int
    package var headerTimeout: TimeAmount
    /// From a call's headers to the end of its message, renewed by a streaming call's every message.
    package var messageTimeout: TimeAmount
    package var idleTimeout: TimeAmount
    /// After this age a connection is drained; `nil` for never.
    package var connectionAge: TimeAmount?
    package var drainTimeout: TimeAmount
    /// How long a client that is still sending when it was refused (HTTP/1.1) may pause: it reads the answer afterwards.
    package var lingerTimeout: TimeAmount

    package init(_ trust: PeerTrust) {
        let isGateway = trust == .gateway
        headerListBytes = isGateway ? 64 << 10 : 16 << 10
        messageBytes = 16 << 20
        bodyBytes = 1 << 20
        concurrentStreams = isGateway ? 1000 : 100
        connections = isGateway ? 10_000 : 1000
        bufferedBytes = isGateway ? 128 << 20 : 32 << 20
        resets = isGateway ? 20_000 : 200
        controlFrames = isGateway ? 20_000 : 200
        abuseWindow = .seconds(30)
        continuations = isGateway ? 8 : 5
        streamWindowBytes = isGateway ? 1 << 20 : 256 << 10
        connectionWindowBytes = isGateway ? 8 << 20 : 1 << 20
        headerTimeout = .seconds(10)
        messageTimeout = isGateway ? .seconds(30) : .seconds(10)
        idleTimeout = .seconds(60)
        connectionAge = nil
        drainTimeout = .seconds(10)
        lingerTimeout = .seconds(1)
    }
}
