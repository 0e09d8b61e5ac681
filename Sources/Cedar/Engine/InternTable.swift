// SPDX-License-Identifier: Apache-2.0

/// Gives the strings of one domain small numbers; open addressing over UTF-8 bytes.
///
/// Each string belongs to a group (0 for names, the type's number for entity ids).
struct InternTable: Sendable {
    private(set) var texts: [String] = []
    private(set) var groups: [Int32] = []
    private var slots: [Int32] = Array(repeating: -1, count: 16)
    private var hashes: [UInt64] = []

    var count: Int { texts.count }

    /// The number of a string; `nil` if it was never interned.
    @inline(__always)
    func find(_ text: String, group: Int32 = 0) -> Int32? {
        let found = slot(of: text, group: group, hash: Self.hash(text, group))
        let number = slots[found]
        return number >= 0 ? number : nil
    }

    /// The number of a string, a new one if it has none yet.
    mutating func intern(_ text: String, group: Int32 = 0) -> Int32 {
        let hash = Self.hash(text, group)
        let found = slot(of: text, group: group, hash: hash)
        if slots[found] >= 0 { return slots[found] }
        let number = Int32(truncatingIfNeeded: texts.count)
        texts.append(text)
        groups.append(group)
        hashes.append(hash)
        slots[found] = number
        if texts.count * 2 > slots.count { grow() }
        return number
    }

    private static func hash(_ text: String, _ group: Int32) -> UInt64 {
        ByteHash.hash(text, seed: UInt64(UInt32(bitPattern: group)) &* 0x9E37_79B9_7F4A_7C15)
    }

    @inline(__always)
    private func slot(of text: String, group: Int32, hash: UInt64) -> Int {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while true {
            let number = slots[index]
            if number < 0 { return index }
            let place = Int(number)
            if hashes[place] == hash, groups[place] == group, texts[place].hasSameBytes(as: text) { return index }
            index = (index + 1) & mask
        }
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        let mask = slots.count - 1
        for (number, hash) in hashes.enumerated() {
            var index = Int(truncatingIfNeeded: hash) & mask
            while slots[index] >= 0 { index = (index + 1) & mask }
            slots[index] = Int32(truncatingIfNeeded: number)
        }
    }
}
