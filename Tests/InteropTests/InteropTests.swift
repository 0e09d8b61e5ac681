// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The programmes of `Tests/Interop`, run against a release binary with clients that are not ours.
@Suite(
    "Interop: other people's clients against the binary",
    .enabled(if: Interop.isConfigured, "COUNTERSIGN_TEST_PYTHON and COUNTERSIGN_BINARY are not set"),
    .serialized
)
struct InteropTests {
    @Test(
        "suites pass", .timeLimit(.minutes(10)),
        arguments: [
            "apigee", "decisions", "malformed", "check", "operations", "issuers", "rotation", "disk", "reload",
            "clients", "foreign", "durability", "possession", "asking", "aws", "archive", "async_mode", "audit", "care",
            "witness", "glewlwyd",
            "canaille",
            "introspection", "credentials",
        ])
    func passes(suite: String) throws {
        let (status, output) = try Interop.run(suite)
        #expect(status == 0, "\(output)")
    }

    @Test(
        "no answer is sent before the sync of its record",
        .enabled(if: Interop.has("strace"), "strace is not installed"), .timeLimit(.minutes(5)))
    func writeOrder() throws {
        let (status, output) = try Interop.run("write_order")
        #expect(status == 0, "\(output)")
    }

    @Test(
        "every call of h2load stands in log and metrics",
        .enabled(if: Interop.has("h2load"), "h2load is not installed"), .timeLimit(.minutes(5)))
    func load() throws {
        let (status, output) = try Interop.run("h2load")
        #expect(status == 0, "\(output)")
    }
}

private enum Interop {
    static let environment = ProcessInfo.processInfo.environment
    static var isConfigured: Bool {
        environment["COUNTERSIGN_TEST_PYTHON"] != nil && environment["COUNTERSIGN_BINARY"] != nil
    }

    static func has(_ tool: String) -> Bool {
        (environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)")
        }
    }

    /// Runs one suite and returns its exit code with what it printed.
    static func run(_ suite: String) throws -> (status: Int32, output: String) {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Interop/run").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(environment["COUNTERSIGN_TEST_PYTHON"]))
        process.arguments = [script, try #require(environment["COUNTERSIGN_BINARY"]), suite]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
