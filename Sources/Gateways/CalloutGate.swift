// SPDX-License-Identifier: Apache-2.0

import Callout
package import DecisionEngine
import NIOCore
import Synchronization
import Transport

/// What every adapter has in common: who is asking, and whom to ask.
package final class CalloutGate: Sendable {
    private let authenticator: Mutex<GatewayAuthenticator>
    let decisionPoint: PolicyDecisionPoint
    /// How long a gateway that names no deadline is taken to wait.
    let defaultBudget: TimeAmount

    package init(authenticator: GatewayAuthenticator, decisionPoint: PolicyDecisionPoint, defaultBudget: Duration) {
        self.authenticator = Mutex(authenticator)
        self.decisionPoint = decisionPoint
        self.defaultBudget = .nanoseconds(
            defaultBudget.components.seconds * 1_000_000_000 + defaultBudget.components.attoseconds / 1_000_000_000
        )
    }

    /// Replaces the gateways on reload.
    package func activate(_ next: GatewayAuthenticator) { authenticator.withLock { $0 = next } }

    func authenticate(_ peer: Peer, key: String?) throws(Fault) -> GatewayIdentity {
        let current = authenticator.withLock { $0 }
        return try current.authenticate(peer, key: key, now: WallClock.seconds)
    }
}
