// SPDX-License-Identifier: Apache-2.0

extension CaseSource {
    /// Reads the files that a case names, all under the first root that has every one of them.
    ///
    /// Roots are tried in this order: the given one, the source itself, the parents of the case from the innermost,
    /// the parents of the source, at most three. In an archive only its members count, and the given root is a path
    /// inside it.
    ///
    /// - Returns: The bytes in the order of the names; `nil` if no root has them all.
    /// - Throws: ``ToolError`` for a name that is absolute or holds `..`, and for a link that leaves its root.
    package func files(
        _ names: [String], namedBy candidate: String, root: String? = nil
    ) throws(ToolError) -> [[UInt8]]? {
        var paths: [MemberPath] = []
        for name in names {
            guard let path = MemberPath(name), !path.components.isEmpty else {
                throw .refused(path: name, reason: "it is empty, absolute or holds `..`")
            }
            paths.append(path)
        }
        switch self {
        case .archive(let archive): return Self.members(archive, paths, namedBy: candidate, root: root)
        case .directory(let path):
            return try Self.read(paths, under: (root.map { [$0] } ?? []) + Self.roots(path, candidate: candidate))
        case .file(let path):
            return try Self.read(paths, under: (root.map { [$0] } ?? []) + Self.parents(of: path))
        }
    }

    private static let maximumParents = 3

    private static func roots(_ directory: String, candidate: String) -> [String] {
        var roots = [directory]
        var parts = candidate.split(separator: "/").dropLast()
        while !parts.isEmpty {
            roots.append("\(directory)/\(parts.joined(separator: "/"))")
            parts = parts.dropLast()
        }
        return roots + parents(of: directory)
    }

    private static func parents(of path: String) -> [String] {
        guard let whole = DiskFiles.realPath(path) else { return [] }
        var parts = whole.split(separator: "/")
        var parents: [String] = []
        while parents.count < maximumParents, !parts.isEmpty {
            parts.removeLast()
            parents.append("/" + parts.joined(separator: "/"))
        }
        return parents
    }

    private static func read(_ paths: [MemberPath], under roots: [String]) throws(ToolError) -> [[UInt8]]? {
        for root in roots {
            let full = paths.map { "\(root)/\($0.text)" }
            guard full.allSatisfy({ DiskFiles.targetKind(of: $0) == .file }) else { continue }
            var contents: [[UInt8]] = []
            for path in full {
                guard let real = DiskFiles.realPath(path), let base = DiskFiles.realPath(root),
                    DiskFiles.isInside(real, base)
                else { throw .refused(path: path, reason: "a link leaves the root") }
                contents.append(try DiskFiles.contents(of: path))
            }
            return contents
        }
        return nil
    }

    private static func members(
        _ archive: TarArchive, _ paths: [MemberPath], namedBy candidate: String, root: String?
    ) -> [[UInt8]]? {
        var roots = root.flatMap { MemberPath($0) }.map { [$0] } ?? []
        roots.append(.root)
        var parent = MemberPath(candidate)?.parent ?? .root
        while !parent.components.isEmpty {
            roots.append(parent)
            parent = parent.parent
        }
        for root in roots {
            let found = paths.compactMap { archive.contents(of: root.appending($0)) }
            if found.count == paths.count { return found.map { Array($0) } }
        }
        return nil
    }
}
