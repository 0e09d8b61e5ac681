// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Runs the clients in `Python/` with an interpreter that has grpcio, its health and reflection packages, and h2.
enum PythonClient {
    /// Set by the test command; without it the tests that need these clients are skipped by name.
    static let interpreter = ProcessInfo.processInfo.environment["COUNTERSIGN_TEST_PYTHON"]

    /// What a script printed, and its exit code.
    static func run(script: String, _ arguments: [String]) async throws -> (code: Int32, output: String) {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Python")
        return try await run(
            interpreter ?? "python3", [folder.appendingPathComponent(script).path] + arguments)
    }

    /// Runs any programme without standing in the way of the other tests.
    static func run(_ programme: String, _ arguments: [String]) async throws -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: programme)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { process in
                let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                continuation.resume(returning: (process.terminationStatus, output))
            }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
    }
}
