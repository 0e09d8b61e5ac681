// SPDX-License-Identifier: Apache-2.0

package import Identity
import StrictJSON

/// The deny list on disk, with the security events that were taken, so that none is taken twice.
package struct RevocationFile: Sendable {
    /// A security event that was taken.
    struct Seen: Sendable, Hashable {
        /// SHA-256 over issuer and `jti`.
        let id: String
        /// When the event was issued, in Unix seconds.
        let at: Int64
    }

    /// All that the file says.
    struct Content: Sendable {
        var revocations: [Revocation] = []
        var seen: [Seen] = []
    }

    /// The most entries; the oldest security events give way, revocations do not.
    static let maximumEntries = 100_000
    private static let limits = JSONLimits(maximumBytes: CredentialFile.maximumBytes, maximumDepth: 16)

    private let file: CredentialFile

    /// The deny list of a data directory.
    package init(data: String) { file = CredentialFile(path: data + "/credentials/revocations.json") }

    var stamp: FileStamp? { FileStamp(file.path) }

    func read() throws(CredentialFile.Failure) -> Content { try Self.parse(try file.read(), file.path) }

    /// The entries.
    package func revocations() throws -> [Revocation] { try read().revocations }

    private static func parse(_ bytes: [UInt8]?, _ path: String) throws(CredentialFile.Failure) -> Content {
        guard let bytes else { return Content() }
        let broken = CredentialFile.Failure(description: "`\(path)` is not a deny list; restore it from a backup")
        guard let object = (try? JSONValue.parse(bytes, limits: limits))?.objectValue, object["v"]?.int64Value == 1,
            let entries = object["revocations"]?.arrayValue, let seen = object["seen"]?.arrayValue
        else { throw broken }
        let revocations = entries.compactMap { Revocation($0) }
        let events = seen.compactMap { entry -> Seen? in
            guard let id = entry.objectValue?["id"]?.stringValue, let at = entry.objectValue?["at"]?.int64Value else {
                return nil
            }
            return Seen(id: id, at: at)
        }
        guard revocations.count == entries.count, events.count == seen.count else { throw broken }
        return Content(revocations: revocations, seen: events)
    }

    /// For how long an entry stays whose time is over, in seconds: a clock that is set ahead and back again forgets none.
    static let grace: Int64 = 86_400

    /// Leaves out what ended more than ``grace`` ago; returns whether there was any.
    func trim(now: Int64) throws(CredentialFile.Failure) -> Bool {
        guard try read().revocations.contains(where: { Self.isOver($0, now) }) else { return false }
        try edit(now: now) { _ in }
        return true
    }

    private static func isOver(_ entry: Revocation, _ now: Int64) -> Bool {
        entry.until.map { $0.addingReportingOverflow(grace).partialValue <= now && $0 <= now } ?? false
    }

    /// Changes the list, durably; entries whose time has long been over are left out.
    func edit<Value>(
        now: Int64, _ change: (inout Content) throws(CredentialFile.Failure) -> Value
    ) throws(CredentialFile.Failure) -> Value {
        try file.edit { before throws(CredentialFile.Failure) in
            var content = try Self.parse(before, file.path)
            let value = try change(&content)
            content.revocations.removeAll { Self.isOver($0, now) }
            guard content.revocations.count <= Self.maximumEntries else {
                throw CredentialFile.Failure(
                    description: "the deny list holds \(Self.maximumEntries) entries; give revocations an end")
            }
            if content.seen.count > Self.maximumEntries {
                content.seen = Array(content.seen.sorted { $0.at > $1.at }.prefix(Self.maximumEntries))
            }
            let document: JSONValue = [
                "revocations": .array(content.revocations.map(\.json)),
                "seen": .array(content.seen.map { ["at": .number(JSONNumber($0.at)), "id": .string($0.id)] }), "v": 1,
            ]
            return (document.canonicalBytes(), value)
        }
    }
}
