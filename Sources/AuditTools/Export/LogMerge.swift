// SPDX-License-Identifier: Apache-2.0

package import AuditLog

/// Several logs as one stream, ordered by time, origin and index (AUDIT, section 7).
///
/// Times within one log are those at which requests were decided, so neighbours may be out of order by a little: a
/// window of records of each log is sorted. Memory is bounded by the windows.
package struct LogMerge {
    /// So many records of each log are held.
    private static let window = 4096

    private let logs: [OpenedLog]
    private let filter: RecordStream.Filter
    /// Records that came so late that others behind them were written already.
    package private(set) var late = 0

    /// Prepares to merge.
    package init(_ logs: [OpenedLog], _ filter: RecordStream.Filter = RecordStream.Filter()) {
        (self.logs, self.filter) = (logs, filter)
    }

    private struct Source {
        let log: OpenedLog
        var next: UInt64 = 0
        var held: [LogRecord] = []
        var isSorted = false
    }

    /// Calls back for each record, until the answer is `false`.
    package mutating func forEach(_ body: (LogRecord) throws(AuditToolError) -> Bool) throws(AuditToolError) {
        var sources = logs.map { Source(log: $0) }
        var last = Int64.min
        while true {
            for place in sources.indices { try fill(&sources[place]) }
            var first: Int?
            for place in sources.indices {
                guard let candidate = sources[place].held.last else { continue }
                if let known = first, let other = sources[known].held.last, !Self.precedes(candidate, other) {
                    continue
                }
                first = place
            }
            guard let first else { return }
            let record = sources[first].held.removeLast()
            let time = record.time
            if time < last { late += 1 }
            last = max(last, time)
            guard try body(record) else { return }
        }
    }

    /// Holds a window again once half of it was given out; the first record is the last of the array.
    private func fill(_ source: inout Source) throws(AuditToolError) {
        guard source.held.count <= Self.window / 2, source.next < source.log.size else { return }
        var added: [LogRecord] = []
        let room = Self.window - source.held.count
        var next = source.next
        try RecordStream(source.log, filter).forEach(from: source.next) { record throws(AuditToolError) in
            added.append(record)
            next = record.index + 1
            return added.count < room
        }
        source.next = added.count < room ? source.log.size : next
        source.held = (source.held + added).sorted { Self.precedes($1, $0) }
    }

    private static func precedes(_ left: LogRecord, _ right: LogRecord) -> Bool {
        let (one, other) = (left.time, right.time)
        if one != other { return one < other }
        if left.origin != right.origin { return left.origin < right.origin }
        return left.index < right.index
    }
}
