// SPDX-License-Identifier: Apache-2.0

import AuditLog

/// Reads bundles, and what the index needs of them, on threads of its own, ahead of whoever fills the index.
///
/// Reading and looking through records takes most of the time of a reindex and can be done side by side; rows go in by one
/// thread. Memory stays bounded: so many bundles are read ahead, and no more.
final class FieldsAhead: Sendable {
    /// What the index needs of the records of one bundle.
    struct Rows: Sendable {
        var firstIndex: UInt64
        var fields: [IndexedFields]

        var endIndex: UInt64 { firstIndex + UInt64(fields.count) }
    }

    private struct State {
        /// The next bundle that a thread takes.
        var unread: UInt64
        /// The next bundle that is given out.
        var next: UInt64
        var read: [UInt64: Result<Rows, AuditLogError>] = [:]
        var isStopped = false
    }

    private static let threads = 2
    private static let ahead: UInt64 = 24

    private let log: OpenedLog
    private let end: UInt64
    private let state: AwaitedState<State>

    /// Begins to read the bundles of a range.
    init(_ log: OpenedLog, _ bundles: Range<UInt64>) throws(AuditLogError) {
        self.log = log
        end = bundles.upperBound
        state = AwaitedState(State(unread: bundles.lowerBound, next: bundles.lowerBound))
        for number in 0..<Self.threads {
            do {
                try LogThread.start("audit-read-\(number)") { [self] in run() }
            } catch {
                stop()
                throw error
            }
        }
    }

    /// The rows of the next bundle; `nil` after the last.
    func next() throws(AuditLogError) -> Rows? {
        let result = state.wait { [end] state -> Result<Rows, AuditLogError>?? in
            guard state.next < end else { return .some(nil) }
            guard let result = state.read.removeValue(forKey: state.next) else { return nil }
            state.next += 1
            return result
        }
        return try result?.get()
    }

    /// Lets the threads end; nothing more is given out.
    func stop() { state.change { $0.isStopped = true } }

    private func run() {
        while true {
            let number = state.wait { [end] state -> UInt64?? in
                guard !state.isStopped, state.unread < end else { return .some(nil) }
                guard state.unread < state.next + Self.ahead else { return nil }
                defer { state.unread += 1 }
                return state.unread
            }
            guard let number else { return }
            let result: Result<Rows, AuditLogError>
            do throws(AuditLogError) { result = .success(Self.rows(try log.bundle(number))) } catch {
                result = .failure(error)
            }
            state.change { $0.read[number] = result }
        }
    }

    /// What the index needs of a bundle's records.
    static func rows(_ bundle: RecordBundle) -> Rows {
        let lines = bundle.disclosureLines()
        let fields = bundle.bytes.withUnsafeBytes { bytes in
            bundle.disclosures.withUnsafeBytes { disclosures in
                bundle.entries.indices.map { place in
                    IndexedFields(
                        leaf: UnsafeRawBufferPointer(rebasing: bytes[bundle.entries[place]]),
                        disclosures: lines[place].map { UnsafeRawBufferPointer(rebasing: disclosures[$0]) })
                }
            }
        }
        return Rows(firstIndex: bundle.firstIndex, fields: fields)
    }
}
