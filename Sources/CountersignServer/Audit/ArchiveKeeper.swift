// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Foundation
import Logging
import NIOPosix
import ServiceLifecycle
import StrictJSON
import Synchronization

/// How far the log is archived; kept in `<data>/archive.json`.
final class ArchiveProgress: Sendable {
    private let path: String
    private let state: Mutex<UInt64>

    init(data directory: String) {
        path = directory + "/archive.json"
        let object = FileManager.default.contents(atPath: path).flatMap { try? JSONValue.parse(Array($0)).objectValue }
        state = Mutex(object?["below"]?.int64Value.flatMap { UInt64(exactly: $0) } ?? 0)
    }

    /// Every full bundle below this index is in the archive.
    var below: UInt64 { state.withLock { $0 } }

    /// Notes progress; a file that cannot be written costs looking at the same bundles again.
    func note(_ below: UInt64) throws {
        guard
            state.withLock({ state in
                defer { state = max(state, below) }
                return below > state
            })
        else { return }
        var object = JSONObject()
        object.append("below", .number(JSONNumber(Int64(clamping: below))))
        try Data(JSONValue.object(object).canonicalBytes()).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

/// Copies what was published to the archive, from time to time.
struct ArchiveKeeper: Service {
    private let archive: DirectoryArchive
    private let interval: Duration
    private let progress: ArchiveProgress
    private let logger: Logger

    init?(_ configuration: ServerConfiguration, audit: AuditTrail, logger: Logger) {
        guard let target = configuration.audit.archive, let directory = audit.directory else { return nil }
        archive = DirectoryArchive(of: directory, in: target.directory)
        interval = target.interval
        progress = audit.archive
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: interval)) != nil { await advance() }
        }
    }

    private func advance() async {
        do {
            try await NIOThreadPool.singleton.runIfActive {
                var below = progress.below
                while true {
                    let next = try archive.advance(from: below, atMost: 256)
                    try progress.note(next)
                    guard next > below, !Task.isCancelled else { return }
                    below = next
                }
            }
        } catch {
            logger.error("audit log not archived", metadata: ["error": "\(error)"])
        }
    }
}
