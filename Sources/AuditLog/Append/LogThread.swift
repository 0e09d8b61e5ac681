// SPDX-License-Identifier: Apache-2.0

import CAudit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A thread of its own, since waiting for a disk must not hold up an event loop or the cooperative pool.
package enum LogThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// How a thread shares the processor with the others (Linux; elsewhere all are alike).
    package enum Share: Sendable {
        case usual
        /// Nobody waits for it: it gets its share, but waking up takes the processor from nobody (`SCHED_BATCH`).
        case background
        /// It runs when hardly anybody else wants to, so that it must hold no lock that others need (`SCHED_IDLE`).
        case idle
    }

    /// Starts a thread under a name of at most 15 bytes, as the system's tools show it.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - share: How it shares the processor.
    ///   - body: What it does.
    /// - Throws: ``AuditLogError/storage(operation:path:code:)`` when the system has no thread to give.
    package static func start(
        _ name: String, _ share: Share = .usual, _ body: @escaping @Sendable () -> Void
    ) throws(AuditLogError) {
        let named: @Sendable () -> Void = {
            nameThisThread(name)
            switch share {
            case .usual: break
            case .background: _ = countersign_run_in_background()
            case .idle: _ = countersign_run_when_idle()
            }
            body()
        }
        let work = Unmanaged.passRetained(Work(named))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            work.release()
            throw .storage(operation: "starting a thread", path: "", code: code)
        }
        pthread_detach(thread)
    }

    /// Does something slow on a thread of its own and returns when it is done.
    static func doing<Result: Sendable>(
        _ name: String, _ body: @escaping @Sendable () throws(AuditLogError) -> Result
    ) async throws(AuditLogError) -> Result {
        let result = await withCheckedContinuation { continuation in
            do throws(AuditLogError) {
                try start(name, .background) {
                    do throws(AuditLogError) {
                        continuation.resume(returning: Swift.Result<Result, AuditLogError>.success(try body()))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    private static func nameThisThread(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, name, name.utf8.count)
        _ = close(file)
    }
}
