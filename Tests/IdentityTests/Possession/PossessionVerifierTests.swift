// SPDX-License-Identifier: Apache-2.0
import Callout
import Crypto
import Fields
import Foundation
import StrictJSON
import Testing

@testable import Identity

/// A client that holds a key and makes proofs with it.
struct ProvingClient {
    let key = P256.Signing.PrivateKey()

    var jwk: JSONValue {
        let point = Array(key.publicKey.rawRepresentation)
        return [
            "kty": "EC", "crv": "P-256", "x": .string(Base64URL.encode(point.prefix(32))),
            "y": .string(Base64URL.encode(point.suffix(32))),
        ]
    }

    var thumbprint: String { Base64URL.encode(SHA256.hash(data: jwk.canonicalBytes())) }

    func proof(
        _ method: String, _ url: String, token: String, id: String = UUID().uuidString, at now: Int64
    ) -> String {
        let header: JSONValue = ["alg": "ES256", "typ": "dpop+jwt", "jwk": jwk]
        let claims: JSONValue = [
            "htm": .string(method), "htu": .string(url), "jti": .string(id), "iat": .number(JSONNumber(now)),
            "ath": .string(Base64URL.encode(SHA256.hash(data: Array(token.utf8)))),
        ]
        let signed = Base64URL.encode(header.canonicalBytes()) + "." + Base64URL.encode(claims.canonicalBytes())
        let signature = (try? key.signature(for: Array(signed.utf8)))?.rawRepresentation
        return signed + "." + Base64URL.encode(signature.map(Array.init) ?? [])
    }
}

@Suite("Proof of possession: DPoP (RFC 9449), bound tokens (RFC 7800, RFC 8705)")
struct PossessionVerifierTests {
    let now: Int64 = 1_800_000_000
    let client = ProvingClient()
    let url = "https://api.example.test/orders/7"

    private func caller(_ binding: TokenBinding) -> AuthenticatedCaller {
        AuthenticatedCaller(
            principal: Principal(kind: .user, provider: "acme", id: "alice"),
            evidence: CallerEvidence(.jwt, fingerprint: "f"), marks: RevocationMarks(issuer: "acme"),
            digest: TokenDigest(of: "token".utf8Span.span), binding: binding)
    }

    private func request(_ headers: [(String, String)], mayForward: Bool = false) -> CalloutRequest {
        let gateway = GatewayIdentity(name: "envoy", peer: "", authentication: .none, mayForward: mayForward)
        var request = CalloutRequest(dialect: .decisions, gateway: gateway)
        (request.method, request.scheme, request.host, request.path) = ("GET", "https", "api.example.test", "/orders/7")
        for (name, value) in headers { request.headers.append(name, value) }
        return request
    }

    private func outcome(
        _ binding: TokenBinding, _ credential: Credential, _ request: CalloutRequest, origin: String? = nil,
        with verifier: PossessionVerifier = PossessionVerifier(), at moment: Int64? = nil
    ) -> IdentityError? {
        do throws(IdentityError) {
            try verifier.confirm(caller(binding), credential, in: request, origin: origin, now: moment ?? now)
            return nil
        } catch { return error }
    }

    @Test("a plain bearer token needs no proof, unless the provider wants bound tokens")
    func bearer() {
        #expect(outcome(.none, .bearer("t"), request([])) == nil)
        #expect(outcome(TokenBinding(isRequired: true), .bearer("t"), request([])) == .proofMissing)
    }

    @Test("a token that is bound to a key is refused as a bearer token, even with a proof beside it")
    func bearerUseOfBoundToken() {
        let bound = TokenBinding(keyThumbprint: client.thumbprint)
        let proof = client.proof("GET", url, token: "t", at: now)
        #expect(outcome(bound, .bearer("t"), request([])) == .proofMissing)
        #expect(outcome(bound, .bearer("t"), request([("DPoP", proof)])) == .proofMissing)
    }

