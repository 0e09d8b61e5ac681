// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Outbound

/// Who witnesses this log, and whose logs this process witnesses.
struct WitnessConfiguration: Sendable {
    /// A witness of this log.
    struct Peer: Sendable, Hashable {
        /// The submission prefix.
        var url: String
        /// The key whose cosignatures count.
        var key: VerifierKey
        /// Whether it may be asked over plain HTTP and at private addresses.
        var allowsInsecure: Bool
    }

    /// This process as a witness.
    struct Own: Sendable, Hashable {
        /// The path of the witness's key.
        var key: String
        /// The name of a key that is drawn.
        var name: String
        var logs: [VerifierKey]
    }

    var peers: [Peer] = []
    /// How many of them must have cosigned.
    var quorum = 0
    /// How long the quorum may be missing before that is an alarm.
    var maximumLag = Duration.seconds(600)
    /// The time between two rounds.
    var interval = Duration.seconds(5)
    var own: Own?
}

extension WitnessConfiguration {
    /// Reads `audit.witnesses`, `quorum`, `witness_max_lag` and `witness_interval`.
    init(_ audit: inout ConfigurationSection) {
        for var section in audit.listedSections("witnesses") {
            defer { section.rejectUnknownKeys() }
            let (url, text) = (section.string("url"), section.string("key"))
            let allowsInsecure = section.bool("allow_insecure", default: false)
            guard let url, let text else { continue }
            if (try? OutboundURL(url)) == nil {
                section.problem("url", "must be a URL such as `https://witness.example/`")
            }
            guard let key = Self.key(text, .witness) else {
                section.problem(
                    "key", "must be a witness's verifier key, `<name>+<8 hex digits>+<base64>` of type 0x04")
                continue
            }
            peers.append(Peer(url: url, key: key, allowsInsecure: allowsInsecure))
        }
        quorum = audit.int("quorum", in: 0...64, default: min(1, peers.count))
        if quorum > peers.count {
            audit.problem("quorum", "must not be above the number of `witnesses`, \(peers.count)")
        }
        maximumLag = audit.duration("witness_max_lag", in: .seconds(1)...(.seconds(86_400)), default: maximumLag)
        interval = audit.duration("witness_interval", in: .milliseconds(100)...(.seconds(3600)), default: interval)
    }

    /// Reads the section `witness`.
    mutating func readOwn(_ top: inout ConfigurationSection, origin: String, base: String) {
        guard var section = top.section("witness") else { return }
        defer { section.rejectUnknownKeys() }
        let key = ServerConfiguration.filePath(&section, "key", base)
        let name = section.string("name", default: "\(origin)/witness")
        let logs = (section.strings("logs") ?? []).compactMap { text in
            let key = Self.key(text, .log)
            if key == nil { section.problem("logs", "must hold verifier keys of logs, as their `log.vkey` does") }
            return key
        }
        if logs.isEmpty { section.problem("logs", "names no log; at least one verifier key is expected") }
        if let key { own = Own(key: key, name: name, logs: logs) }
    }

    private static func key(_ text: String, _ kind: VerifierKey.Kind) -> VerifierKey? {
        guard let key = try? VerifierKey(text), key.kind == kind else { return nil }
        return key
    }
}
