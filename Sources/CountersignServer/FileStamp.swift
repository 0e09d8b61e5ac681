// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What shows that a file is not the one it was: its size, its inode and its time of change.
struct FileStamp: Sendable, Hashable {
    private let size: UInt64
    private let inode: UInt64
    private let changed: Double

    /// Looks at a file; `nil` if there is none.
    init?(_ path: String) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        size = (attributes[.size] as? NSNumber)?.uint64Value ?? 0
        inode = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
        changed = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    }
}