    @Test("a proof for this request, token and key is accepted once")
    func onceOnly() {
        let bound = TokenBinding(keyThumbprint: client.thumbprint)
        let verifier = PossessionVerifier()
        let proven = request([("DPoP", client.proof("GET", url, token: "t", at: now))])
        #expect(outcome(bound, .proven("t"), proven, with: verifier) == nil)
        #expect(outcome(bound, .proven("t"), proven, with: verifier) == .proofReplayed)
        #expect(outcome(bound, .proven("t"), proven, with: verifier, at: now + 60) == .proofReplayed)
        #expect(
            outcome(bound, .proven("t"), proven, with: verifier, at: now + 61) == .proofNotAccepted(member: "iat"))
        let another = request([("DPoP", client.proof("GET", url, token: "t", at: now))])
        #expect(outcome(bound, .proven("t"), another, with: verifier) == nil)
    }

    @Test("what does not fit is named, and a proof without token binding proves nothing")
    func refusals() {
        let bound = TokenBinding(keyThumbprint: client.thumbprint)
        func proof(_ method: String = "GET", _ target: String? = nil, token: String = "t") -> [(String, String)] {
            [("dpop", client.proof(method, target ?? url, token: token, at: now))]
        }
        let cases: [(TokenBinding, [(String, String)], IdentityError)] = [
            (bound, [], .proofMissing), (bound, [("dpop", "")], .proofMissing),
            (bound, proof() + proof(), .proofNotAccepted(member: "dpop")),
            (bound, proof("POST"), .proofNotAccepted(member: "htm")),
            (bound, proof("GET", "https://api.example.test/orders/8"), .proofNotAccepted(member: "htu")),
            (bound, proof("GET", "http://api.example.test/orders/7"), .proofNotAccepted(member: "htu")),
            (bound, proof(token: "u"), .proofNotAccepted(member: "ath")),
            (bound, [("dpop", "x.y.z")], .proofNotAccepted(member: "token_malformed")),
            (TokenBinding(keyThumbprint: "other"), proof(), .proofNotAccepted(member: "jkt")),
            (.none, proof(), .proofNotAccepted(member: "cnf")),
        ]
        for (binding, headers, error) in cases { #expect(outcome(binding, .proven("t"), request(headers)) == error) }
    }

    @Test("the declared origin stands for what a gateway does not say")
    func origin() {
        let bound = TokenBinding(keyThumbprint: client.thumbprint)
        var silent = request([("dpop", client.proof("GET", url, token: "t", at: now))])
        silent.host = nil
        #expect(outcome(bound, .proven("t"), silent) == .proofNotAccepted(member: "htu"))
        #expect(outcome(bound, .proven("t"), silent, origin: "https://api.example.test") == nil)
        silent.host = "internal"
        #expect(outcome(bound, .proven("t"), silent, origin: "https://api.example.test") == nil)
    }

    @Test("a full memory refuses new proofs rather than forget used ones")
    func full() {
        let bound = TokenBinding(keyThumbprint: client.thumbprint)
        let verifier = PossessionVerifier(capacity: 64)
        let first = request([("dpop", client.proof("GET", url, token: "t", at: now))])
        let second = request([("dpop", client.proof("GET", url, token: "t", at: now))])
        #expect(outcome(bound, .proven("t"), first, with: verifier) == nil)
        #expect(outcome(bound, .proven("t"), second, with: verifier) == .tooManyProofs)
        #expect(outcome(bound, .proven("t"), first, with: verifier) == .proofReplayed)
        let later = request([("dpop", client.proof("GET", url, token: "t", at: now + 61))])
        #expect(outcome(bound, .proven("t"), later, with: verifier, at: now + 61) == nil)
    }

    @Test("a token that is bound to a certificate wants that certificate, from a gateway that may hand it over")
    func certificates() {
        let der = Array("not looked into".utf8)
        let bound = TokenBinding(certificateThumbprint: Base64URL.encode(SHA256.hash(data: der)))
        let header = [("client-cert", ":" + Data(der).base64EncodedString() + ":")]
        let gateway = GatewayIdentity(
            name: "g", peer: "", authentication: .none, mayForward: true, certificateHeader: .clientCert)
        var right = CalloutRequest(dialect: .decisions, gateway: gateway)
        for (name, value) in header { right.headers.append(name, value) }
        #expect(outcome(bound, .bearer("t"), right) == nil)
        let untrusted = GatewayIdentity(
            name: "g", peer: "", authentication: .none, mayForward: false, certificateHeader: .clientCert)
        var forged = CalloutRequest(dialect: .decisions, gateway: untrusted)
        for (name, value) in header { forged.headers.append(name, value) }
        #expect(outcome(bound, .bearer("t"), forged) == .proofMissing)
        var wrong = CalloutRequest(dialect: .decisions, gateway: gateway)
        wrong.clientCertificates = [Array("another".utf8)]
        #expect(outcome(bound, .bearer("t"), wrong) == .proofNotAccepted(member: "x5t#S256"))
        #expect(outcome(bound, .bearer("t"), request([], mayForward: true)) == .proofMissing)
    }

    @Test("confirmations are read from claims; a kind that is not known refuses the token")
    func claims() throws {
        func binding(_ claims: JSONValue) throws(IdentityError) -> TokenBinding {
            try TokenBinding(claims: claims.objectValue ?? JSONObject(), isRequired: false)
        }
        #expect(try binding([:]) == .none)
        #expect(try binding(["cnf": ["jkt": "a"]]) == TokenBinding(keyThumbprint: "a"))
        #expect(try binding(["cnf": ["x5t#S256": "b"]]) == TokenBinding(certificateThumbprint: "b"))
        #expect(throws: IdentityError.claimNotAccepted(name: "cnf", .notAccepted)) {
            try binding(["cnf": ["kid": "k"]])
        }
        #expect(throws: IdentityError.claimNotAccepted(name: "cnf", .notAccepted)) { try binding(["cnf": [:]]) }
        for wrong in ["x", 1, [], ["jkt": 1], ["jkt": ""], ["jkt": "a", "x5t#S256": []]] as [JSONValue] {
            #expect(throws: IdentityError.claimNotAccepted(name: "cnf", .wrongType)) { try binding(["cnf": wrong]) }
        }
    }

    @Test("a token keeps its binding when it comes from the cache")
    func cached() async throws {
        let issuer = TestIssuer()
        let provider = try issuer.provider("acme", issuer.refresher())
        await provider.keys.load()
        let selection = try ProviderSelection([provider])
        let verifier = TokenVerifier.fresh()
        var claims = JSONObject()
        claims["cnf"] = ["jkt": "thumb"]
        let token = issuer.token("alice", claims: claims)
        for _ in 0..<2 {
            let verified = try verifier.verify(token, from: selection, now: issuer.now)
            #expect(verified.caller.binding == TokenBinding(keyThumbprint: "thumb"))
        }
    }
}

