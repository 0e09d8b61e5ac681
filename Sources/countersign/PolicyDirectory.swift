// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Cedar
import Foundation

/// The policy files below a directory as one policy set.
enum PolicyDirectory {
    /// Reads them; problems are said on standard error and end the command with 3.
    static func read(_ directory: String) throws -> PolicySet {
        guard let enumerator = FileManager.default.enumerator(atPath: directory) else {
            Terminal.complain("`\(directory)` cannot be read; a directory of policy files is expected")
            throw ExitCode(3)
        }
        let names = enumerator.compactMap { $0 as? String }.filter(PolicySource.isPolicyFile).sorted()
        guard !names.isEmpty else {
            Terminal.complain("`\(directory)` holds no `.cedar`, `.cedar.json` or `links.json` file")
            throw ExitCode(3)
        }
        let sources = try names.map { name in
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else {
                Terminal.complain("`\(directory)/\(name)` cannot be read")
                throw ExitCode(3)
            }
            return PolicySource(file: name, bytes: Array(data))
        }
        let result = PolicySet.parse(files: sources)
        guard let policies = result.policies else {
            for diagnostic in result.diagnostics { Terminal.complain("\(directory)/\(diagnostic)") }
            throw ExitCode(3)
        }
        return policies
    }
}
