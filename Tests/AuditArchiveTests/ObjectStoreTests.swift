// SPDX-License-Identifier: Apache-2.0

import Outbound
import Testing

@testable import AuditArchive

@Suite("A bucket: written once, confirmed, tried again", .timeLimit(.minutes(30)))
struct ObjectStoreTests {
    @Test("an object is written once, with its checksum and its lock")
    func once() async throws {
        let server = try await LoopbackStore.open()
        defer { server.close() }
        let store = try server.client()
        #expect(try await store.put("log/a", [1, 2, 3], isOnce: true) == .stored)
        let object = try #require(server["one/log/a"])
        #expect(object.bytes == [1, 2, 3])
        #expect(object.fields["x-amz-checksum-sha256"] == "A5BYxvLAy0ksUzsKTRTvd8wPeKvMztUofYShogEc+4E=")
        #expect(object.fields["x-amz-object-lock-mode"] == "COMPLIANCE")
        #expect(object.fields["x-amz-object-lock-retain-until-date"] == "2026-11-25T00:00:00Z")
        #expect(try await store.put("log/a", [9], isOnce: true) == .exists)
        #expect(server["one/log/a"] == object)
        #expect(try await store.get("log/a")?.bytes == [1, 2, 3])
        #expect(try await store.get("log/b") == nil)
    }

    @Test("an answer that is lost does not make the object another one's")
    func lostAnswer() async throws {
        let server = try await LoopbackStore.open()
        defer { server.close() }
        server.behave { $0.lostAnswers = 1 }
        #expect(try await server.client().put("log/a", [1], isOnce: true) == .exists)
        #expect(server["one/log/a"]?.bytes == [1])
    }

    @Test("what may pass is tried again, and not for ever")
    func retries() async throws {
        let server = try await LoopbackStore.open()
        defer { server.close() }
        server.behave { $0.failures = [503, 429, 500] }
        #expect(try await server.client().put("log/a", [1], isOnce: true) == .stored)
        #expect(server.requests == 4)
        server.behave { $0.failures = [503, 503] }
        await #expect(throws: ObjectStoreError.refused(status: 503, code: "")) {
            try await server.client(attempts: 2).put("log/b", [1], isOnce: true)
        }
        server.behave { $0.failures = [403] }
        await #expect(throws: ObjectStoreError.refused(status: 403, code: "")) {
            try await server.client().put("log/b", [1], isOnce: true)
        }
        #expect(server["one/log/b"] == nil)
    }

    @Test("a store that does not repeat the checksum must give the object back")
    func confirmation() async throws {
        let server = try await LoopbackStore.open()
        defer { server.close() }
        server.behave { $0.confirms = false }
        #expect(try await server.client().put("log/a", [1, 2], isOnce: true) == .stored)
        server.behave { $0.corrupts = true }
        await #expect(throws: ObjectStoreError.self) { try await server.client().put("log/b", [1, 2], isOnce: true) }
    }

    @Test("a store that overwrites is no archive")
    func overwriting() async throws {
        let server = try await LoopbackStore.open()
        defer { server.close() }
        try await server.client().checkWritesOnce()
        try await server.client().checkWritesOnce()
        server.behave { $0.writesOnce = false }
        await #expect(throws: ObjectStoreError.overwrites) { try await server.client().checkWritesOnce() }
    }

    @Test("a store that is not there is an error, and no trap")
    func nobody() async throws {
        // An address of its own: nobody else listens there afterwards.
        let server = try await LoopbackStore.open(at: "127.83.1.23")
        let client = try server.client(attempts: 2)
        try await server.shut()
        await #expect(throws: ObjectStoreError.self) { try await client.get("log/a") }
    }

    @Test("of an error document only the word of the code is taken")
    func codes() {
        #expect(ObjectStore.code(Array("<Error><Code>SlowDown</Code><Key>x</Key></Error>".utf8)) == "SlowDown")
        #expect(ObjectStore.code(Array("<Code>a\nb</Code>".utf8)) == "a")
        #expect(ObjectStore.code([]) == "")
        #expect(ObjectStore.code(Array("<Code>".utf8)) == "")
    }

    @Test("names that can stand in URLs as they are")
    func names() {
        #expect(["evidence", "a-1.b"].allSatisfy { ObjectStoreSettings.isBucket($0) })
        #expect(!["ab", "A", "-ab", "ab/", "a_b", ""].contains { ObjectStoreSettings.isBucket($0) })
        #expect(["acme/one", "a", "a.b/c_d-e"].allSatisfy { ObjectStoreSettings.isPrefix($0) })
        #expect(
            !["", "/a", "a/", "a//b", "a/../b", "a b", "ä", "a?b", "a%2f"].contains { ObjectStoreSettings.isPrefix($0) }
        )
    }
}
