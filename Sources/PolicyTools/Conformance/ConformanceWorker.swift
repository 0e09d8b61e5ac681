// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The process that runs cases for a ``WatchedConformanceRun``: it reads which ones, and tells how each ended.
package enum ConformanceWorker {
    /// Runs the cases that standard input lists, all for an empty list, and writes a journal to standard output.
    ///
    /// - Throws: ``ToolError`` as `ConformanceRun` does.
    package static func run(paths: [String], options: ConformanceRun.Options) throws(ToolError) {
        let wanted = String(decoding: try DiskFiles.standardInput(), as: UTF8.self)
            .split(whereSeparator: { $0 == "," || $0.isNewline }).compactMap { Int($0) }
        let output = Mutex(FileHandle.standardOutput)
        let journal: @Sendable (JournalEvent) -> Void = { event in
            output.withLock { try? $0.write(contentsOf: Data(event.line)) }
        }
        let run = try ConformanceRun(paths: paths, options: options, journal: journal)
        journal(.found(run.candidateCount))
        run.run(only: wanted.isEmpty ? Array(0..<run.candidateCount) : wanted)
        journal(.done)
    }
}
