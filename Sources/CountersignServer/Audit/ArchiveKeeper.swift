// SPDX-License-Identifier: Apache-2.0

import AuditArchive
import AuditLog
import Logging
import NIOPosix
import Outbound
import ServiceLifecycle

/// Copies what was published to the archive, from time to time; records and verdicts never wait for it.
final class ArchiveKeeper: Service {
    private enum Target {
        case directory(DirectoryArchive)
        case bucket(ArchiveBucket, parallel: Int)
    }

    /// The most bundles between two notes of the progress.
    private static let bundles: UInt64 = 64

    private let target: Target
    private let interval: Duration
    private let directory: String
    private let audit: AuditTrail
    private let logger: Logger

    init?(_ configuration: ServerConfiguration, audit: AuditTrail, fetcher: HTTPFetcher, logger: Logger) {
        guard let archive = configuration.audit.archive, let directory = audit.directory else { return nil }
        switch archive.target {
        case .directory(let path): target = .directory(DirectoryArchive(of: directory, in: path))
        case .bucket(let bucket):
            target = .bucket(
                ArchiveBucket(bucket, configuration, fetcher: fetcher), parallel: bucket.settings.parallel)
        }
        (self.directory, self.audit, self.logger, interval) = (directory, audit, logger, archive.interval)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            // Where the next round begins: behind a conflict too, which a start looks at again.
            var cursor = audit.archive.below
            var isChecked = false
            while (try? await Task.sleep(for: interval)) != nil {
                do {
                    try await round(from: &cursor, &isChecked)
                    audit.archive.update { $0.lastSuccess = .now }
                    let conflicts = audit.archive.counts.conflicts
                    audit.noteUpstream(
                        "archive", isUp: conflicts.isEmpty,
                        problem: conflicts.min().map { "it holds something else under `\($0)`" })
                } catch {
                    guard !Task.isCancelled else { return }
                    audit.archive.update { $0.failures += 1 }
                    audit.noteUpstream("archive", isUp: false, problem: "\(error)")
                    logger.error("audit log not archived", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    private func round(from cursor: inout UInt64, _ isChecked: inout Bool) async throws {
        switch target {
        case .directory(let archive):
            try await advance(&cursor) { first in
                let end = try await NIOThreadPool.singleton.runIfActive {
                    try archive.advance(from: first, atMost: Self.bundles)
                }
                return ObjectArchive.Progress(end: end)
            }
        case .bucket(let bucket, let parallel):
            let store = try await bucket.store()
            if !isChecked {
                try await store.checkWritesOnce()
                isChecked = true
            }
            let archive = ObjectArchive(of: directory, in: store, parallel: parallel)
            try await advance(&cursor) { try await archive.advance(from: $0, atMost: Self.bundles) }
        }
    }

    private func advance(
        _ cursor: inout UInt64, _ step: (UInt64) async throws -> ObjectArchive.Progress
    ) async throws {
        while !Task.isCancelled {
            let progress = try await step(cursor)
            audit.archive.update { counts in
                counts.objects += UInt64(progress.objects)
                counts.bytes += UInt64(progress.bytes)
                counts.conflicts.formUnion(progress.conflicts)
            }
            for path in progress.conflicts {
                logger.critical("the archive holds something else", metadata: ["path": "\(path)"])
            }
            // Nothing behind a conflict counts as archived: it could be pruned.
            if audit.archive.counts.conflicts.isEmpty { try audit.archive.note(progress.end) }
            guard progress.end > cursor else { return }
            cursor = progress.end
        }
    }
}
