// SPDX-License-Identifier: Apache-2.0
private import Glibc
import Synchronization

/// Headers of tokens that verified, by their text: all tokens that an issuer signs with one key have the same one.
///
/// Only the exact text is found again, so that what is remembered is what reading it again would give. Nobody but an issuer
/// can put a header here.
final class KnownHeaders: Sendable {
    private struct Entry {
        let text: [UInt8]
        let header: TokenHeader
    }

    private struct Contents {
        var entries: [Entry] = []
        /// The entry that gives way next.
        var oldest = 0
    }

    private static let capacity = 8
    private static let maximumBytes = 1024

    private let contents = Mutex(Contents())

    /// The header of this text, if a token with it verified before.
    func header(of text: Span<UInt8>) -> TokenHeader? {
        text.withUnsafeBytes { text in
            contents.withLock { contents in
                for index in contents.entries.indices where Self.isSame(contents.entries[index].text, text) {
                    return contents.entries[index].header
                }
                return nil
            }
        }
    }

    /// Remembers the header of a token that verified.
    func insert(_ text: Span<UInt8>, _ header: TokenHeader) {
        guard text.count <= Self.maximumBytes else { return }
        text.withUnsafeBytes { text in
            contents.withLock { contents in
                guard !contents.entries.contains(where: { Self.isSame($0.text, text) }) else { return }
                let entry = Entry(text: Array(text), header: header)
                if contents.entries.count < Self.capacity { return contents.entries.append(entry) }
                contents.entries[contents.oldest] = entry
                contents.oldest = (contents.oldest + 1) % Self.capacity
            }
        }
    }

    private static func isSame(_ held: [UInt8], _ text: UnsafeRawBufferPointer) -> Bool {
        held.withUnsafeBytes { held in
            guard held.count == text.count, let mine = held.baseAddress, let its = text.baseAddress else {
                return false
            }
            return memcmp(mine, its, text.count) == 0
        }
    }
}
