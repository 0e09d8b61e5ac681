// SPDX-License-Identifier: Apache-2.0

package import AuditLog
import StrictJSON

/// What was taken out of a log, by whom it can be checked: digests of files, and the checkpoints they rest on.
///
/// It is written as `<name>.json` and, when the log key can be read, signed as a C2SP note in `<name>.note`.
package struct Manifest: Sendable {
    /// A file with its size and digest.
    package struct File: Sendable, Hashable {
        package let name: String
        package let bytes: Int
        package let sha256: String

        /// Names a file.
        package init(name: String, bytes: Int, sha256: String) {
            (self.name, self.bytes, self.sha256) = (name, bytes, sha256)
        }
    }

    /// The files, with names relative to the manifest.
    package var files: [File] = []
    /// The logs that records came from.
    package var logs: [OpenedLog] = []
    /// How many records were written.
    package var records: Int64 = 0
    /// The command line.
    package var command: [String] = []
    /// The version of this program.
    package var version: String

    /// Makes an empty manifest.
    package init(version: String) { self.version = version }

    /// The manifest's text, ending in a newline.
    package func text(now: AuditTimestamp = .now) -> String {
        let object: JSONObject = [
            "command": .array(command.map { .string($0) }),
            "created": .string(now.description),
            "files": .array(
                files.map { file in
                    [
                        "bytes": .number(JSONNumber(Int64(file.bytes))), "name": .string(file.name),
                        "sha256": .string(file.sha256),
                    ]
                }),
            "kind": "countersign-manifest-v1",
            "logs": .array(
                logs.map { log in
                    [
                        "checkpoint": .string(String(decoding: log.note, as: UTF8.self)),
                        "first": .number(JSONNumber(Int64(clamping: log.firstIndex))), "origin": .string(log.origin),
                        "root": .string(log.checkpoint.root.base64),
                        "size": .number(JSONNumber(Int64(clamping: log.size))),
                    ]
                }),
            "records": .number(JSONNumber(records)), "tool": .string("countersign \(version)"),
        ]
        return "{\n" + object.members.map { "\"\($0.key)\":" + Self.text($0.value) }.joined(separator: ",\n") + "\n}\n"
    }

    private static func text(_ value: JSONValue) -> String { String(decoding: value.canonicalBytes(), as: UTF8.self) }

    /// Writes the manifest, and its note if there is a key.
    ///
    /// - Parameters:
    ///   - path: Without `.json`.
    ///   - key: The log key; `nil` leaves the manifest unsigned.
    /// - Throws: ``AuditToolError/file(path:problem:)``.
    package func write(to path: String, signedBy key: LogSigningKey?) throws(AuditToolError) {
        let text = text()
        try DurableFile.write(Array(text.utf8), to: path + ".json")
        guard let key else { return }
        let note = try withLogErrors { () throws(AuditLogError) in try NoteText.signed(text, by: key) }
        try DurableFile.write(note, to: path + ".note")
    }

    /// Checks a signed manifest and the files that it names.
    ///
    /// - Parameters:
    ///   - path: The note.
    ///   - keys: Keys of which one must have signed.
    /// - Returns: How many files are as the manifest says.
    /// - Throws: ``AuditToolError/missing(_:)`` with the first thing that does not hold.
    package static func check(_ path: String, keys: [VerifierKey]) throws(AuditToolError) -> Int {
        guard let note = try DurableFile.read(path, limit: 1 << 20) else {
            throw .file(path: path, problem: "is not there")
        }
        let (text, signers) = try withLogErrors { () throws(AuditLogError) in try NoteText.verified(note, keys: keys) }
        guard let object = try? JSONValue.parse(text).objectValue,
            object["kind"]?.stringValue == "countersign-manifest-v1", let files = object["files"]?.arrayValue,
            let logs = object["logs"]?.arrayValue
        else { throw .missing("`\(path)` is no manifest") }
        let names = Set(signers.map(\.name))
        guard logs.contains(where: { $0.objectValue?["origin"]?.stringValue.map(names.contains) ?? false }) else {
            throw .missing("`\(path)` is not signed by a key of one of its logs")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        for file in files {
            guard let name = file.objectValue?["name"]?.stringValue, !name.contains("/"),
                let digest = file.objectValue?["sha256"]?.stringValue
            else { throw .missing("`\(path)` names a file that it may not") }
            guard let found = try FileDigest.hexadecimal(ofFile: folder + name) else {
                throw .missing("`\(name)` is not there")
            }
            guard found == digest else { throw .missing("`\(name)` is not the file that the manifest names") }
        }
        return files.count
    }
}
