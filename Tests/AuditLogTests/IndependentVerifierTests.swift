// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Testing

@testable import AuditLog

/// Python is what runs the verifier that shares no code with the log.
private let python = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
    .map { "\($0)/python3" }.first(where: FileManager.default.isExecutableFile)

@Suite(
    "Audit log: an independent verifier accepts what is written and nothing else",
    .enabled(if: python != nil, "no python3"), .timeLimit(.minutes(30)))
struct IndependentVerifierTests {
    @Test("logs of any size verify, over restarts", arguments: [0, 40, 253, 254, 255, 700])
    func accepts(count: Int) async throws {
        let fixture = try LogFixture()
        var members = JSONObject()
        members.append("files", 2)
        for _ in 0..<2 {
            let log = try fixture.open()
            _ = await LogFixture.append(count, to: log)
            try await log.appendAdministrative(type: "policy.activate", members: members)
            await log.close()
        }
        let (status, output) = try verify(fixture)
        #expect(status == 0, "\(output)")
        #expect(output.contains("verified: \(2 * (count + 3)) records, \(2 * count) openings"), "\(output)")
    }

    @Test(
        "a changed byte anywhere in the public files is noticed",
        arguments: ["log/checkpoint", "log/tile/entries/000", "log/tile/0/000", "log/tile/1/000.p/1"])
    func notices(path: String) async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        _ = await LogFixture.append(300, to: log)
        await log.close()
        #expect(try verify(fixture).status == 0)
        let original = try fixture.bytes(path)
        for place in [0, original.count / 3, original.count / 2, original.count - 2] {
            var changed = original
            changed[place] ^= 1
            try fixture.write(changed, to: path)
            #expect(try verify(fixture).status == 1, "byte \(place) of \(path)")
        }
    }

    private func verify(_ fixture: LogFixture) throws -> (status: Int32, output: String) {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let script = folder.appendingPathComponent("Independent/verify_log.py").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(python))
        process.arguments = [script, fixture.directory, fixture.key.verifierKey.description]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
