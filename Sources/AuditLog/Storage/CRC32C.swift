// SPDX-License-Identifier: Apache-2.0

import CAudit

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4): by the processor's instructions, or by tables where it has none.
enum CRC32C {
    /// Table k holds the remainder of each byte followed by k zero bytes, one table after another.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
            tables[byte] = value
        }
        for index in 256..<tables.count {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
        }
        return tables
    }()

    /// For each byte of a checksum, what the zeroes of one lane make of it; empty without the instructions.
    private static let advance: [UInt32] = {
        guard countersign_crc32c_is_available() else { return [] }
        let zeroes = [UInt8](repeating: 0, count: Int(countersign_crc32c_lane))
        return zeroes.withUnsafeBytes { zeroes in
            (0..<4 * 256).map { place in
                let checksum = UInt32(place & 0xFF) << UInt32(place >> 8 * 8)
                return countersign_crc32c_update(checksum, zeroes.baseAddress, zeroes.count, nil)
            }
        }
    }()

    /// The checksum of some bytes.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        advance.withUnsafeBufferPointer { advance in
            guard !advance.isEmpty else { return checksumByTables(bytes) }
            return ~countersign_crc32c_update(0xFFFF_FFFF, bytes.baseAddress, bytes.count, advance.baseAddress)
        }
    }

    /// The checksum without the processor's instructions, eight bytes a step.
    static func checksumByTables(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { table in
            var crc: UInt32 = 0xFFFF_FFFF
            var offset = 0
            while offset + 8 <= bytes.count {
                let word =
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(crc)
                var next: UInt32 = 0
                for place in 0..<8 {
                    next ^= table[(7 - place) << 8 | Int(truncatingIfNeeded: word >> UInt64(8 * place) & 0xFF)]
                }
                crc = next
                offset += 8
            }
            while offset < bytes.count {
                crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[offset])]
                offset += 1
            }
            return ~crc
        }
    }
}
