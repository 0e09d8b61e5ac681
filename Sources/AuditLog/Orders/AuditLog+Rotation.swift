// SPDX-License-Identifier: Apache-2.0

public import StrictJSON

extension AuditLog {
    /// How long both keys sign: 30 days (AUDIT, section 6).
    public static let rotationOverlap = Duration.seconds(30 * 86_400)

    /// Lets another key sign: record first, then both keys for 30 days, then the new one alone.
    ///
    /// Returns when a checkpoint with both signatures is published. The key must be among the configured ones at the
    /// next start already; the old one is needed until the record's `both_until`.
    ///
    /// - Parameters:
    ///   - key: The new key, under the same name.
    ///   - overlap: How long both sign; 30 days unless the log is for a test.
    ///   - notes: Further members of the record: `reason`, `ticket`, who asked.
    /// - Returns: The receipt of the record.
    /// - Throws: ``AuditLogError/unusableKey(path:problem:)`` if the key has another name or signs already.
    public func rotate(
        to key: LogSigningKey, overlap: Duration = rotationOverlap, notes: JSONObject = JSONObject()
    ) async throws(AuditLogError) -> AuditReceipt {
        guard key.verifierKey.name == queue.configuration.origin else {
            throw .unusableKey(
                path: key.description, problem: "is named otherwise than the origin `\(queue.configuration.origin)`")
        }
        let id = key.verifierKey.hexadecimalKeyID
        let signing = status.signingKeys
        guard !signing.contains(id) else { throw .unusableKey(path: key.description, problem: "signs already") }
        var notes = notes
        notes["old"] = signing.last.map { .string($0) } ?? .null
        let until = AuditTimestamp(
            microseconds: AuditTimestamp.now.microseconds + overlap.components.seconds * 1_000_000)
        queue.monitor.withLock { $0.newKeys.append(key) }
        let receipt = try await append(order: .rotate(to: key.verifierKey, bothUntil: until), notes)
        if let index = receipt.leafIndex { try await queue.reach(.published(index + 1)) }
        return receipt
    }
}
