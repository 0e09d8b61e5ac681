// SPDX-License-Identifier: Apache-2.0

package import Outbound

/// Why a store did not do what was asked.
package enum ObjectStoreError: Error, Sendable, Hashable {
    /// No answer came.
    case unreachable(OutboundError)
    /// The store refused; `code` is its own word, empty when it gave none.
    case refused(status: Int, code: String)
    /// The store keeps, or claims to have received, other bytes than were sent.
    case notConfirmed(key: String, problem: String)
    /// The store replaces objects although it was told not to.
    case overwrites
    /// The request could not be signed.
    case unsigned(problem: String)

    /// Whether asking once more may help.
    var isTransient: Bool {
        switch self {
        case .unreachable(let error):
            switch error {
            case .unresolved, .connectionFailed, .deadlineExceeded, .brokenResponse: true
            case .invalidURL, .plaintextRefused, .addressRefused, .tlsFailed, .bodyTooLarge, .headersTooLarge,
                .redirectRefused, .invalidHeader, .cancelled:
                false
            }
        // 409: somebody else writes the same object now.
        case .refused(let status, _): [408, 409, 429, 500, 502, 503, 504].contains(status)
        case .notConfirmed, .overwrites, .unsigned: false
        }
    }
}

extension ObjectStoreError: CustomStringConvertible {
    /// One line for the operator; never a header, a body or a key.
    package var description: String {
        switch self {
        case .unreachable(let error): "\(error)"
        case .refused(let status, let code): "the store answered with \(status)\(code.isEmpty ? "" : " (\(code))")"
        case .notConfirmed(let key, let problem): "`\(key)` is not archived: \(problem)"
        case .overwrites:
            "the store ignores `If-None-Match: *` and replaces objects; an archive needs one that does not"
        case .unsigned(let problem): problem
        }
    }
}
