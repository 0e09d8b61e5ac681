// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AuditLog

@Suite("CRC-32C: RFC 3720, appendix B.4")
struct CRC32CTests {
    private func checksums(_ bytes: [UInt8]) -> [UInt32] {
        bytes.withUnsafeBytes { [CRC32C.checksum($0), CRC32C.checksumByTables($0)] }
    }

    @Test("gives the checksums of the standard")
    func givesStandardChecksums() {
        #expect(checksums([UInt8](repeating: 0, count: 32)) == [0x8A91_36AA, 0x8A91_36AA])
        #expect(checksums([UInt8](repeating: 0xFF, count: 32)) == [0x62A8_AB43, 0x62A8_AB43])
        #expect(checksums(Array(0..<32)) == [0x46DD_794E, 0x46DD_794E])
        #expect(checksums((0..<32).reversed()) == [0x113F_DB5C, 0x113F_DB5C])
        #expect(checksums(Array("123456789".utf8)) == [0xE306_9283, 0xE306_9283])
    }

    @Test("instructions and tables agree on any length and alignment")
    func agrees() {
        var random = SeededRandom(state: 7)
        let bytes = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
        bytes.withUnsafeBytes { buffer in
            for length in Array(0...70) + [255, 256, 767, 768, 769, 1535, 1536, 1600, 2304, 4096, 4990] {
                for start in 0..<9 {
                    let part = UnsafeRawBufferPointer(rebasing: buffer[start..<start + length])
                    #expect(CRC32C.checksum(part) == CRC32C.checksumByTables(part), "\(length) bytes from \(start)")
                }
            }
        }
    }
}
