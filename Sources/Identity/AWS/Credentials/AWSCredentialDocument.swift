// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// Credentials as services of AWS write them down, checked before they are used.
enum AWSCredentialDocument {
    private static let limits = JSONLimits(maximumBytes: 64 << 10, maximumDepth: 8)

    /// Reads the JSON of the container service and of the instance metadata service; `nil` if it is anything else.
    ///
    /// Unlike a user's key these always end: without `Expiration` they cannot be renewed in time, and are refused.
    static func credentials(json bytes: [UInt8]) -> AWSCredentials? {
        guard let object = (try? JSONValue.parse(bytes, limits: limits))?.objectValue,
            object["Code"].map({ $0.stringValue == "Success" }) ?? true,
            let expiry = object["Expiration"]?.stringValue.flatMap(moment),
            let token = object["Token"]?.stringValue
        else { return nil }
        return credentials(
            object["AccessKeyId"]?.stringValue, object["SecretAccessKey"]?.stringValue, token, expiresAt: expiry)
    }

    /// Reads the answer to `AssumeRoleWithWebIdentity`; `nil` if it is anything else.
    static func credentials(xml bytes: [UInt8]) -> AWSCredentials? {
        guard bytes.count <= limits.maximumBytes, let answer = STSAnswer(bytes) else { return nil }
        let path = "AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials/"
        guard let expiry = answer.only(path + "Expiration").flatMap(moment),
            let token = answer.only(path + "SessionToken")
        else { return nil }
        return credentials(
            answer.only(path + "AccessKeyId"), answer.only(path + "SecretAccessKey"), token, expiresAt: expiry)
    }

    /// Credentials of their parts; `nil` if one is missing or holds what no header may hold.
    static func credentials(
        _ id: String?, _ secret: String?, _ token: String?, expiresAt: Int64? = nil
    ) -> AWSCredentials? {
        guard let id, let secret, isPlain(id, 128), isPlain(secret, 256), token.map({ isPlain($0, 32 << 10) }) ?? true
        else { return nil }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: Secret(secret.utf8), sessionToken: token.map { Secret($0.utf8) },
            expiresAt: expiresAt)
    }

    private static func isPlain(_ text: String, _ limit: Int) -> Bool {
        !text.isEmpty && text.utf8.count <= limit && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// `2026-03-14T15:09:26Z`, with or without a fraction of a second, as Unix seconds.
    static func moment(_ text: String) -> Int64? {
        guard text.utf8.count <= 40, text.hasSuffix("Z") else { return nil }
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.last?.allSatisfy({ "0123456789".contains($0) }) ?? false || parts.count == 1
        else {
            return nil
        }
        let bytes = Array(parts[0].utf8)
        let separators: [(Int, Character)] = [(4, "-"), (7, "-"), (13, ":"), (16, ":")]
        guard bytes.count == 19, separators.allSatisfy({ bytes[$0.0] == $0.1.asciiValue }) else { return nil }
        let places = Set(separators.map(\.0))
        let compact = bytes.indices.filter { !places.contains($0) }.map { bytes[$0] }
        return AWSTimestamp(String(decoding: compact, as: UTF8.self) + "Z")?.seconds
    }
}
