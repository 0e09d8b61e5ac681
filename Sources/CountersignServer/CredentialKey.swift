// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity

/// The key under which the audit log fingerprints credentials (`who.tok`): kept across restarts, new each quarter.
enum CredentialKey {
    /// The key of the current quarter, drawn when it does not exist.
    static func load(_ data: String, now: Date = Date()) throws -> Secret {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month], from: now)
        let quarter = ((parts.month ?? 1) - 1) / 3 + 1
        let path = "\(data)/fingerprint-\(parts.year ?? 0)q\(quarter).key"
        if let known = FileManager.default.contents(atPath: path), known.count == 32 { return Secret(Array(known)) }
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let isWritten = FileManager.default.createFile(
            atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600]
        )
        guard isWritten else {
            throw Server.StartFailure("`\(path)` cannot be written; a writable `data` directory is expected")
        }
        return Secret(bytes)
    }
}
