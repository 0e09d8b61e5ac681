// SPDX-License-Identifier: Apache-2.0

import Callout
import Fields
import Gateways
import NIOCore
import StrictJSON
import Testing
import Transport

@Suite("Apigee ExternalCallout: messages")
struct ApigeeMessageTests {
    private static let gateway = GatewayIdentity(name: "apigee", peer: "", authentication: .none, mayForward: true)

    private static func question(_ headers: [(name: String, value: String)] = []) -> ApigeeQuestion {
        ApigeeQuestion(
            verb: "POST", uri: "/v1/orders/7?expand=lines", headers: headers, proxy: "orders", clientIP: "203.0.113.7",
            messageID: "m-1", environment: "test",
            variables: [("countersign.key", "secret"), ("countersign.token", "abc"), ("other", "x")]
        )
    }

    private static func verdict(_ headers: [HeaderField]) -> Verdict {
        var attributes = JSONObject()
        attributes.append("tenant", "t1")
        attributes.append("level", 3)
        return Verdict(
            allowing: .init(
                decisionID: "d", principal: Principal(kind: .user, provider: "acme", id: "alice"),
                policies: ["p", "q"],
                attributes: attributes, setHeaders: headers
            ))
    }

    @Test("a question is read: method, path, query, headers, client, proxy, key and token")
    func reads() throws {
        let message = try ApigeeMessage(reading: Self.question([("Host", "a.test"), ("X-A", "1")]).message)
        let callout = message.calloutRequest(from: Self.gateway)
        #expect(callout.method == "POST" && callout.path == "/v1/orders/7" && callout.query == "expand=lines")
        #expect(callout.host == "a.test" && callout.proxy == "orders" && callout.clientAddress == "203.0.113.7")
        #expect(callout.credential == "abc" && message.presentedKey == "secret")
        #expect(callout.headerValues("x-a") == ["1"] && callout.gatewayRequestID == "m-1")
        #expect(callout.flow == .request)
    }

    @Test("the answer holds changed fields only, and the gateway's key is removed (W3, W6)")
    func answers() throws {
        let buffer = Self.question().message
        let message = try ApigeeMessage(reading: buffer)
        let reading = try ApigeeAnswerReading(
            ApigeeAnswer.encode(Self.verdict([]), to: ApigeeReplyContext(message, original: buffer)))
        #expect(reading.requestHeaders.isEmpty && reading.fault == nil)
        #expect(reading["countersign.allow"] == .bool(true))
        #expect(reading["countersign.status"] == .int32(200))
        #expect(reading["countersign.policies"] == .string("p,q"))
        #expect(reading["countersign.principal"] == .string("User::\"acme/alice\""))
        #expect(reading["countersign.attr_tenant"] == .string("t1"))
        #expect(reading["countersign.attr_level"] == .int64(3))
        #expect(reading["countersign.key"] == .removed)
    }

    @Test("identity headers overwrite what the client sent, under its own key, in every spelling (W9, G5)")
    func headers() throws {
        let buffer = Self.question([
            ("X-User", "forged"), ("x_user", "forged"), ("x-user", "again"), ("X-Countersign-Decision", "forged"),
            ("a", "b"),
        ]).message
        let message = try ApigeeMessage(reading: buffer)
        let verdict = Self.verdict([HeaderField("x-user", "alice"), HeaderField("x-roles", "")])
        let reading = try ApigeeAnswerReading(
            ApigeeAnswer.encode(verdict, to: ApigeeReplyContext(message, original: buffer)))
        let found = reading.requestHeaders.map { "\($0.name)=\($0.values.joined(separator: ","))/\($0.values.count)" }
        #expect(found == ["X-User=alice/1", "x_user=/0", "x-user=/0", "X-Countersign-Decision=d/1", "x-roles=/1"])
    }

    @Test("a refusal is told by variables, or as a fault if the route wants it, or always if we are at fault")
    func refusals() throws {
        let message = try ApigeeMessage(reading: Self.question().message)
        func read(_ code: ReasonCode, prefersFault: Bool) throws -> ApigeeAnswerReading {
            let verdict = Verdict(refusing: Fault(code), decisionID: "d", prefersFault: prefersFault)
            return try ApigeeAnswerReading(
                ApigeeAnswer.encode(verdict, to: ApigeeReplyContext(message, original: ByteBuffer())))
        }
        #expect(try read(.policyDenied, prefersFault: false).fault == nil)
        #expect(try read(.policyDenied, prefersFault: true).fault?.name == "policyDenied")
        #expect(try read(.auditUnavailable, prefersFault: false).fault?.name == "auditUnavailable")
        #expect(try read(.tokenExpired, prefersFault: false)["countersign.allow"] == .bool(false))
    }

    @Test("every flow variable that the service reads is found by its name")
    func variables() throws {
        for variable in ApigeeVariable.allCases {
            var question = Self.question()
            question.variables = [(variable.name.description, "value")]
            let message = try ApigeeMessage(reading: question.message)
            #expect(message.variables[variable] == "value", "\(variable.name)")
        }
    }

    @Test("one long name for many values takes no more memory than the limit of header bytes, and is told")
    func amplification() throws {
        let name = String(repeating: "x", count: 20_000)
        var writer = ProtobufWriter()
        writer.message(1) { request in
            request.message(4) { entry in
                entry.string(1, name)
                entry.message(2) { for _ in 0..<5000 { $0.string(1, "") } }
            }
        }
        let message = try ApigeeMessage(reading: writer.buffer)
        let headers = try #require(message.request?.headers)
        #expect(message.exceedsHeaderLimit)
        // 100 MB if every value had a copy of the name.
        #expect(headers.byteCount <= CalloutRequest.maximumHeaderBytes + 1024)
        let usual = try ApigeeMessage(reading: Self.question([("a", String(repeating: "b", count: 60_000))]).message)
        #expect(!usual.exceedsHeaderLimit && usual.request?.headers.count == 1)
    }

    @Test("every truncation and 20,000 mutations of a message are read or refused")
    func mutations() throws {
        let bytes = Array(buffer: Self.question([("authorization", "Bearer x")]).message)
        for length in 0..<bytes.count { _ = try? ApigeeMessage(reading: ByteBuffer(bytes: bytes[..<length])) }
        var generator = Pseudorandom(state: 3)
        for _ in 0..<20_000 {
            var mutant = bytes
            mutant[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            mutant[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            guard let message = try? ApigeeMessage(reading: ByteBuffer(bytes: mutant)) else { continue }
            let callout = message.calloutRequest(from: Self.gateway)
            #expect(callout.dialect == .apigee)
        }
    }
}

/// SplitMix64, so that a failure can be repeated.
private struct Pseudorandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
