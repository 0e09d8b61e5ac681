// SPDX-License-Identifier: Apache-2.0

/// What a caller may learn about a refusal: a stable code, a status and one harmless sentence.
public struct Fault: Error, Sendable, Hashable {
    /// The stable reason.
    public let code: ReasonCode
    /// The HTTP status to answer with, 400 to 599.
    public let status: Int
    /// One sentence for the caller; names no policy, issuer, key or token.
    public let message: String

    /// Makes a fault; status and message are those of the code unless given.
    public init(_ code: ReasonCode, status: Int? = nil, message: String? = nil) {
        self.code = code
        self.status = status ?? code.status
        self.message = message ?? code.message
    }
}
