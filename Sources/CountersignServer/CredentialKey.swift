// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity

/// The key under which the audit log fingerprints credentials (`who.tok`): kept across restarts, new each quarter.
enum CredentialKey {
    /// The name of a quarter, such as `2026q4`, in UTC.
    static func quarter(of moment: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month], from: moment)
        return "\(parts.year ?? 0)q\(((parts.month ?? 1) - 1) / 3 + 1)"
    }

    /// The key of the current quarter, drawn when it does not exist.
    static func load(_ data: String, now: Date = Date()) throws -> Secret {
        let path = "\(data)/fingerprint-\(quarter(of: now)).key"
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
