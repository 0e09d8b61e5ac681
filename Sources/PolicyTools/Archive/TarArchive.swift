// SPDX-License-Identifier: Apache-2.0

/// The members of a tar archive, held in memory.
package struct TarArchive: Sendable {
    /// Bounds on what is taken.
    package struct Limits: Sendable, Hashable {
        /// The most bytes of the archive, decompressed.
        package var maximumBytes: Int
        /// The most members.
        package var maximumMembers: Int

        /// 512 MiB and 200,000 members unless said otherwise.
        package init(maximumBytes: Int = 1 << 29, maximumMembers: Int = 200_000) {
            self.maximumBytes = maximumBytes
            self.maximumMembers = maximumMembers
        }
    }

    enum Member: Sendable {
        case file(Range<Int>)
        case link(MemberPath)
    }

    private let bytes: [UInt8]
    private(set) var members: [MemberPath: Member] = [:]

    /// How many links are followed before a path counts as missing.
    private static let maximumHops = 16

    /// Reads an archive, decompressing it if it is gzip.
    ///
    /// - Throws: ``ToolError`` for a damaged archive, and for members that are refused.
    package init(_ file: [UInt8], path: String, limits: Limits = Limits()) throws(ToolError) {
        if file.starts(with: [0x1F, 0x8B]) {
            do throws(Gunzip.Problem) { bytes = try Gunzip.inflate(file, limit: limits.maximumBytes) } catch {
                switch error {
                case .notGzip: throw .damagedArchive(path: path, reason: "it is not valid gzip")
                case .truncated: throw .damagedArchive(path: path, reason: "the gzip data end too early")
                case .tooLarge(let limit):
                    throw .damagedArchive(path: path, reason: "it is larger than \(limit) bytes when decompressed")
                }
            }
        } else {
            guard file.count <= limits.maximumBytes else {
                throw .damagedArchive(path: path, reason: "it is larger than \(limits.maximumBytes) bytes")
            }
            bytes = file
        }
        var reader = TarReader(bytes: bytes, path: path, limits: limits)
        try reader.run()
        members = reader.members
    }

    /// The paths of all files, links to files included.
    var files: [MemberPath] { members.keys.filter { contents(of: $0) != nil } }

    /// The bytes of a file; `nil` if there is none.
    func contents(of path: MemberPath) -> ArraySlice<UInt8>? {
        var (path, hops) = (path, 0)
        while hops < Self.maximumHops {
            switch members[path] {
            case .file(let range): return bytes[range]
            case .link(let target): path = target
            case nil:
                guard let next = throughDirectoryLink(path) else { return nil }
                path = next
            }
            hops += 1
        }
        return nil
    }

    /// The path with its first component that is a link replaced.
    private func throughDirectoryLink(_ path: MemberPath) -> MemberPath? {
        for count in path.components.indices.dropFirst() {
            let directory = MemberPath(components: Array(path.components.prefix(count)))
            if case .link(let target) = members[directory] {
                return target.appending(MemberPath(components: Array(path.components.dropFirst(count))))
            }
        }
        return nil
    }
}