@Suite("What may be used once")
struct ReplayMemoryTests {
    @Test("the same name of two owners is two things; time ends them")
    func ownersAndTime() {
        let memory = ReplayMemory(capacity: 1 << 12)
        #expect(memory.use("a", of: "x", until: 10, now: 0) == .first)
        #expect(memory.use("a", of: "y", until: 10, now: 0) == .first)
        #expect(memory.use("a", of: "x", until: 10, now: 9) == .repeated)
        #expect(memory.use("a", of: "x", until: 20, now: 10) == .first)
        // Length-prefixed: these would be one joined string.
        #expect(memory.use("bc", of: "a", until: 10, now: 0) == .first)
        #expect(memory.use("c", of: "ab", until: 10, now: 0) == .first)
    }

    @Test("an owner who floods the memory leaves room for others, and the memory stays bounded")
    func flood() {
        let memory = ReplayMemory(capacity: 6400)
        var refused = 0
        for index in 0..<10_000 where memory.use("\(index)", of: "flood", until: 100, now: 0) == .full { refused += 1 }
        #expect(refused == 9900)
        let others = (0..<200).filter { memory.use("1", of: "owner \($0)", until: 100, now: 0) == .first }.count
        #expect(others > 180)
        #expect(memory.count <= 6400)
        #expect(memory.use("new", of: "flood", until: 300, now: 100) == .first)
    }
}
