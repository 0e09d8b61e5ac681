// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Synchronization

/// Random bytes of the kernel, drawn 4 KiB at a time, so that few system calls serve many decisions.
///
/// Bytes are overwritten as they are handed out, so that a later look into memory finds no used salt.
enum RandomPool {
    private struct State {
        var words = [UInt64](repeating: 0, count: 512)
        var used = 512
    }

    private static let state = Mutex(State())

    /// Sixty-four random bits.
    static func next64() -> UInt64 { state.withLock { take(&$0) } }

    /// A hundred and twenty-eight random bits.
    static func next128() -> (UInt64, UInt64) { state.withLock { (take(&$0), take(&$0)) } }

    private static func take(_ state: inout State) -> UInt64 {
        if state.used == state.words.count {
            fill(&state.words)
            state.used = 0
        }
        let word = state.words[state.used]
        state.words[state.used] = 0
        state.used += 1
        return word
    }

    private static func fill(_ words: inout [UInt64]) {
        words.withUnsafeMutableBytes { buffer in
            // getentropy hands out at most 256 bytes a call.
            for start in stride(from: 0, to: buffer.count, by: 256) {
                let count = min(256, buffer.count - start)
                if getentropy(buffer.baseAddress?.advanced(by: start), count) == 0 { continue }
                var generator = SystemRandomNumberGenerator()
                for index in start..<start + count { buffer[index] = generator.next() }
            }
        }
    }
}
