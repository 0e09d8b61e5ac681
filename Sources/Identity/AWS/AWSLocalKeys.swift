// SPDX-License-Identifier: Apache-2.0

/// Access keys that are known here, so that signatures with them are verified without AWS: for tests and private deployments.
///
/// A line holds access key id, secret and the resource name that the key stands for, with spaces between them. Lines that
/// begin with `#` and empty ones do not count.
package struct AWSLocalKeys: Sendable {
    /// Why a line is no key; says nothing of its content.
    package struct LineProblem: Error, Sendable, Hashable, CustomStringConvertible {
        /// The number of the line, from 1.
        package let line: Int
        package let description: String
    }

    struct Key: Sendable {
        let credentials: AWSCredentials
        let name: AWSPrincipalName
    }

    private static let maximumKeys = 100_000
    private var keys: [String: Key] = [:]
    /// Signed with where the id is unknown, so that this takes as long.
    private let nobody = AWSCredentials(
        accessKeyID: "NOBODY", secretAccessKey: Secret([UInt8](repeating: 0x2A, count: 40)))

    /// Reads keys.
    ///
    /// - Throws: ``LineProblem`` with the first line that is not one, or names an id again.
    package init(_ text: String) throws(LineProblem) {
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let parts = line.split { $0 == " " || $0 == "\t" }.map(String.init)
            guard let first = parts.first, !first.hasPrefix("#") else { continue }
            func problem(_ text: String) -> LineProblem { LineProblem(line: index + 1, description: text) }
            guard parts.count == 3, let credentials = AWSCredentialDocument.credentials(parts[0], parts[1], nil),
                parts[1].utf8.count >= 16
            else { throw problem("must hold access key id, secret of at least 16 characters, and resource name") }
            guard let name = AWSPrincipalName(parts[2]) else {
                throw problem("must end in the name of a user or role, such as `arn:aws:iam::123456789012:user/build`")
            }
            guard keys.updateValue(Key(credentials: credentials, name: name), forKey: first) == nil else {
                throw problem("names an access key id that stands above")
            }
            guard keys.count <= Self.maximumKeys else { throw problem("is one too many: at most \(Self.maximumKeys)") }
        }
    }

    /// The key of an id, and what to sign with to tell: also for an id that is not known.
    func key(_ id: String) -> (known: Key?, credentials: AWSCredentials) {
        let known = keys[id]
        return (known, known?.credentials ?? nobody)
    }
}
