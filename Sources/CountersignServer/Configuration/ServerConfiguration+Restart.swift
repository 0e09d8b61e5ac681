// SPDX-License-Identifier: Apache-2.0

import Transport

extension ServerConfiguration {
    /// The keys whose values another configuration changes, but only a restart puts in force.
    func keysNeedingRestart(for other: ServerConfiguration) -> [String] {
        var keys: [String] = []
        func compare<Value: Equatable>(_ key: String, _ value: (ServerConfiguration) -> Value) {
            if value(self) != value(other) { keys.append(key) }
        }
        compare("data") { $0.data }
        for (name, listener) in [
            ("grpc", { $0.grpc }), ("http", { $0.http }), ("admin", { $0.admin }),
        ] as [(String, (ServerConfiguration) -> Listener?)] {
            let path = "listeners.\(name)"
            compare("\(path).address") { listener($0).map { "\($0.listener.host):\($0.listener.port)" } }
            guard listener(self) != nil, listener(other) != nil else { continue }
            compare("\(path).protocols") { listener($0)?.protocols }
            compare("\(path).trust") { listener($0)?.listener.trust }
            compare("\(path).tls") { listener($0)?.listener.tls }
            compare("\(path).limits") { listener($0)?.listener.limits }
        }
        compare("audit.mode") { $0.audit.mode }
        compare("audit.max_delay") { $0.audit.early.maximumDelay }
        compare("audit.max_unsynced") { $0.audit.early.maximumRecords }
        compare("audit.when_full") { $0.audit.early.whenFull }
        compare("audit.origin") { $0.audit.origin }
        compare("audit.key") { $0.audit.key }
        compare("audit.checkpoint_interval") { $0.audit.checkpointInterval }
        compare("audit.min_free") { $0.audit.minimumFreeBytes }
        compare("audit.segment") { $0.audit.segmentBytes }
        compare("audit.index") { $0.audit.keepsIndex }
        compare("audit.archive") { $0.audit.archive }
        compare("limits.default_budget") { $0.defaultBudget }
        compare("limits.verified_tokens") { $0.verifiedTokens }
        compare("limits.proof_age") { $0.proofAge }
        compare("limits.remembered_proofs") { $0.rememberedProofs }
        compare("dpop") { $0.proofNonces?.terms }
        compare("limits.event_loops") { $0.eventLoops }
        return keys
    }
}
