// SPDX-License-Identifier: Apache-2.0

/// What a power cut leaves of the writes, and of the names, that no sync had covered.
enum PowerLoss: String, Sendable, CaseIterable {
    /// Nothing of either.
    case dropped
    /// All of both: the disk was quicker than it said.
    case kept
    /// The names, but nothing that was written.
    case namesOnly = "names only"
    /// What was written, but not the names.
    case contentOnly = "content only"
    /// The names and the sizes; what was added to a file reads as zeroes.
    case zeroed
    /// The writes of each file up to one of them, which is torn at any byte.
    case ordered
    /// Of each file the newest write alone.
    case newest
    /// Each sector of each write by chance.
    case torn

    static let sectorBytes = 512

    /// What is left of one file.
    func content(
        _ durable: [UInt8], unsynced: [(offset: Int, bytes: [UInt8])], _ random: inout SeededRandom
    ) -> [UInt8] {
        var content = durable
        func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
            let end = offset + bytes.count
            if content.count < end { content += [UInt8](repeating: 0, count: end - content.count) }
            content.replaceSubrange(offset..<end, with: bytes)
        }
        switch self {
        case .dropped, .namesOnly: break
        case .kept, .contentOnly: for one in unsynced { write(one.bytes[...], at: one.offset) }
        case .zeroed:
            let end = unsynced.map { $0.offset + $0.bytes.count }.max() ?? 0
            content += [UInt8](repeating: 0, count: max(0, end - durable.count))
        case .ordered:
            guard !unsynced.isEmpty else { break }
            let last = Int.random(in: 0..<unsynced.count, using: &random)
            for one in unsynced[..<last] { write(one.bytes[...], at: one.offset) }
            let torn = unsynced[last].bytes
            write(torn[..<Int.random(in: 0...torn.count, using: &random)], at: unsynced[last].offset)
        case .newest: if let one = unsynced.last { write(one.bytes[...], at: one.offset) }
        case .torn:
            for one in unsynced {
                for start in stride(from: 0, to: one.bytes.count, by: Self.sectorBytes)
                where Bool.random(using: &random) {
                    let end = min(start + Self.sectorBytes, one.bytes.count)
                    write(one.bytes[start..<end], at: one.offset + start)
                }
            }
        }
        return content
    }

    /// How many of the changes of a directory are left: the first ones, since directories are journaled in order.
    func names(of count: Int, _ random: inout SeededRandom) -> Int {
        switch self {
        case .dropped, .contentOnly: 0
        case .kept, .namesOnly, .zeroed, .newest: count
        case .ordered, .torn: Int.random(in: 0...count, using: &random)
        }
    }
}
