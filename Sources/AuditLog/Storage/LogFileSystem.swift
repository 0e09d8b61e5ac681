// SPDX-License-Identifier: Apache-2.0

/// The few file operations that the log is built from.
///
/// A closed set of closures: tests put a disk below that fails, fills up, or loses what was not synced.
/// Every operation throws ``AuditLogError/storage(operation:path:code:)`` with the `errno` of the failure.
package struct LogFileSystem: Sendable {
    /// An open file.
    package struct File: Sendable, Hashable {
        package var descriptor: Int32
        package var path: String
        package init(descriptor: Int32, path: String) {
            self.descriptor = descriptor
            self.path = path
        }
    }

    package enum OpenMode: Sendable {
        /// For reading what is there.
        case read
        /// For writing into what is there.
        case update
        /// A new, empty file in place of whatever has the name.
        case replace
    }

    package typealias Failure = AuditLogError

    /// Creates a directory (mode 0700) unless it is there.
    package var makeDirectory: @Sendable (_ path: String) throws(Failure) -> Void
    /// Takes the lock file for the life of the process; `false` if another process has it.
    package var lock: @Sendable (_ path: String) throws(Failure) -> File?
    package var open: @Sendable (_ path: String, _ mode: OpenMode) throws(Failure) -> File
    package var close: @Sendable (_ file: File) -> Void
    /// Writes all bytes at an offset.
    package var write:
        @Sendable (_ file: File, _ bytes: UnsafeRawBufferPointer, _ offset: UInt64) throws(Failure) -> Void
    /// Writes two runs of bytes, one behind the other, in one operation.
    package var writeBoth:
        @Sendable (
            _ file: File, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ offset: UInt64
        ) throws(Failure) -> Void
    /// Lets transfers pass the page cache by or not (`O_DIRECT`); `false` where the file system does not take it.
    ///
    /// While it is on, memory, offset and length of every write are multiples of ``SegmentMemory/blockBytes``.
    package var setDirect: @Sendable (_ file: File, _ isDirect: Bool) -> Bool
    /// Reads up to a buffer's size; fewer bytes only at the end of the file.
    package var read:
        @Sendable (_ file: File, _ into: UnsafeMutableRawBufferPointer, _ offset: UInt64) throws(Failure) -> Int
    package var size: @Sendable (_ file: File) throws(Failure) -> UInt64
    /// `fdatasync`: the file's content, and its size if that changed.
    package var syncData: @Sendable (_ file: File) throws(Failure) -> Void
    /// `fsync` of a directory: which names it holds.
    package var syncDirectory: @Sendable (_ path: String) throws(Failure) -> Void
    package var rename: @Sendable (_ from: String, _ to: String) throws(Failure) -> Void
    /// Lets two names change places at once; `false` if one is not there or the file system cannot do it.
    package var exchange: @Sendable (_ first: String, _ second: String) -> Bool
    /// Removes a file; no error if it is not there.
    package var removeFile: @Sendable (_ path: String) throws(Failure) -> Void
    /// Removes an empty directory; no error if it is not there.
    package var removeDirectory: @Sendable (_ path: String) throws(Failure) -> Void
    /// The names in a directory, sorted; none if it is not there.
    package var list: @Sendable (_ path: String) throws(Failure) -> [String]
    package var freeBytes: @Sendable (_ path: String) throws(Failure) -> UInt64
}
