// SPDX-License-Identifier: Apache-2.0

import Cedar
import Foundation
import StrictJSON

/// Formats files of policies.
package struct FormatRun {
    /// A file that parses.
    package struct File: Sendable {
        /// The path, `-` for standard input.
        package let path: String
        /// The text in its layout.
        package let formatted: [UInt8]
        /// Whether the layout differs from what was read.
        package let isChanged: Bool
    }

    /// The files, in the order of the paths.
    package private(set) var files: [File] = []
    /// Every problem of every file.
    package private(set) var problems: [FileProblem] = []

    /// Files of policies may be as large as memory allows; the layout needs several times their size.
    private static let limits = PolicyLimits(maximumBytes: 1 << 26)

    /// Formats what the paths stand for.
    ///
    /// - Parameters:
    ///   - paths: Files, directories, or `-` for standard input.
    ///   - isWriting: Whether files that change are written back.
    package init(paths: [String], isWriting: Bool) {
        let formatter = PolicyFormatter(limits: Self.limits)
        for path in PolicyPaths.expand(paths, kind: "`.cedar`", &problems, where: { $0.hasSuffix(".cedar") }) {
            guard let bytes = PolicyPaths.read(path, &problems) else { continue }
            switch formatter.format(PolicySource(file: path, bytes: bytes)) {
            case .refused(let diagnostics): problems += diagnostics.map { FileProblem($0) }
            case .formatted(let output):
                let isChanged = output != bytes
                if isWriting, isChanged { write(output, to: path) }
                files.append(File(path: path, formatted: output, isChanged: isChanged))
            }
        }
    }

    /// Writes beside the file and renames, so that nobody ever reads half of it; links stay links.
    private mutating func write(_ bytes: [UInt8], to path: String) {
        let target = DiskFiles.realPath(path) ?? path
        let mode = (try? FileManager.default.attributesOfItem(atPath: target))?[.posixPermissions]
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: target), options: .atomic)
            if let mode { try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: target) }
        } catch {
            problems.append(FileProblem(file: path, message: "cannot be written"))
        }
    }

    /// The run as a JSON object: the files, each with `changed`, and the problems.
    package func json(includingText: Bool) -> [UInt8] {
        let list = files.map { file -> JSONValue in
            var object: JSONObject = JSONObject()
            object["file"] = .string(file.path)
            object["changed"] = .bool(file.isChanged)
            if includingText { object["text"] = .string(String(decoding: file.formatted, as: UTF8.self)) }
            return .object(object)
        }
        let whole: JSONValue = ["files": .array(list), "problems": .array(problems.map(\.json))]
        return whole.canonicalBytes()
    }
}
