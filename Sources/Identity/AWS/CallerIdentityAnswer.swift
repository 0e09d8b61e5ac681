// SPDX-License-Identifier: Apache-2.0

/// The answer of STS to `GetCallerIdentity`.
struct CallerIdentityAnswer: Sendable, Hashable {
    let arn: String
    let account: String
    let userID: String

    private static let maximumBytes = 16 << 10

    /// Reads the three values; `nil` if one of them is missing or stands twice, or the bytes are anything else.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.maximumBytes, let answer = STSAnswer(bytes) else { return nil }
        let path = "GetCallerIdentityResponse/GetCallerIdentityResult/"
        guard let arn = answer.only(path + "Arn"), let account = answer.only(path + "Account"),
            let userID = answer.only(path + "UserId")
        else { return nil }
        (self.arn, self.account, self.userID) = (arn, account, userID)
    }
}
