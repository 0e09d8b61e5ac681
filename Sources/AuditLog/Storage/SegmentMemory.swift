// SPDX-License-Identifier: Apache-2.0

/// A piece of a segment in memory, from a block boundary on: frames as they will stand on the disk.
///
/// Unchecked: what lies at and behind the place of the next frame is written under the queue's lock; frames before it
/// belong to the writer until they are synced, and then nobody changes them.
final class SegmentMemory: @unchecked Sendable {
    /// What direct transfers are aligned to, in memory and in the file.
    static let blockBytes = 4096

    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        bytes = .allocate(byteCount: Self.roundedUp(byteCount), alignment: Self.blockBytes)
    }

    deinit { bytes.deallocate() }

    var count: Int { bytes.count }

    func readable(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

    static func roundedUp(_ count: Int) -> Int { (count + blockBytes - 1) / blockBytes * blockBytes }
    static func roundedDown(_ count: Int) -> Int { count / blockBytes * blockBytes }
}
