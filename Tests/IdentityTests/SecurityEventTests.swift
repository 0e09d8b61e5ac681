// SPDX-License-Identifier: Apache-2.0
import Callout
import Identity
import Testing

@Suite("Security event tokens: RFC 8417, CAEP, RISC")
struct SecurityEventTests {
    private let issuer = TestIssuer("https://events.test")

    private func read(
        _ events: String, subject: String? = nil, changes: String = "", type: String = "secevent+jwt"
    ) async throws -> SecurityEventToken {
        let keys = issuer.refresher()
        await keys.load()
        let transmitter = SecurityEventTransmitter(
            name: "sso", keys: keys, audiences: ["here"], issuers: ["sso", "https://idp.test"])
        let claims = """
            {"iss":"https://events.test","aud":["here"],"iat":\(issuer.now),"jti":"j1",
            \(subject.map { "\"sub_id\":\($0)," } ?? "")"events":{\(events)}\(changes)}
            """
        // Without `exp`, which such a token does not have.
        let token = try issuer.token(claims: claims, type: type)
        return try await transmitter.verify(Array(token.utf8), now: issuer.now)
    }

    private let caep = "https://schemas.openid.net/secevent/caep/event-type/"
    private let risc = "https://schemas.openid.net/secevent/risc/event-type/"
    private let alice = #"{"format":"iss_sub","iss":"https://idp.test","sub":"alice"}"#

    private func revocations(_ token: SecurityEventToken) -> [Revocation] {
        token.events.flatMap { event -> [Revocation] in
            if case .revoke(let revocations) = event.action { revocations } else { [] }
        }
    }

    @Test("whom an event means: user, session, opaque, email and jti; the subject may stand in the event")
    func subjects() async throws {
        func kinds(_ subject: String) async throws -> [String] {
            revocations(try await read(#""\#(caep)session-revoked":{}"#, subject: subject)).map {
                "\($0.kind.rawValue) \($0.value) \($0.issuers.joined(separator: ","))"
            }
        }
        #expect(try await kinds(alice) == ["subject alice https://idp.test"])
        #expect(
            try await kinds(#"{"format":"complex","user":\#(alice),"session":{"format":"opaque","id":"s1"}}"#)
                == ["session s1 sso,https://idp.test"])
        #expect(try await kinds(#"{"format":"complex","user":\#(alice)}"#) == ["subject alice https://idp.test"])
        #expect(try await kinds(#"{"format":"email","email":"a@b.test"}"#) == ["email a@b.test sso,https://idp.test"])
        #expect(
            try await kinds(#"{"format":"jwt_id","iss":"https://idp.test","jti":"x"}"#)
                == ["token_id x https://idp.test"])
        let inside = try await read(#""\#(caep)session-revoked":{"subject":\#(alice)}"#)
        #expect(revocations(inside).map(\.value) == ["alice"])
    }

    @Test("what follows: older credentials, everything, nothing, or an end of it")
    func actions() async throws {
        let moment = issuer.now - 100
        let old = revocations(
            try await read(
                #""\#(caep)credential-change":{"change_type":"revoke","event_timestamp":\#(moment)}"#, subject: alice))
        #expect(old.map(\.issuedBefore) == [moment] && old[0].until != nil && old[0].cause == "credential-change")
        let milliseconds = revocations(
            try await read(#""\#(caep)session-revoked":{"event_timestamp":\#(moment * 1000)}"#, subject: alice))
        #expect(milliseconds.map(\.issuedBefore) == [moment])
        let ahead = revocations(
            try await read(#""\#(caep)session-revoked":{"event_timestamp":\#(issuer.now + 5000)}"#, subject: alice))
        #expect(ahead.map(\.issuedBefore) == [issuer.now])
        let disabled = revocations(try await read(#""\#(risc)account-disabled":{}"#, subject: alice))
        #expect(disabled.map(\.issuedBefore) == [nil] && disabled[0].until == nil)
        let enabled = try await read(#""\#(risc)account-enabled":{}"#, subject: alice)
        #expect(
            enabled.events[0].action
                == .enable(kind: .subject, value: "alice", issuers: ["https://idp.test"], at: issuer.now))
        for type in ["\(caep)token-claims-change", "\(caep)device-compliance-change", "https://other.test/something"] {
            #expect(try await read(#""\#(type)":{}"#, subject: alice).events.map(\.action) == [.acknowledge])
        }
        let created = try await read(#""\#(caep)credential-change":{"change_type":"create"}"#, subject: alice)
        #expect(created.events.map(\.action) == [.acknowledge])
    }

    @Test("tokens that must not be believed, and events that cannot be read")
    func refusals() async throws {
        let event = #""\#(caep)session-revoked":{}"#
        await #expect(throws: IdentityError.self) { try await read(event, subject: alice, type: "at+jwt") }
        await #expect(throws: IdentityError.self) { try await read(event, subject: alice, type: "JWT") }
        for subject in [
            #"{"format":"iss_sub","iss":"https://other.test","sub":"alice"}"#, #"{"format":"iss_sub","sub":"alice"}"#,
            #"{"format":"phone_number","phone_number":"+1"}"#, #"{"format":"opaque","id":""}"#, #"{"device":{}}"#,
            #""alice""#,
        ] {
            await #expect(throws: SecurityEventToken.Refused.self) { try await read(event, subject: subject) }
        }
        await #expect(throws: SecurityEventToken.Refused.self) { try await read(event) }
        await #expect(throws: SecurityEventToken.Refused.self) { try await read("", subject: alice) }
        await #expect(throws: SecurityEventToken.Refused.self) {
            try await read(#""\#(caep)session-revoked":[]"#, subject: alice)
        }
    }
}
