// SPDX-License-Identifier: Apache-2.0

package import Fields
package import NIOCore

/// One complete HTTP/1.1 request.
package struct HTTPCallRequest: Sendable {
    /// Such as `POST`; case as sent.
    package let method: String
    /// The request target exactly as sent.
    package let target: String
    /// The target up to the first `?`, undecoded.
    package let path: String
    /// What follows the first `?`, undecoded; `nil` without one.
    package let query: String?
    package let headers: FieldList
    package let body: ByteBuffer
    package let peer: Peer
    package let eventLoop: any EventLoop
    package let receivedAt: NIODeadline
}

/// Answers one HTTP request, now or later on its event loop.
///
/// The second answer is dropped.
package struct HTTPResponder: Sendable {
    let connection: HTTPConnection
    let number: Int

    /// Sends the whole answer; `content-length`, `date` and connection handling are added by the transport.
    package func respond(status: Int, headers: FieldList = FieldList(), body: ByteBuffer = ByteBuffer()) {
        connection.respond(number: number, status: status, headers: headers, body: body)
    }

    /// Whether the connection is gone.
    package var isCancelled: Bool { connection.isClosed }
}

package typealias HTTPHandler = @Sendable (HTTPCallRequest, HTTPResponder) -> Void
