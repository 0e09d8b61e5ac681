// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// This service's own AWS credentials: looked up when first needed, kept, and renewed before they end.
///
/// One look-up at a time, however many want them. While those at hand still count, nobody waits for newer ones but the one
/// who looks; and while they count, a failure to renew them is no failure to have them.
package final class AWSCredentialProvider: Sendable {
    private struct State {
        var known: AWSCredentials?
        /// From when on newer ones are looked for.
        var renewAt = Int64.min
        var failure: AWSCredentialFailure?
        var isLooking = false
        var lookups = 0
    }

    /// How long before their end credentials are renewed, in seconds; less for those that live but a short while.
    private static let margin: Int64 = 300
    /// For how long credentials that do not end are kept, so that a changed file counts within a minute, in seconds.
    private static let recheck: Int64 = 60
    /// For how long a source that failed is left alone, in seconds.
    private static let rest: Int64 = 5

    /// The source.
    package let source: AWSCredentialSource
    private let lookup: AWSCredentialLookup
    private let state = Mutex(State())
    private let turn = Turn()

    /// Makes a provider that has looked nothing up yet.
    package init(_ source: AWSCredentialSource, _ surroundings: AWSCredentialSurroundings) {
        self.source = source
        lookup = AWSCredentialLookup(surroundings: surroundings)
    }

    /// How many times the source was asked.
    package var lookups: Int { state.withLock { $0.lookups } }

    /// The credentials, as they count now.
    ///
    /// - Throws: ``AWSCredentialFailure`` if there are none that have not ended.
    package func credentials() async throws(AWSCredentialFailure) -> AWSCredentials {
        let now = lookup.surroundings.now()
        switch atHand(now) {
        case .found(let credentials): return credentials
        case .failed(let failure): throw failure
        case .look: break
        }
        await turn.take()
        defer { turn.give() }
        // Whoever was before may have found them, or have found that there are none.
        switch atHand(now) {
        case .found(let credentials): return credentials
        case .failed(let failure): throw failure
        case .look: return try await look(now)
        }
    }

    private enum AtHand {
        case found(AWSCredentials)
        case failed(AWSCredentialFailure)
        case look
    }

    private func atHand(_ now: Int64) -> AtHand {
        state.withLock { state in
            if let known = state.known, known.expiresAt.map({ now < $0 }) ?? true {
                return now < state.renewAt || state.isLooking ? .found(known) : .look
            }
            if let failure = state.failure, now < state.renewAt { return .failed(failure) }
            return .look
        }
    }

    private func look(_ now: Int64) async throws(AWSCredentialFailure) -> AWSCredentials {
        state.withLock { state in
            state.isLooking = true
            state.lookups += 1
        }
        defer { state.withLock { $0.isLooking = false } }
        do throws(AWSCredentialFailure) {
            var found = try await lookup.credentials(source)
            if let end = found.expiresAt, end <= now {
                throw .unusable(source: source.name, "they ended at \(end) (Unix time)")
            }
            found = keep(found, now)
            return found
        } catch {
            // A caller that left says nothing about the source.
            if Task.isCancelled { throw error }
            let known = state.withLock { state -> AWSCredentials? in
                state.failure = error
                state.renewAt = now.addingReportingOverflow(Self.rest).partialValue
                return state.known.flatMap { known in known.expiresAt.map { now < $0 } ?? false ? known : nil }
            }
            // Those that do not end are not kept against what the source now says.
            guard let known else {
                state.withLock { $0.known = nil }
                throw error
            }
            return known
        }
    }

    private func keep(_ found: AWSCredentials, _ now: Int64) -> AWSCredentials {
        state.withLock { state in
            state.known = found
            state.failure = nil
            let life = found.expiresAt.map { $0 - now }
            let pause = life.map { max(1, $0 - min(Self.margin, max(1, $0 / 4))) } ?? Self.recheck
            state.renewAt = now.addingReportingOverflow(pause).partialValue
        }
        return found
    }
}
