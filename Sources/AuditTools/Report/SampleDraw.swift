// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Crypto

/// A random sample that nobody can choose: seeded from the final root, so that whoever has the log can draw it again.
///
/// For every decision of the period: the SHA-256 over the 32 bytes of the root and the entry's index as 8 bytes, big endian.
/// The sample is the decisions with the smallest of these, in that order.
struct SampleDraw {
    private let root: [UInt8]
    private let size: Int
    private var drawn: [(key: [UInt8], record: LogRecord)] = []

    init(root: TreeHash, size: Int) {
        self.root = root.bytes
        self.size = size
    }

    /// How the sample is drawn, for the report.
    static let method =
        "For every decision of the period, take SHA-256 over the 32 bytes of the log's final root followed by the entry's "
        + "index as 8 bytes, big endian. The sample is the decisions with the smallest values, in that order. The root is "
        + "fixed by every record of the log, so that nobody who writes records can choose what is looked at."

    mutating func offer(_ record: LogRecord) {
        guard size > 0 else { return }
        let key = Self.key(root, record.index)
        if drawn.count == size, let last = drawn.last, !key.lexicographicallyPrecedes(last.key) { return }
        let place = drawn.firstIndex { key.lexicographicallyPrecedes($0.key) } ?? drawn.count
        drawn.insert((key, record), at: place)
        if drawn.count > size { drawn.removeLast() }
    }

    static func key(_ root: [UInt8], _ index: UInt64) -> [UInt8] {
        let number = (0..<8).map { UInt8(truncatingIfNeeded: index >> UInt64(56 - 8 * $0)) }
        return Array(SHA256.hash(data: root + number))
    }

    /// The sample, smallest value first.
    var records: [LogRecord] { drawn.map(\.record) }
}
