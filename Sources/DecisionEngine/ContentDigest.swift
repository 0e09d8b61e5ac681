// SPDX-License-Identifier: Apache-2.0

import CNettle

/// `sha256:` and 64 hexadecimal digits, as records name policy sets, entities and inputs.
package enum ContentDigest {
    package static func text(of bytes: [UInt8]) -> String { bytes.withUnsafeBytes { text(of: $0) } }

    static func text(of bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: 71) { text in
            let prefix: StaticString = "sha256:"
            var end = prefix.withUTF8Buffer { prefix in
                for (index, byte) in prefix.enumerated() { text[index] = byte }
                return prefix.count
            }
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
                guard let start = digest.baseAddress else { return }
                countersign_sha256(bytes.baseAddress, bytes.count, nil, 0, start)
                for byte in digest {
                    text[end] = digit(byte >> 4)
                    text[end + 1] = digit(byte & 0xF)
                    end += 2
                }
            }
            return end
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}
