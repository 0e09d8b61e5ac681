// SPDX-License-Identifier: Apache-2.0

/// Bytes that must never be printed: keys, passwords, client secrets.
///
/// Descriptions, reflection and string interpolation show `<redacted>`; the memory is overwritten when the last copy goes.
public struct Secret: Sendable {
    // The storage is written only in `init` and `deinit`.
    private final class Storage: Sendable {
        nonisolated(unsafe) let bytes: UnsafeMutableBufferPointer<UInt8>

        init(_ source: some Collection<UInt8>) {
            bytes = .allocate(capacity: source.count)
            _ = bytes.initialize(from: source)
        }

        deinit {
            for index in bytes.indices { bytes[index] = 0 }
            bytes.deallocate()
        }
    }

    private let storage: Storage

    /// Copies bytes into protected storage; the caller's own copy stays the caller's business.
    public init(_ bytes: some Collection<UInt8>) { storage = Storage(bytes) }

    /// The number of bytes.
    public var count: Int { storage.bytes.count }

    /// Lends the bytes for the duration of a call.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeBufferPointer(storage.bytes))
    }

    /// Whether both hold the same bytes; takes the same time wherever they differ.
    public func isEqual(to other: Secret) -> Bool {
        withBytes { mine in other.withBytes { ConstantTime.areEqual(mine, $0) } }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    public var description: String { "<redacted>" }
    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }
    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Comparison whose time depends on the lengths only.
enum ConstantTime {
    static func areEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (a, b) in zip(left, right) { difference |= a ^ b }
        return difference == 0
    }
}
