// SPDX-License-Identifier: Apache-2.0

/// Up to 256 entries, with the openings of their commitments.
struct Bundle {
    /// Each entry: a big-endian 16-bit length and its bytes (C2SP tlog-tiles, "Log entries").
    let entries: BlockBuffer
    /// Lines `{"i":<leaf index>,"d":[…]}` of the entries that have any.
    let disclosures: BlockBuffer

    init() { self.init(entries: BlockBuffer(), disclosures: BlockBuffer()) }

    init(entries: BlockBuffer, disclosures: BlockBuffer) {
        self.entries = entries
        self.disclosures = disclosures
    }

    /// The same content, which does not change with this one.
    func copy() -> Bundle { Bundle(entries: entries.copy(), disclosures: disclosures.copy()) }

    func append(_ index: UInt64, leaf: UnsafeRawBufferPointer, disclosures opened: UnsafeRawBufferPointer) {
        withUnsafeBytes(of: UInt16(truncatingIfNeeded: leaf.count).bigEndian) { entries.append($0) }
        entries.append(leaf)
        guard !opened.isEmpty else { return }
        disclosures.append("{\"i\":\(index),\"d\":".utf8)
        disclosures.append(opened)
        disclosures.append("}\n".utf8)
    }

    /// Takes everything out and keeps the memory.
    func removeAll() {
        entries.removeAll()
        disclosures.removeAll()
    }

    /// Splits a bundle into its entries; `nil` unless it holds exactly so many.
    static func split(_ bytes: [UInt8], count: Int) -> [Range<Int>]? {
        let (entries, isWhole) = front(of: bytes, count: count)
        return isWhole && entries.count == count ? entries : nil
    }

    /// The entries of a bundle as far as the lengths lead, and whether they lead to its end.
    static func front(of bytes: [UInt8], count: Int) -> (entries: [Range<Int>], isWhole: Bool) {
        var entries: [Range<Int>] = []
        entries.reserveCapacity(count)
        var offset = 0
        while offset < bytes.count {
            guard offset + 2 <= bytes.count else { return (entries, false) }
            let start = offset + 2
            let end = start + (Int(bytes[offset]) << 8 | Int(bytes[offset + 1]))
            guard end <= bytes.count else { return (entries, false) }
            entries.append(start..<end)
            offset = end
        }
        return (entries, true)
    }

    /// The leaf index that a line of a disclosure file starts with.
    static func index(ofLine line: ArraySlice<UInt8>) -> UInt64? {
        guard line.starts(with: "{\"i\":".utf8) else { return nil }
        let digits = line.dropFirst(5).prefix { (0x30...0x39).contains($0) }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }

    /// The leaf index that a line of a disclosure file starts with.
    static func index(ofLine line: UnsafeRawBufferPointer) -> UInt64? {
        let start = "{\"i\":" as StaticString
        guard line.count > 6, start.withUTF8Buffer({ line.starts(with: $0) }) else { return nil }
        var (index, place) = (UInt64(0), 5)
        // Nineteen digits fit into 64 bits; no log has more records.
        while place < min(line.count, 24), case let digit = line[place] &- 0x30, digit < 10 {
            index = index * 10 + UInt64(digit)
            place += 1
        }
        guard place > 5, place == line.count || line[place] &- 0x30 >= 10 else { return nil }
        return index
    }

    static func disclosurePath(_ number: UInt64) -> String { "disclosures/" + disclosureName(number) }

    /// The name of the file below the folder of disclosures, numbered as bundles are.
    static func disclosureName(_ number: UInt64) -> String { "\(TilePath.number(number)).jsonl" }
}
