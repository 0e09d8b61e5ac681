// SPDX-License-Identifier: Apache-2.0

/// Where cases come from: one path of the command line.
package enum CaseSource: Sendable {
    /// A directory on disk, searched with everything below it.
    case directory(String)
    /// An archive, held in memory.
    case archive(TarArchive)
    /// One case file on disk.
    case file(String)

    /// Opens a path.
    ///
    /// - Throws: ``ToolError`` if it is missing, damaged or refused.
    package init(path: String) throws(ToolError) {
        switch DiskFiles.targetKind(of: path) {
        case .directory: self = .directory(path)
        case .file:
            if [".tar.gz", ".tgz", ".tar"].contains(where: { path.hasSuffix($0) }) {
                self = .archive(try TarArchive(try DiskFiles.contents(of: path), path: path))
            } else if path.hasSuffix(".json") {
                self = .file(path)
            } else {
                throw .refused(
                    path: path, reason: "expected a directory, a .tar.gz, .tgz or .tar archive, or a .json file")
            }
        case .missing: throw .unreadable(path: path, reason: "there is no such file or directory")
        case .link, .other: throw .refused(path: path, reason: "it is a device, pipe or socket")
        }
    }

    /// The files that may be cases, by their paths inside the source, in byte order.
    ///
    /// - Throws: ``ToolError`` if a directory holds something that is refused.
    package func candidates() throws(ToolError) -> [String] {
        switch self {
        case .directory(let path): try DiskFiles.files(below: path).filter(Self.isCaseName)
        case .archive(let archive):
            archive.files.map(\.text).filter(Self.isCaseName).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        case .file(let path): [path]
        }
    }

    private static func isCaseName(_ name: String) -> Bool {
        name.hasSuffix(".json")
            && ![".entities.json", ".policies.json", ".schema.json"].contains { name.hasSuffix($0) }
    }

    /// The bytes of a candidate.
    package func contents(of candidate: String) throws(ToolError) -> [UInt8] {
        switch self {
        case .directory(let path): return try DiskFiles.contents(of: "\(path)/\(candidate)")
        case .file(let path): return try DiskFiles.contents(of: path)
        case .archive(let archive):
            guard let path = MemberPath(candidate), let bytes = archive.contents(of: path) else {
                throw .unreadable(path: candidate, reason: "the archive has no such member")
            }
            return Array(bytes)
        }
    }
}
