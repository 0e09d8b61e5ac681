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

/// Those who wait for the records of one batch: one hop for each event loop, whatever the number of records.
struct Recipients: Sendable {
    private typealias Call = (completion: Recipient.Completion, place: Int)

    private struct Lane {
        let loop: any EventLoop
        var calls: [Call]
    }

    private var lanes: [Lane] = []
    private var direct: [Call] = []

    /// Adds who waits for the record at a place of the batch.
    mutating func add(_ recipient: Recipient, place: Int) {
        switch recipient {
        case .eventLoop(let loop, let completion):
            let call = (completion, place)
            // There are as many loops as cores at most: a search is cheaper than a dictionary.
            if let lane = lanes.firstIndex(where: { $0.loop === loop }) {
                lanes[lane].calls.append(call)
            } else {
                lanes.append(Lane(loop: loop, calls: [call]))
            }
        case .direct(let completion): direct.append((completion, place))
        case .nobody: break
        }
    }

    /// Takes over those of another batch, whose records now begin at a place of this one.
    mutating func add(_ other: Recipients, places: Range<Int>, at place: Int) {
        for lane in other.lanes {
            for call in lane.calls where places.contains(call.place) {
                add(.eventLoop(lane.loop, call.completion), place: call.place - places.lowerBound + place)
            }
        }
        for call in other.direct where places.contains(call.place) {
            add(.direct(call.completion), place: call.place - places.lowerBound + place)
        }
    }

    /// Tells everybody that the batch is durable, its first record at an index.
    func succeed(firstIndex: UInt64) {
        send { .success(AuditReceipt(leafIndex: firstIndex + UInt64($0))) }
    }

    /// Tells everybody why the records are not in the log.
    func fail(_ error: AuditLogError) { send { _ in .failure(error) } }

    private func send(_ result: @escaping @Sendable (_ place: Int) -> Result<AuditReceipt, AuditLogError>) {
        for call in direct { call.completion(result(call.place)) }
        for lane in lanes {
            lane.loop.execute { [calls = lane.calls] in
                for call in calls { call.completion(result(call.place)) }
            }
        }
    }
}

/// Results that are known at once, on their way to those who wait; sent outside the lock.
struct Deliveries {
    private var results: [(Recipient, Result<AuditReceipt, AuditLogError>)] = []
    private var failed: [(Recipients, AuditLogError)] = []

    mutating func add(_ recipient: Recipient, _ result: Result<AuditReceipt, AuditLogError>) {
        results.append((recipient, result))
    }

    mutating func fail(_ recipients: Recipients, _ error: AuditLogError) { failed.append((recipients, error)) }

    func send() {
        for (recipients, error) in failed { recipients.fail(error) }
        for (recipient, result) in results {
            switch recipient {
            case .eventLoop(let loop, let completion): loop.execute { completion(result) }
            case .direct(let completion): completion(result)
            case .nobody: break
            }
        }
    }
}
