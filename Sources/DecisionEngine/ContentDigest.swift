// SPDX-License-Identifier: Apache-2.0

import Crypto

/// `sha256:` and 64 hexadecimal digits, as records name policy sets, entities and inputs.
package enum ContentDigest {
    package static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = Array("sha256:".utf8)
        text.reserveCapacity(71)
        for byte in SHA256.hash(data: bytes) {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 0xF))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}
