// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Foundation
import Logging
import NIOCore
import NIOPosix
import StrictJSON
import Synchronization
import Testing

@testable import CountersignServer

@Suite("Control socket: commands of local users to the running process", .timeLimit(.minutes(30)))
struct ControlSocketTests {
    /// How many commands a socket took.
    private final class Heard: Sendable { let count = Mutex(0) }

    /// Runs a socket that answers every command with its own line, for the length of the body.
    private func withSocket(
        data: String, heard: Heard = Heard(), _ body: @escaping @Sendable (ControlClient) async throws -> Void
    ) async throws {
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let socket = ControlSocket(
            data: data, group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { command, caller throws(ControlProblem) in
            heard.count.withLock { $0 += 1 }
            var result = JSONObject()
            result.append("line", .string(String(decoding: command.line, as: UTF8.self)))
            result.append("uid", .number(JSONNumber(Int64(caller.userID))))
            return result
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await socket.run() }
            while !FileManager.default.fileExists(atPath: data + "/control.sock") { await Task.yield() }
            try await body(ControlClient(data: data, timeout: 600))
            group.cancelAll()
        }
    }

    private func folder(_ name: String = UUID().uuidString) -> String { NSTemporaryDirectory() + "control-" + name }

    @Test("a command gets its answer, and the kernel's word on who asked; the socket is the owner's alone")
    func answers() async throws {
        let data = folder()
        defer { try? FileManager.default.removeItem(atPath: data) }
        try await withSocket(data: data) { client in
            let result = try await client.send(.status(StatusQuery()))
            #expect(result?["line"]?.stringValue == #"{"arguments":{},"command":"status"}"#)
            #expect(result?["uid"]?.int64Value == Int64(geteuid()))
            let attributes = try FileManager.default.attributesOfItem(atPath: data + "/control.sock")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: data) == ["control.sock"])
        }
    }

    @Test("a path longer than a socket's name may be works")
    func longPath() async throws {
        let data = folder(String(repeating: "long-", count: 40) + UUID().uuidString)
        defer { try? FileManager.default.removeItem(atPath: data) }
        try await withSocket(data: data) { client in
            let result = try await client.send(.status(StatusQuery()))
            #expect(result != nil)
        }
    }

    @Test("without a process there is no answer, and a socket left behind is replaced")
    func staleSocket() async throws {
        let data = folder()
        defer { try? FileManager.default.removeItem(atPath: data) }
        #expect(try await ControlClient(data: data).send(.status(StatusQuery())) == nil)
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(unixDomainSocketPath: data + "/control.sock").get()
        // Closed without being removed, as a killed process leaves it.
        try await channel.close()
        #expect(try await ControlClient(data: data).send(.status(StatusQuery())) == nil)
        try await withSocket(data: data) { client in
            while try await client.send(.status(StatusQuery())) == nil { await Task.yield() }
        }
    }

    @Test("readers are known by whatever path they come: links, dots, the audit directory elsewhere")
    func readersByAnyPath() async throws {
        let (data, elsewhere) = (folder(), folder())
        defer { for path in [data, elsewhere] { try? FileManager.default.removeItem(atPath: path) } }
        let files = FileManager.default
        for path in [data + "/audit/log", elsewhere + "/other"] {
            try files.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try files.createSymbolicLink(atPath: elsewhere + "/audit", withDestinationPath: data + "/audit")
        let lock = try LogFileSystem.posix.lock(data + "/audit/LOCK")
        #expect(lock != nil)
        defer { if let lock { LogFileSystem.posix.close(lock) } }
        let paths = [data + "/audit", elsewhere + "/audit", data + "/audit/log/..", data + "/./audit/"]
        for path in paths {
            // Nobody listens, and a process works on it.
            await #expect(throws: ControlProblem.self, "\(path)") {
                try await ReadingNotice(verb: "show").leave(log: path)
            }
        }
        let heard = Heard()
        try await withSocket(data: data, heard: heard) { _ in
            for path in paths { try await ReadingNotice(verb: "show").leave(log: path) }
        }
        #expect(heard.count.withLock { $0 } == paths.count)
        // The folder itself on another disk: the socket is where the path says.
        try files.moveItem(atPath: data + "/audit", toPath: elsewhere + "/other/audit")
        try files.createSymbolicLink(atPath: data + "/audit", withDestinationPath: elsewhere + "/other/audit")
        try await withSocket(data: data, heard: heard) { _ in
            try await ReadingNotice(verb: "show").leave(log: data + "/audit")
            await #expect(throws: ControlProblem.self) {
                try await ReadingNotice(verb: "show").leave(log: elsewhere + "/other/audit")
            }
        }
        #expect(heard.count.withLock { $0 } == paths.count + 1)
    }

    @Test("a copy, and a log that no process works on, are read without a word")
    func readersOfCopies() async throws {
        let data = folder()
        defer { try? FileManager.default.removeItem(atPath: data) }
        try FileManager.default.createDirectory(atPath: data + "/audit", withIntermediateDirectories: true)
        try await ReadingNotice(verb: "show").leave(log: data + "/audit")
        #expect(FileManager.default.createFile(atPath: data + "/audit/LOCK", contents: nil))
        try await ReadingNotice(verb: "show").leave(log: data + "/audit")
        try await ReadingNotice(verb: "show").leave(log: data + "/nowhere")
    }

    @Test(
        "what is not a command is refused with a reason",
        arguments: [
            (#"nonsense"#, ControlProblem.Code.malformed), (#"[]"#, .malformed), (#"{"arguments":{}}"#, .malformed),
            (#"{"command":"fly"}"#, .unknownCommand), (#"{"command":"status","arguments":{"x":1}}"#, .malformed),
        ])
    func refuses(line: String, code: ControlProblem.Code) {
        #expect {
            try ControlCommand(parsing: Array(line.utf8))
        } throws: { error in
            (error as? ControlProblem)?.code == code
        }
    }
}
