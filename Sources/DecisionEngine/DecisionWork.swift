// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Callout
import Cedar
import Identity
package import NIOCore

/// When a question arrived, and until when it must be answered.
package struct CallTiming: Sendable {
    /// When the bytes that completed the question were read.
    package let receivedAt: NIODeadline
    /// When the gateway stops waiting, less a margin for the way back (WIRE W7); `nil` if it did not say.
    package let deadline: NIODeadline?

    /// The time kept free for the answer's way back.
    private static let margin = TimeAmount.milliseconds(2)

    /// The part of the time left that is kept free when something outside is waited for, and its bounds in nanoseconds.
    private static let (reservedPart, reserve): (Int64, ClosedRange<Int64>) = (8, 5_000_000...100_000_000)

    /// How long something outside may be waited for now: a slow issuer must not make the answer itself late, since a
    /// gateway that waits in vain may let the request through.
    var patience: TimeAmount {
        guard let deadline else { return .seconds(5) }
        let left = max(0, (deadline - .now()).nanoseconds)
        let reserved = min(max(left / Self.reservedPart, Self.reserve.lowerBound), Self.reserve.upperBound)
        return .nanoseconds(max(0, left - reserved))
    }

    /// Makes a timing; the margin is taken off the caller's own deadline.
    package init(receivedAt: NIODeadline, deadline: NIODeadline?) {
        self.receivedAt = receivedAt
        self.deadline = deadline.map { $0 - Self.margin }
    }
}

/// A decision while it is made: what came in, and what its record will say, gathered along the way.
///
/// `@unchecked Sendable`: one at a time uses it, the event loop, and while an issuer is awaited the task that hands it back.
final class DecisionWork: @unchecked Sendable {
    let callout: CalloutRequest
    let timing: CallTiming
    let generation: PolicyGeneration
    let scratch: DecisionScratch
    /// The id (UUIDv7), as the gateway is told.
    let decisionID: String
    let time: AuditTimestamp
    /// The time of the decision, in whole seconds since the Unix epoch.
    let seconds: Int64
    let queueNanoseconds: Int64

    var match: RouteTable.Match?
    var plan: RoutePlan?
    /// The host in canonical form.
    var host: String?
    /// The client's address, read.
    var client: IPValue?
    var caller: IdentifiedCaller?
    /// Whether the credential came with a proof of possession.
    var presentsProof = false
    var mapped: MappedRequest?
    /// `sha256:` of the canonical policy input.
    var inputDigest = ""
    var policyErrors: [String] = []
    var obligations: [String] = []
    var latency = StageLatency()

    private var awaited: AwaitedAuthentication?
    private var stageBegan: NIODeadline
    /// The clock as it was last read.
    private var latest: NIODeadline

    init(
        _ callout: consuming CalloutRequest, _ timing: CallTiming, generation: PolicyGeneration,
        scratch: DecisionScratch
    ) {
        self.callout = callout
        self.timing = timing
        self.generation = generation
        self.scratch = scratch
        time = AuditTimestamp.now
        seconds = time.microseconds / 1_000_000
        decisionID = UUIDv7().description
        stageBegan = .now()
        latest = stageBegan
        queueNanoseconds = max(0, (stageBegan - timing.receivedAt).nanoseconds)
    }

    /// Since the request arrived, as of the end of the last stage.
    var nanosecondsSinceArrival: Int64 { (latest - timing.receivedAt).nanoseconds }

    /// Ends a stage and begins the next; returns its nanoseconds.
    @discardableResult
    func finish(_ stage: DecisionMetrics.Stage, _ metrics: DecisionMetrics) -> Int64 {
        let now = NIODeadline.now()
        let elapsed = (now - stageBegan).nanoseconds
        (stageBegan, latest) = (now, now)
        metrics.time(stage, nanoseconds: elapsed)
        return elapsed
    }

    /// Goes on after a wait, which belongs to the stage that waited.
    func resume(_ awaited: AwaitedAuthentication) {
        latest = .now()
        self.awaited = awaited
    }

    /// What a wait has settled; `nil` if the credential is to be verified with what is at hand.
    func takeAwaited() -> Result<AuthenticatedCaller, IdentityError>? {
        defer { awaited = nil }
        switch awaited {
        case .settled(let result)?: return result
        case .again?, nil: return nil
        }
    }

    /// Drops work whose deadline has passed rather than doing it.
    func checkBudget(_ code: ReasonCode) throws(Refusal) {
        if let deadline = timing.deadline, latest > deadline {
            throw Refusal(code, detail: "the gateway's deadline has passed")
        }
    }
}
