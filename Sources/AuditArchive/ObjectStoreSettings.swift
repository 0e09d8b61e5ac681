// SPDX-License-Identifier: Apache-2.0

/// Where a bucket is, and how it is spoken to.
package struct ObjectStoreSettings: Sendable, Hashable {
    /// How long objects are locked against their own owner (Object Lock of S3).
    package struct Lock: Sendable, Hashable {
        /// Who may lift it.
        package enum Mode: String, Sendable, Hashable, CaseIterable {
            /// Nobody.
            case compliance
            /// Who has a permission of their own for that.
            case governance
        }

        package var mode: Mode
        /// From the moment of writing, in seconds.
        package var seconds: Int64

        package init(mode: Mode, seconds: Int64) { (self.mode, self.seconds) = (mode, seconds) }
    }

    /// The URL of the service, without bucket and without a slash at the end.
    package var endpoint: String
    /// The region that signatures name.
    package var region: String
    package var bucket: String
    /// Stands before every key; empty or without slashes at its ends.
    package var prefix: String
    package var lock: Lock?
    /// How often one object is tried before the round is given up: 1 or more.
    package var attempts = 4
    /// The pause before the second try; each further one is four times as long.
    package var firstPause = Duration.milliseconds(200)
    /// How many requests are under way at once: 1 or more.
    package var parallel = 8

    package init(endpoint: String, region: String, bucket: String, prefix: String = "", lock: Lock? = nil) {
        (self.endpoint, self.region, self.bucket, self.prefix, self.lock) = (endpoint, region, bucket, prefix, lock)
    }

    /// Whether a text can be a bucket's name: 3 to 63 of small letters, digits, `-` and `.`, at its ends none of the last.
    package static func isBucket(_ text: String) -> Bool {
        let isEdge = { (byte: UInt8) in (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) }
        let bytes = Array(text.utf8)
        guard (3...63).contains(bytes.count), let first = bytes.first, let last = bytes.last else { return false }
        return isEdge(first) && isEdge(last)
            && bytes.allSatisfy { isEdge($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    /// Whether a text can stand before keys as it is: letters, digits, `-`, `_`, `.` and single slashes between them.
    package static func isPrefix(_ text: String) -> Bool {
        guard text.utf8.count <= 512 else { return false }
        return text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
                && part.allSatisfy {
                    (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || [0x2D, 0x2E, 0x5F].contains($0)
                }
        }
    }
}
