// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Files and directories on disk.
enum DiskFiles {
    static let maximumFileBytes = 1 << 28
    private static let maximumDepth = 64

    enum Kind: Sendable { case file, directory, link, other, missing }

    /// What is at a path, a link not followed.
    static func kind(of path: String) -> Kind {
        var status = stat()
        guard lstat(path, &status) == 0 else { return .missing }
        return kind(of: status)
    }

    /// What is at a path, links followed.
    static func targetKind(of path: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .missing }
        return kind(of: status)
    }

    private static func kind(of status: stat) -> Kind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .directory
        case S_IFLNK: .link
        default: .other
        }
    }

    static func contents(of path: String) throws(ToolError) -> [UInt8] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .refused(path: path, reason: "it is no regular file") }
        guard status.st_size <= maximumFileBytes else {
            throw .unreadable(path: path, reason: "it is larger than \(maximumFileBytes) bytes")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path, reason: "it cannot be opened")
        }
        return Array(data)
    }

    /// All of standard input.
    static func standardInput() throws(ToolError) -> [UInt8] {
        do {
            let data = try FileHandle.standardInput.read(upToCount: maximumFileBytes + 1) ?? Data()
            guard data.count <= maximumFileBytes else {
                throw ToolError.unreadable(path: "-", reason: "it is larger than \(maximumFileBytes) bytes")
            }
            return Array(data)
        } catch let error as ToolError { throw error } catch {
            throw .unreadable(path: "-", reason: "\(error)")
        }
    }

    /// The paths of all files below a directory, relative to it, in byte order.
    ///
    /// Links to files inside the directory are taken, links to directories inside it are not entered.
    ///
    /// - Throws: ``ToolError`` for links that leave the directory, and for devices, pipes and sockets.
    static func files(below directory: String) throws(ToolError) -> [String] {
        guard let root = realPath(directory) else {
            throw .unreadable(path: directory, reason: "there is no directory")
        }
        var found: [String] = []
        var open: [(path: String, depth: Int)] = [("", 0)]
        while let (path, depth) = open.popLast() {
            let full = path.isEmpty ? directory : "\(directory)/\(path)"
            let names: [String]
            do { names = try FileManager.default.contentsOfDirectory(atPath: full) } catch {
                throw .unreadable(path: full, reason: "the directory cannot be listed")
            }
            for name in names {
                let inner = path.isEmpty ? name : "\(path)/\(name)"
                switch kind(of: "\(directory)/\(inner)") {
                case .file: found.append(inner)
                case .directory:
                    guard depth < maximumDepth else {
                        throw .unreadable(path: inner, reason: "directories nest more deeply than \(maximumDepth)")
                    }
                    open.append((inner, depth + 1))
                case .link: if try isLinkToFile("\(directory)/\(inner)", within: root) { found.append(inner) }
                case .other: throw .refused(path: "\(directory)/\(inner)", reason: "it is a device, pipe or socket")
                case .missing: continue
                }
            }
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Whether a link leads to a regular file.
    private static func isLinkToFile(_ path: String, within root: String) throws(ToolError) -> Bool {
        guard let target = realPath(path) else {
            throw .refused(path: path, reason: "the link leads nowhere")
        }
        guard isInside(target, root) else { throw .refused(path: path, reason: "the link leaves the root") }
        switch targetKind(of: path) {
        case .file: return true
        case .directory, .link, .missing: return false
        case .other: throw .refused(path: path, reason: "it is a device, pipe or socket")
        }
    }

    static func isInside(_ path: String, _ root: String) -> Bool {
        path.utf8.elementsEqual(root.utf8) || path.utf8.starts(with: (root.hasSuffix("/") ? root : root + "/").utf8)
    }

    /// The absolute path with every link followed; `nil` if there is nothing.
    static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
