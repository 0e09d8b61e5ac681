// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Foundation

/// Verifier keys as options give them.
enum VerifierKeys {
    /// One key, or every key of a file after `@`.
    static func parse(_ text: String) throws(AuditLogError) -> [VerifierKey] {
        guard text.hasPrefix("@") else { return [try VerifierKey(text)] }
        let path = String(text.dropFirst())
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unusableKey(path: path, problem: "cannot be read; `--key` takes a verifier key or @FILE")
        }
        return try LogVerifier.keys(parsing: String(decoding: data, as: UTF8.self))
    }

    /// The keys of several options.
    static func parse(all texts: [String]) throws(AuditLogError) -> [VerifierKey] {
        var keys: [VerifierKey] = []
        for text in texts { keys += try parse(text) }
        return keys
    }
}
