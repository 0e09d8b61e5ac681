// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Synchronization

/// How far the log is archived; kept in `<data>/archive.json`.
final class ArchiveProgress: Sendable {
    /// What happened since the start.
    struct Counts: Sendable {
        var objects: UInt64 = 0
        var bytes: UInt64 = 0
        var failures: UInt64 = 0
        /// Paths under which the archive holds something else.
        var conflicts: Set<String> = []
        /// When a round last came to its end.
        var lastSuccess: ContinuousClock.Instant?
    }

    private struct State {
        var below: UInt64
        var counts = Counts()
    }

    private let path: String
    /// Where the log is archived; another target begins anew.
    private let target: String
    let isConfigured: Bool
    let start = ContinuousClock.now
    private let state: Mutex<State>

    init(data directory: String, target: String?) {
        path = directory + "/archive.json"
        (self.target, isConfigured) = (target ?? "", target != nil)
        let object = FileManager.default.contents(atPath: path).flatMap { try? JSONValue.parse(Array($0)).objectValue }
        let below = object?["below"]?.int64Value.flatMap { UInt64(exactly: $0) } ?? 0
        // Files of before targets were noted belong to the only target there was.
        let isSame = object?["target"].map { $0.stringValue == target } ?? true
        state = Mutex(State(below: isSame ? below : 0))
    }

    /// Every full bundle below this index is in the archive.
    var below: UInt64 { state.withLock { $0.below } }

    var counts: Counts { state.withLock { $0.counts } }

    func update(_ body: (inout Counts) -> Void) { state.withLock { body(&$0.counts) } }

    /// Notes progress; a file that cannot be written costs looking at the same bundles again.
    func note(_ below: UInt64) throws {
        guard
            state.withLock({ state in
                defer { state.below = max(state.below, below) }
                return below > state.below
            })
        else { return }
        var object = JSONObject()
        object.append("below", .number(JSONNumber(Int64(clamping: below))))
        object.append("target", .string(target))
        try Data(JSONValue.object(object).canonicalBytes()).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
