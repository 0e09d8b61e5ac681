// SPDX-License-Identifier: Apache-2.0

import AuditLog
package import Callout
import Cedar
package import Identity
package import Logging
package import NIOCore
import StrictJSON
import Synchronization

/// The policy decision point: one question in, one verdict out, each recorded before it leaves.
///
/// The steps are match, identify, decide, apply and record; each takes values and returns values. A decision that has
/// everything at hand runs through on the caller's event loop; only what must be asked outside makes it wait.
package final class PolicyDecisionPoint: Sendable {
    private let generation: Mutex<PolicyGeneration>
    private let verifier: CallerVerifier
    private let recorder: DecisionRecorder
    private let metrics: DecisionMetrics
    private let logger: Logger
    private let pool = ScratchPool()

    /// Makes a decision point.
    package init(
        generation: PolicyGeneration, verifier: CallerVerifier, recorder: DecisionRecorder, metrics: DecisionMetrics,
        logger: Logger
    ) {
        self.generation = Mutex(generation)
        self.verifier = verifier
        self.recorder = recorder
        self.metrics = metrics
        self.logger = logger
    }

    /// What decides at the moment.
    package var current: PolicyGeneration { generation.withLock { $0 } }

    /// Replaces what decides; decisions that have begun end under what they began with.
    package func activate(_ next: PolicyGeneration) { generation.withLock { $0 = next } }

    /// Decides.
    ///
    /// - Parameters:
    ///   - callout: The question.
    ///   - timing: When it arrived, and until when it must be answered.
    ///   - eventLoop: The loop that the caller is on; `answer` is called on it, now or later.
    ///   - answer: Gets the verdict once its record is durable.
    /// - Returns: The task of a decision that must wait for an issuer, to be cancelled with the call; else `nil`.
    package func decide(
        _ callout: consuming CalloutRequest, _ timing: CallTiming, on eventLoop: any EventLoop,
        answer: @escaping @Sendable (Verdict) -> Void
    ) -> Task<Void, Never>? {
        let work = DecisionWork(callout, timing, generation: current, scratch: pool.take())
        switch resolve(work, mayWait: true) {
        case .verdict(let verdict):
            record(verdict, work, on: eventLoop, answer: answer)
            return nil
        case .pending(let pending):
            return Task { await self.finish(work, after: pending, on: eventLoop, answer: answer) }
        }
    }

    /// Waits, at most ``maximumWaits`` times, and decides on the event loop each time.
    private func finish(
        _ work: DecisionWork, after first: PendingAuthentication, on eventLoop: any EventLoop,
        answer: @escaping @Sendable (Verdict) -> Void
    ) async {
        var pending: PendingAuthentication? = first
        var waits = 0
        while let next = pending {
            let awaited = await wait(for: next, work.timing.patience)
            waits += 1
            // Whoever has waited as long as the gateway does has no time for a second wait.
            let mayWait = awaited != nil && waits < Self.maximumWaits
            pending = await withCheckedContinuation { continuation in
                eventLoop.execute {
                    work.resume(awaited ?? .again)
                    switch self.resolve(work, mayWait: mayWait) {
                    case .verdict(let verdict):
                        self.record(verdict, work, on: eventLoop, answer: answer)
                        continuation.resume(returning: nil)
                    case .pending(let further): continuation.resume(returning: further)
                    }
                }
            }
        }
    }

    /// Keys, and then the state of the token.
    private static let maximumWaits = 2

    /// Refuses without deciding, with a record: for callouts of gateways that are not authenticated.
    package func refuse(
        _ callout: CalloutRequest, _ fault: Fault, _ timing: CallTiming, on eventLoop: any EventLoop,
        answer: @escaping @Sendable (Verdict) -> Void
    ) {
        let work = DecisionWork(callout, timing, generation: current, scratch: pool.take())
        let verdict = Verdict(refusing: fault, decisionID: work.decisionID)
        record(verdict, work, on: eventLoop, answer: answer)
    }

    // MARK: The straight line

    private enum Resolution {
        case verdict(Verdict)
        case pending(PendingAuthentication)
    }

    /// What the identification of a caller may end in, besides a refusal.
    private enum Identification {
        case caller(IdentifiedCaller)
        case pending(PendingAuthentication)
    }

    private func resolve(_ work: DecisionWork, mayWait: Bool) -> Resolution {
        do throws(Refusal) {
            let match = try self.match(work)
            let caller: IdentifiedCaller
            switch try identify(work, match, mayWait: mayWait) {
            case .caller(let identified): caller = identified
            case .pending(let pending): return .pending(pending)
            }
            let mapped = try map(work, match, caller)
            let permission = try decide(work, match, mapped)
            return .verdict(apply(work, match, caller, permission))
        } catch {
            return .verdict(refusal(error, work))
        }
    }

    private func match(_ work: DecisionWork) throws(Refusal) -> RouteTable.Match {
        // After a wait: the time that it took belongs to the next stage.
        if let match = work.match { return match }
        defer { work.finish(.match, metrics) }
        try work.checkBudget(.budgetMatch)
        let path: CanonicalPath
        do throws(CanonicalPath.Ambiguity) {
            path = try CanonicalPath(work.callout.path)
        } catch {
            throw Refusal(.ambiguousPath, detail: "the path \(error.rawValue)")
        }
        // Without its address a forbid by address could not fire: what cannot be read refuses.
        if let address = work.callout.clientAddress {
            guard let client = ClientAddress.read(address) else {
                throw Refusal(.requestMalformed, detail: "the client's address is not an IP address")
            }
            work.client = client
        }
        if let host = work.callout.host {
            guard let canonical = CanonicalHost.read(host) else {
                throw Refusal(.ambiguousPath, detail: "the host is not a host name")
            }
            work.host = canonical
        }
        guard let match = work.generation.routes.match(work.callout, path: path, host: work.host) else {
            throw Refusal(.routeUnknown)
        }
        work.match = match
        work.plan = work.generation.plans[match.routeIndex]
        return match
    }

    private func identify(
        _ work: DecisionWork, _ match: RouteTable.Match, mayWait: Bool
    ) throws(Refusal) -> Identification {
        defer { work.latency.identify = work.finish(.identify, metrics) / 1000 }
        try work.checkBudget(.budgetIdentify)
        let presented: Credential?
        do throws(Fault) {
            presented = try PresentedCredential.find(
                in: work.callout, sources: match.api.credentials, onlyOne: match.api.refusesSeveralCredentials)
        } catch {
            throw Refusal(error)
        }
        let selection = work.generation.plans[match.routeIndex].selection
        // Where a gateway hands over certificates, they come with every request: they count where nothing else is there.
        let handed = presented == nil ? selection?.implied(by: work.callout) : nil
        guard let credential = presented ?? handed else {
            guard match.route.allowsAnonymous else { throw Refusal(.noCredential) }
            return .caller(keep(work.generation.anonymous, in: work))
        }
        if case .proven = credential { work.presentsProof = true }
        guard let selection else { throw Refusal(.tokenIssuer) }
        do throws(IdentityError) {
            let found: AuthenticatedCaller
            if let awaited = work.takeAwaited() {
                found = try awaited.get()
            } else {
                let authentication = try verifier.authenticate(
                    credential, in: work.callout, from: selection, live: match.route.wantsLiveState, now: work.seconds,
                    mayWait: mayWait)
                switch authentication {
                case .caller(let caller): found = caller
                case .pending(let pending): return .pending(pending)
                }
            }
            try verifier.confirm(
                found, credential, in: work.callout, origin: match.api.externalOrigin, now: work.seconds)
            return .caller(keep(try caller(of: found, work), in: work))
        } catch {
            throw Refusal(error.fault, detail: error.description)
        }
    }

    private func caller(
        of found: AuthenticatedCaller, _ work: DecisionWork
    ) throws(IdentityError) -> IdentifiedCaller {
        do throws(EntityError) {
            return try work.generation.caller(of: found)
        } catch {
            throw .claimNotAccepted(name: "groups", .notAccepted)
        }
    }

    private func keep(_ caller: IdentifiedCaller, in work: DecisionWork) -> IdentifiedCaller {
        work.caller = caller
        return caller
    }

    private func map(
        _ work: DecisionWork, _ match: RouteTable.Match, _ caller: IdentifiedCaller
    ) throws(Refusal) -> MappedRequest {
        try work.checkBudget(.budgetEnrich)
        defer { work.finish(.enrich, metrics) }
        let mapping = RequestMapping(work: work, match: match, plan: work.generation.plans[match.routeIndex])
        do throws(EntityError) {
            let mapped = try mapping.map(caller)
            work.mapped = mapped
            work.inputDigest = work.scratch.input.withUnsafeBytes { ContentDigest.text(of: $0) }
            return mapped
        } catch {
            throw Refusal(.policyError, detail: error.description)
        }
    }

    /// What policy granted: made by ``decide(_:_:_:)`` alone.
    private struct Permission {
        let policies: [String]
        let message: String?
    }

    private func decide(
        _ work: DecisionWork, _ match: RouteTable.Match, _ mapped: MappedRequest
    ) throws(Refusal) -> Permission {
        defer { work.latency.decide = work.finish(.decide, metrics) / 1000 }
        try work.checkBudget(.budgetDecide)
        let engine = work.generation.engine
        let response: Response
        do throws(PreparationError) {
            response = try engine.authorize(mapped.request, entities: mapped.entities)
        } catch {
            throw Refusal(.policyError, detail: error.description)
        }
        work.policyErrors = response.errors.map(\.policy.text)
        for failure in response.errors {
            logger.warning(
                "policy could not be evaluated", metadata: ["policy": "\(failure.policy)", "error": "\(failure.error)"])
        }
        let policies = response.determining.map(\.text)
        let said = work.generation.notes(of: response.determining)
        work.obligations = said.obligations
        let message = said.reason
        switch response.decision {
        case .allow:
            if match.route.deniesOnError, response.errors.contains(where: { $0.effect == .forbid }) {
                throw Refusal(.policyError, detail: "a forbid could not be evaluated")
            }
            return Permission(policies: policies, message: message)
        case .deny:
            throw Refusal(Fault(.policyDenied, message: message), policies: policies)
        }
    }

    /// The one place where a verdict allows.
    private func apply(
        _ work: DecisionWork, _ match: RouteTable.Match, _ caller: IdentifiedCaller, _ permission: Permission
    ) -> Verdict {
        defer { work.finish(.apply, metrics) }
        let headers = match.route.identityHeaders.map { HeaderField($0.name, $0.value(for: caller.principal)) }
        let principal = caller.principal
        var attributes = JSONObject()
        for name in match.route.attributes { attributes.append(name, principal.attributes[name] ?? .string("")) }
        return Verdict(
            allowing: Verdict.Grant(
                decisionID: work.decisionID, principal: principal, policies: permission.policies,
                attributes: attributes, setHeaders: HeaderRules.bounded(headers),
                proofNonce: work.presentsProof ? nonce(work) : nil
            )
        )
    }

    private func refusal(_ refusal: Refusal, _ work: DecisionWork) -> Verdict {
        if !refusal.detail.isEmpty {
            logger.debug(
                "refused",
                metadata: [
                    "decision": "\(work.decisionID)", "reason": "\(refusal.fault.code.rawValue)",
                    "detail": "\(refusal.detail)",
                ]
            )
        }
        return Verdict(
            refusing: refusal.fault, decisionID: work.decisionID, principal: work.caller?.principal,
            policies: refusal.policies,
            challenge: Challenge.text(
                for: refusal.fault, realm: work.match?.api.name, presentsProof: work.presentsProof),
            proofNonce: work.presentsProof || refusal.fault.code == .proofMissing ? nonce(work) : nil,
            prefersFault: work.match?.route.onDeny == .fault
        )
    }

    /// What the caller's next proof is to carry.
    private func nonce(_ work: DecisionWork) -> String? { verifier.possession.nonces?.current(at: work.seconds) }

    // MARK: Recording and waiting

    private func record(
        _ verdict: Verdict, _ work: DecisionWork, on eventLoop: any EventLoop,
        answer: @escaping @Sendable (Verdict) -> Void
    ) {
        work.latency.total = work.nanosecondsSinceArrival / 1000
        work.latency.queue = work.queueNanoseconds / 1000
        let (metrics, logger, timing, dialect) = (metrics, logger, work.timing, work.callout.dialect)
        let began = NIODeadline.now()
        let record = DecisionRecord(work: work, verdict: verdict, boot: recorder.boot)
        recorder.record(record, on: eventLoop, deadline: timing.deadline) { error in
            let told: Verdict
            if let error {
                logger.error("decision not recorded", metadata: ["error": "\(error)"])
                told = Verdict(refusing: Fault(.auditUnavailable), decisionID: verdict.decisionID)
            } else {
                told = verdict
            }
            let now = NIODeadline.now()
            metrics.time(.record, nanoseconds: (now - began).nanoseconds)
            metrics.count(told, dialect, nanoseconds: (now - timing.receivedAt).nanoseconds)
            answer(told)
        }
        // The log has copied what was written.
        pool.give(work.scratch)
    }

    /// Waits, but no longer than the gateway does; `nil` if that was not enough, so that what is at hand decides.
    private func wait(for pending: PendingAuthentication, _ patience: TimeAmount) async -> AwaitedAuthentication? {
        await withTaskGroup(of: AwaitedAuthentication?.self) { group in
            group.addTask { await self.verifier.wait(for: pending) }
            group.addTask {
                try? await Task.sleep(for: .nanoseconds(patience.nanoseconds))
                return nil
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? nil
        }
    }
}
