// SPDX-License-Identifier: Apache-2.0

/// A fast hash.
///
/// Tables whose entries come from operators only use it as it is: strangers choose what is looked up, never what is
/// stored, so they cannot lengthen a probe beyond what the operator's own names cause. Whatever strangers may store,
/// sets and entities of requests, is hashed from `secret` on.
enum ByteHash {
    /// Drawn once per process, so that nobody can prepare values that collide.
    static let secret = UInt64.random(in: .min ... .max)

    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        let product = (value ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }

    @inline(__always)
    static func combine(_ state: UInt64, _ value: UInt64) -> UInt64 { mix(state &+ 0x2545_F491_4F6C_DD1D ^ value) }

    @inline(__always)
    static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
        var offset = 0
        while offset &+ 8 <= bytes.count {
            state = combine(state, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        var tail: UInt64 = 0
        while offset < bytes.count {
            tail = tail << 8 | UInt64(bytes[offset])
            offset &+= 1
        }
        return combine(state, tail)
    }

    @inline(__always)
    static func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
        let fast = text.utf8.withContiguousStorageIfAvailable { hash(UnsafeRawBufferPointer($0), seed: seed) }
        if let fast { return fast }
        return Array(text.utf8).withUnsafeBytes { hash($0, seed: seed) }
    }
}
