// SPDX-License-Identifier: Apache-2.0

/// An access key of AWS IAM, long-lived or of a session.
public struct AWSCredentials: Sendable {
    /// The public half of the key: `AKIA...` of a user, `ASIA...` of a session.
    public let accessKeyID: String
    /// The secret half.
    public let secretAccessKey: Secret
    /// The token that belongs to a session's key; `nil` for a user's key.
    public let sessionToken: Secret?
    /// When the session ends, in Unix seconds; `nil` if the key does not expire or its end is not known.
    public let expiresAt: Int64?

    /// Makes credentials.
    public init(accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil, expiresAt: Int64? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiresAt = expiresAt
    }
}
