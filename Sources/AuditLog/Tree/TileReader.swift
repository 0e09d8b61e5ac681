// SPDX-License-Identifier: Apache-2.0

/// Reads the published files of a log below its `log/`; what they say is trusted only through a root.
struct TileReader {
    let directory: LogDirectory
    /// `log/`, or nothing if the directory is the `log/` itself.
    let prefix: String

    init(directory: LogDirectory, prefix: String = "log/") {
        self.directory = directory
        self.prefix = prefix
    }

    /// The first hashes of a tile, from the partial file of that width or any wider one.
    func hashes(level: Int, index: UInt64, width: Int) throws(AuditLogError) -> [TreeHash] {
        var found: (bytes: [UInt8], width: Int)?
        for candidate in [width, TilePath.width] where found == nil {
            let bytes = try directory.read(prefix + TilePath.tile(level: level, index: index, width: candidate))
            found = bytes.map { ($0, candidate) }
        }
        let path = directory.absolute(prefix + TilePath.tile(level: level, index: index, width: width))
        guard let (bytes, held) = found else { throw .corrupted(file: path, offset: 0, problem: "the tile is missing") }
        guard bytes.count == held * TreeHash.byteCount else {
            throw .corrupted(file: path, offset: UInt64(bytes.count), problem: "the tile does not hold \(held) hashes")
        }
        return (0..<width).compactMap { TreeHash(bytes[$0 * 32..<$0 * 32 + 32]) }
    }

    /// The entries of a bundle of which so many belong to the tree.
    func entries(_ number: UInt64, width: Int) throws(AuditLogError) -> (bytes: [UInt8], entries: [Range<Int>]) {
        for candidate in [width, TilePath.width] {
            let path = prefix + TilePath.entries(number, width: candidate)
            guard let bytes = try directory.read(path, limit: TilePath.width * 65_537) else { continue }
            guard let entries = Bundle.split(bytes, count: candidate) else {
                throw .corrupted(
                    file: directory.absolute(path), offset: 0, problem: "the bundle does not hold \(candidate) entries")
            }
            return (bytes, Array(entries.prefix(width)))
        }
        let path = directory.absolute(prefix + TilePath.entries(number, width: width))
        throw .corrupted(file: path, offset: 0, problem: "the bundle is missing")
    }

    /// How many entries at the front of a bundle that cannot be split are those of its tile.
    func soundEntries(_ number: UInt64, width: Int, tile: [TreeHash]) -> Int {
        for candidate in [width, TilePath.width] {
            let path = prefix + TilePath.entries(number, width: candidate)
            guard let bytes = try? directory.read(path, limit: TilePath.width * 65_537) else { continue }
            let entries = Bundle.front(of: bytes, count: candidate).entries
            return zip(entries, tile).prefix { TreeHash.leaf(bytes[$0]) == $1 }.count
        }
        return 0
    }

    /// The right edge of the tree of some size; its root says whether it is the right one.
    func edge(size: UInt64) throws(AuditLogError) -> TreeEdge {
        var levels: [[TreeHash]] = []
        for level in 0..<TreeEdge.levelCount(size: size) {
            let width = TreeEdge.width(size: size, level: level)
            let index = level == 7 ? 0 : size >> UInt64(8 * (level + 1))
            levels.append(width == 0 ? [] : try hashes(level: level, index: index, width: width))
        }
        return TreeEdge(size: size, levels: levels)
    }
}
