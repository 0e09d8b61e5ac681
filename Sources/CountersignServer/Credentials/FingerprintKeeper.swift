// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import Logging
import ServiceLifecycle
import StrictJSON

/// Fingerprints credentials under another key when a quarter begins (AUDIT, section 4, `who.tok`).
struct FingerprintKeeper: Service {
    let data: String
    let fingerprint: CredentialFingerprint
    let audit: AuditTrail
    let logger: Logger
    /// Drops what was cached with fingerprints under the old key.
    let dropCaches: @Sendable () -> Void
    var interval = Duration.seconds(60)
    var now: @Sendable () -> Date = { Date() }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var current = CredentialKey.quarter(of: now())
            while (try? await Task.sleep(for: interval)) != nil {
                let next = CredentialKey.quarter(of: now())
                if next != current, await rotate(from: current, to: next) { current = next }
            }
        }
    }

    /// Whether the other key is in force.
    private func rotate(from old: String, to new: String) async -> Bool {
        do {
            fingerprint.replaceKey(try CredentialKey.load(data, now: now()))
        } catch {
            logger.error("the key of fingerprints is not replaced", metadata: ["error": "\(error)"])
            return false
        }
        dropCaches()
        let content: JSONObject = [
            "cause": "schedule", "kind": "fingerprint_key", "new": .string(new), "old": .string(old),
        ]
        await audit.write("credential.rotate", "credential", content)
        return true
    }
}
