// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Who hears what became of a record.
enum Recipient: Sendable {
    typealias Completion = @Sendable (Result<AuditReceipt, AuditLogError>) -> Void

    case eventLoop(any EventLoop, Completion)
    /// Called on the writer's thread; must return at once.
    case direct(Completion)
    /// Told already, or never interested.
    case nobody
}

/// A record in the queue.
struct QueuedRecord: Sendable {
    var record: AuditRecord
    var recipient: Recipient
    /// Its `n`, given on entering the queue.
    var counter: Int64 = 0

    var byteCount: Int { record.leaf.count + record.disclosures.count + SegmentFrame.headerBytes }

    /// The record with its `n` put in.
    func durable(at index: UInt64) -> DurableRecord {
        var leaf: [UInt8] = []
        leaf.reserveCapacity(record.leaf.count + 20)
        leaf.append(contentsOf: record.leaf[..<record.counterOffset])
        leaf.append(contentsOf: String(counter).utf8)
        leaf.append(contentsOf: record.leaf[record.counterOffset...])
        return DurableRecord(index: index, leaf: leaf, disclosures: record.disclosures)
    }
}

/// Results on their way to those who wait: one hop for each event loop, whatever the number of records.
struct Deliveries {
    private var loops: [ObjectIdentifier: (loop: any EventLoop, calls: [@Sendable () -> Void])] = [:]
    private var direct: [@Sendable () -> Void] = []

    mutating func add(_ recipient: Recipient, _ result: Result<AuditReceipt, AuditLogError>) {
        switch recipient {
        case .eventLoop(let loop, let completion):
            loops[ObjectIdentifier(loop), default: (loop, [])].calls.append { completion(result) }
        case .direct(let completion): direct.append { completion(result) }
        case .nobody: break
        }
    }

    func send() {
        for call in direct { call() }
        for (loop, calls) in loops.values { loop.execute { for call in calls { call() } } }
    }
}
