// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing
import Transport

@Suite("Busy and correct clients lose nothing", .enabled(if: PythonClient.interpreter != nil))
struct HonestClientTests {
    @Test(
        "grpcio calls, streams, compression, health, reflection, and a client that resets and pings",
        .timeLimit(.minutes(30)))
    func grpcio() async throws {
        try await withEchoListener { port in
            let result = try await PythonClient.run(script: "honest.py", [String(port)])
            #expect(result.code == 0, "\(result.output)")
        }
    }
}

@Suite("Each attack is stopped while others are served", .enabled(if: PythonClient.interpreter != nil))
struct AbuseTests {
    @Test(
        "floods, oversized headers, protocol violations",
        .timeLimit(.minutes(30)),
        arguments: [
            "rapid-reset", "ping-flood", "settings-flood", "window-update-flood", "priority-flood", "empty-data-flood",
            "unknown-frame-flood", "headers-flood", "continuation-flood", "many-settings", "window-overflow",
            "data-on-idle-stream", "frame-too-large", "header-list", "hpack-bomb", "upper-case-name", "missing-path",
            "content-length-mismatch", "too-many-streams", "no-preface",
        ])
    func attacks(_ attack: String) async throws {
        try await expectStopped(attack, .patient(trust: .stranger))
    }

    @Test(
        "peers that stall",
        .timeLimit(.minutes(30)),
        arguments: ["slow-headers", "half-frame", "half-message", "silent", "slow-reader"])
    func stalls(_ attack: String) async throws {
        var configuration = ListenerConfiguration.patient(trust: .stranger)
        // Long enough for the honest caller beside the peer that stalls.
        configuration.limits.headerTimeout = .seconds(4)
        configuration.limits.messageTimeout = .seconds(4)
        try await expectStopped(attack, configuration)
    }

    @Test("a connection without calls is drained and closed", .timeLimit(.minutes(30)))
    func idle() async throws {
        var configuration = ListenerConfiguration.patient(trust: .stranger)
        configuration.limits.idleTimeout = .seconds(4)
        // The raw client does not take part in the drain.
        configuration.limits.drainTimeout = .seconds(2)
        try await expectStopped("idle", configuration)
    }

    private func expectStopped(_ attack: String, _ configuration: ListenerConfiguration) async throws {
        try await withEchoListener(configuration: configuration) { port in
            let result = try await PythonClient.run(script: "abuse.py", [String(port), attack])
            #expect(result.code == 0, "\(result.output)")
        }
    }
}
