// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

/// A run of the service: from its `boot` record to its last.
struct ServiceRun: Sendable {
    let boot: String
    let mode: String
    let version: String
    let first: String
    var last: String
    var records = 0
    var isShutDown = false
}

/// What the report knows of one log; decisions are those of the period, everything else of the whole log.
struct LogFacts: Sendable {
    /// So many records of administration are kept.
    static let maximumEvents = 50_000

    let log: OpenedLog
    let verification: VerificationReport
    var runs: [ServiceRun] = []
    var decisions = DecisionFacts()
    /// Records that are no decisions, in the order of the log.
    var events: [LogRecord] = []
    var eventsLeftOut = 0
    var sample: SampleDraw
    /// How many records of the period answer each control's query.
    var controlRows: [Int]
    /// Records of the period that the tiles do not prove.
    var unproved: [UInt64] = []
    var recordsInPeriod = 0

    init(_ log: OpenedLog, _ verification: VerificationReport, sampleSize: Int) {
        (self.log, self.verification) = (log, verification)
        sample = SampleDraw(root: log.checkpoint.root, size: sampleSize)
        controlRows = [Int](repeating: 0, count: Control.all.count)
    }

    mutating func add(_ record: LogRecord, isInPeriod: Bool, _ conditions: [[RecordCondition]]) {
        follow(record)
        if !record.isVerified, unproved.count < 1000 { unproved.append(record.index) }
        if record.type == "decision" {
            decisions.add(record)
            sample.offer(record)
        } else if events.count < Self.maximumEvents {
            events.append(record)
        } else {
            eventsLeftOut += 1
        }
        guard isInPeriod else { return }
        recordsInPeriod += 1
        for (place, all) in conditions.enumerated() where all.allSatisfy({ $0.holds(for: record) }) {
            controlRows[place] += 1
        }
    }

    private mutating func follow(_ record: LogRecord) {
        let boot = record.text("boot") ?? ""
        let time = record.text("ts") ?? ""
        if runs.last?.boot != boot {
            runs.append(
                ServiceRun(
                    boot: boot, mode: record.text("mode") ?? "not recorded", version: record.text("version") ?? "",
                    first: time, last: time))
        }
        runs[runs.count - 1].last = time
        runs[runs.count - 1].records += 1
        if record.type == "shutdown" { runs[runs.count - 1].isShutDown = true }
    }

    /// The records of some types, oldest first, within the period or in all.
    func events(_ types: Set<String>, from: Int64? = nil, to: Int64? = nil) -> [LogRecord] {
        events.filter { record in
            types.contains(record.type) && record.time >= from ?? .min && record.time < to ?? .max
        }
    }
}
