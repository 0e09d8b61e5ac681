// SPDX-License-Identifier: Apache-2.0

/// Why a call to the outside brought no answer.
package enum OutboundError: Error, Sendable, Hashable {
    /// The text is not a URL that may be called.
    case invalidURL(String, problem: String)
    /// The URL is `http:` and the policy asks for TLS.
    case plaintextRefused(host: String)
    /// The name has no address.
    case unresolved(host: String)
    /// Every address of the name is of a class that the policy does not allow.
    case addressRefused(host: String, class: AddressClass)
    /// No address of the host accepted a connection.
    case connectionFailed(host: String, reason: String)
    /// The TLS handshake failed: an untrusted certificate, a wrong name, or no common protocol.
    case tlsFailed(host: String, reason: String)
    /// The whole exchange took longer than allowed, in milliseconds.
    case deadlineExceeded(host: String, milliseconds: Int64)
    /// The answer is longer than allowed, in bytes.
    case bodyTooLarge(limit: Int)
    /// The header list of the answer is longer than allowed, in bytes.
    case headersTooLarge(limit: Int)
    /// The server answered with a redirect, which is never followed.
    case redirectRefused(status: Int)
    /// The server's bytes were not HTTP/1.1, or the connection ended before the answer did.
    case brokenResponse(host: String, reason: String)
    /// A header of the request holds a character that no header may hold.
    case invalidHeader(name: String)
    /// The calling task was cancelled.
    case cancelled
}

extension OutboundError: CustomStringConvertible {
    /// One line for the operator; never a header or a body.
    package var description: String {
        switch self {
        case .invalidURL(let url, let problem): "`\(url)` is not a URL that can be called: \(problem)"
        case .plaintextRefused(let host): "refused to call `\(host)` without TLS; use https"
        case .unresolved(let host): "host `\(host)` has no address"
        case .addressRefused(let host, let addressClass):
            "host `\(host)` has only \(addressClass.rawValue) addresses, which the configuration does not allow"
        case .connectionFailed(let host, let reason): "no connection to `\(host)`: \(reason)"
        case .tlsFailed(let host, let reason): "TLS with `\(host)` failed: \(reason)"
        case .deadlineExceeded(let host, let milliseconds): "`\(host)` took longer than \(milliseconds) ms"
        case .bodyTooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .headersTooLarge(let limit): "the header list of the answer is longer than \(limit) bytes"
        case .redirectRefused(let status): "the server answered with redirect \(status); redirects are not followed"
        case .brokenResponse(let host, let reason): "the answer of `\(host)` is broken: \(reason)"
        case .invalidHeader(let name): "header `\(name)` holds a character that no header may hold"
        case .cancelled: "the call was cancelled"
        }
    }
}
