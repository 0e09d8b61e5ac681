// SPDX-License-Identifier: Apache-2.0

/// Counts a client's frames by type before the library sees them.
///
/// The library does not report every frame (unknown types, frames of streams that are gone), so abuse could hide there.
/// The meter reads the nine header bytes of each frame and nothing else; a broken stream is the library's to judge.
struct FrameMeter {
    struct Counts {
        var headers = 0
        var resets = 0
        /// PING, SETTINGS, WINDOW_UPDATE, PRIORITY, CONTINUATION, tiny DATA, and everything unknown.
        var control = 0
        /// DATA frames that carry something.
        var data = 0
    }

    /// DATA shorter than this, unless it ends a stream, costs the sender more than it brings.
    private static let tinyData: UInt32 = 64

    /// Bytes of the connection preface still to come.
    private var preface: Int
    private var header: (length: UInt32, type: UInt8, flags: UInt8) = (0, 0, 0)
    private var headerCount = 0
    private var payload: UInt32 = 0

    init(expectsPreface: Bool) { preface = expectsPreface ? 24 : 0 }

    /// Whether the client has sent its preface and the frame that must follow it.
    private(set) var hasFirstFrame = false

    /// Whether the last byte read lies inside a frame that is not DATA.
    var isInsideFrame: Bool { headerCount > 0 || (payload > 0 && header.type != 0) }

    mutating func count(_ bytes: UnsafeRawBufferPointer) -> Counts {
        var counts = Counts()
        var index = min(preface, bytes.count)
        preface -= index
        while index < bytes.count {
            if payload > 0 {
                let skipped = min(Int(payload), bytes.count - index)
                payload -= UInt32(truncatingIfNeeded: skipped)
                index += skipped
                continue
            }
            read(bytes[index])
            index += 1
            if headerCount == 9 { finishHeader(&counts) }
        }
        return counts
    }

    private mutating func read(_ byte: UInt8) {
        switch headerCount {
        case 0: header.length = UInt32(byte) << 16
        case 1: header.length |= UInt32(byte) << 8
        case 2: header.length |= UInt32(byte)
        case 3: header.type = byte
        case 4: header.flags = byte
        default: break
        }
        headerCount += 1
    }

    private mutating func finishHeader(_ counts: inout Counts) {
        headerCount = 0
        payload = header.length
        hasFirstFrame = true
        switch header.type {
        case 0:
            if header.length < Self.tinyData, header.flags & 1 == 0 { counts.control += 1 } else { counts.data += 1 }
        case 1: counts.headers += 1
        case 3: counts.resets += 1
        default: counts.control += 1
        }
    }
}
