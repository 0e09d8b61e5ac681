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
        "suites pass", .timeLimit(.minutes(30)),
        arguments: [
            "apigee", "decisions", "malformed", "check", "operations", "issuers", "rotation", "disk", "reload",
            "clients", "foreign", "durability", "possession", "asking", "aws", "archive", "async_mode", "audit", "care",
            "witness", "glewlwyd",
            "canaille",
            "introspection", "credentials",
        ])
    func passes(suite: String) async throws {
        let (status, output) = try await Interop.run(suite)
        #expect(status == 0, "\(output)")
    }

    @Test(
        "no answer is sent before the sync of its record",
        .enabled(if: Interop.has("strace"), "strace is not installed"), .timeLimit(.minutes(30)))
    func writeOrder() async throws {
        let (status, output) = try await Interop.run("write_order")
        #expect(status == 0, "\(output)")
    }

    @Test(
        "every call of h2load stands in log and metrics",
        .enabled(if: Interop.has("h2load"), "h2load is not installed"), .timeLimit(.minutes(30)))
    func load() async throws {
        let (status, output) = try await Interop.run("h2load")
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
    ///
    /// Suites take minutes: meanwhile no thread of the other tests waits here.
    static func run(_ suite: String) async throws -> (status: Int32, output: String) {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Interop/run").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(environment["COUNTERSIGN_TEST_PYTHON"]))
        process.arguments = [script, try #require(environment["COUNTERSIGN_BINARY"]), suite]
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("interop-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data().write(to: file)
        let output = try FileHandle(forWritingTo: file)
        defer { try? output.close() }
        process.standardOutput = output
        process.standardError = output
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return (status, String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }
}
