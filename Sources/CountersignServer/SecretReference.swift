// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Resolves `file:` and `env:` references; the values never appear in messages.
enum SecretReference {
    struct Unresolved: Error, CustomStringConvertible {
        let description: String
    }

    /// The text behind a reference.
    static func text(_ reference: String, base: String) throws(Unresolved) -> String {
        if reference.hasPrefix("file:") {
            let path = ServerConfiguration.resolve(String(reference.dropFirst(5)), base)
            guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
            else { throw Unresolved(description: "`\(reference)` cannot be read; a readable UTF-8 file is expected") }
            return text
        }
        let name = String(reference.dropFirst(4))
        guard reference.hasPrefix("env:"), let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else {
            throw Unresolved(description: "`\(reference)` is not set")
        }
        return text
    }
}
