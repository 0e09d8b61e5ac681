// SPDX-License-Identifier: Apache-2.0

import AuditLog

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A thread of low priority for work on files, which must hold up neither event loops nor the cooperative pool.
package enum DeskThread {
    /// Starts a thread that gives way to all others, under a name of at most 15 bytes; it must hold no lock of theirs.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(AuditToolError) {
        try withLogErrors { () throws(AuditLogError) in
            try LogThread.start(name, .idle, body)
        }
    }

    /// Lets the calling thread sleep.
    package static func pause(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return }
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        nanosleep(&time, nil)
    }
}
