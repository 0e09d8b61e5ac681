// SPDX-License-Identifier: Apache-2.0
import Callout
import Fields
import Testing

@testable import Identity

@Suite("Requests signed with keys that are known here: Signature Version 4")
struct AWSSignedRequestTests {
    private static let now = AWSCaller.now
    private static let secret = "secret-of-sixteen-and-more"
    private static let store = """
        # comment
        AKIDEXAMPLE0001 \(secret) arn:aws:iam::123456789012:user/bob

        AKIDSTRANGER001 other-secret-of-many arn:aws:iam::999999999999:user/eve
        """

    /// A request as a client signs and a gateway passes it on, with changes between the two.
    private struct Call {
        var key = "AKIDEXAMPLE0001"
        var secret = AWSSignedRequestTests.secret
        var method = "GET"
        var host = "api.example.test"
        var path = "/orders/a%20b"
        var query = "b=2&a=1&a=%2F"
        var fields: [(String, String)] = [("accept", "text/plain"), ("x-amz-meta", "v")]
        var region = "eu-west-3"
        var service = "execute-api"
        var time = AWSSignedRequestTests.now

        func request(_ change: (inout CalloutRequest) -> Void = { _ in }) throws -> CalloutRequest {
            let url = "https://\(host)\(path)" + (query.isEmpty ? "" : "?" + query)
            let credentials = AWSCredentials(accessKeyID: key, secretAccessKey: Secret(secret.utf8))
            let signed = AWSSigner.Request(method, url, headers: fields.map { (name: $0.0, value: $0.1) })
            let added = try AWSSigner(region: region, service: service).headers(
                for: signed, credentials: credentials, at: time)
            let gateway = GatewayIdentity(name: "envoy", peer: "", authentication: .none, mayForward: false)
            var request = CalloutRequest(dialect: .decisions, gateway: gateway)
            (request.method, request.scheme, request.host) = (method, "https", host)
            (request.path, request.query) = (path, query)
            for (name, value) in fields + added.map({ ($0.name, $0.value) }) { request.headers.append(name, value) }
            change(&request)
            return request
        }
    }

    private func provider(
        _ change: (inout AWSCallerSettings) -> Void = { _ in }, keys: String? = store
    ) throws -> AWSCallerProvider {
        var settings = AWSCallerSettings(
            name: "aws", region: "eu-west-3", serverID: "gate", accounts: ["123456789012"])
        change(&settings)
        return AWSCallerProvider(
            settings, fingerprint: CredentialFingerprint(key: Secret([UInt8](repeating: 7, count: 32))),
            localKeys: try keys.map { try AWSLocalKeys($0) }
        ) { _ in
            Issue.record("STS was asked")
            throw StandInSTS.Down()
        }
    }

    private func outcome(
        _ provider: AWSCallerProvider, _ request: CalloutRequest, at moment: Int64 = now
    ) -> ReasonCode? {
        do throws(IdentityError) {
            _ = try provider.forwarded(in: request, now: moment)
            return nil
        } catch { return error.code }
    }

    @Test("method, host, path, query and fields as they are passed on; the caller is the one of the key")
    func accepts() throws {
        let provider = try provider()
        let found = try provider.forwarded(in: try Call().request(), now: Self.now)
        #expect(found.principal.entityText == #"AWSPrincipal::"arn:aws:iam::123456789012:user/bob""#)
        #expect(found.evidence.scheme == .awsIAM && found.evidence.keyID == "AKIDEXAMPLE0001")
        var body = Call(method: "POST", path: "/", query: "")
        body.fields = [("x-amz-content-sha256", AWSCanonicalRequest.unsignedPayload), ("content-length", "5")]
        // Our signer states the hash of the body that it signs: what stands there already must be that.
        body.service = "vpc-lattice-svcs"
        var signer = AWSSigner(region: "eu-west-3", service: body.service, payload: .unsigned)
        signer.payload = .unsigned
        let credentials = AWSCredentials(accessKeyID: body.key, secretAccessKey: Secret(body.secret.utf8))
        let added = try signer.headers(
            for: AWSSigner.Request("POST", "https://api.example.test/"), credentials: credentials, at: Self.now)
        let request = try body.request { request in
            request.headers = FieldList()
            for field in added { request.headers.append(field.name, field.value) }
            request.headers.append("content-length", "5")
        }
        #expect(outcome(provider, request) == nil)
    }

    @Test("whatever is changed on the way is refused")
    func changes() throws {
        let provider = try provider()
        let changes: [(String, (inout CalloutRequest) -> Void)] = [
            ("method", { $0.method = "DELETE" }), ("host", { $0.host = "other.example.test" }),
            ("no host", { $0.host = nil }),
            ("path", { $0.path = "/orders/a%20c" }), ("query", { $0.query = "b=2&a=1&a=%2f" }),
            ("more query", { $0.query += "&c" }),
            ("no query", { $0.query = "" }), ("a field that is not signed", { $0.headers.append("x-amz-extra", "1") }),
            ("a second of a signed field", { $0.headers.append("Accept", "text/plain") }),
            ("a session", { $0.headers.append("X-Amz-Security-Token", "t") }),
            (
                "two authorizations",
                { request in
                    let value = request.headerValues("authorization")[0]
                    request.headers.append("authorization", value)
                }
            ),
            ("two dates", { $0.headers.append("x-amz-date", "20260314T150926Z") }),
            (
                "a stated hash that is not signed",
                {
                    $0.headers.append("x-amz-content-sha256", AWSCanonicalRequest.unsignedPayload)
                }
            ),
            ("a body that nothing covers", { $0.headers.append("content-length", "1") }),
            ("a streamed body", { $0.headers.append("transfer-encoding", "chunked") }),
        ]
        for (name, change) in changes {
            #expect(outcome(provider, try Call().request(change)) == .awsSignature, "\(name)")
        }
        for (name, call) in [
            ("another region", Call(region: "us-east-1")), ("another service", Call(service: "s3")),
            ("a wrong secret", Call(secret: "wrong-secret-of-many")), ("an unknown key", Call(key: "AKIDNOBODY00001")),
            ("another's secret", Call(key: "AKIDSTRANGER001")), ("a POST without hash", Call(method: "POST")),
        ] {
            #expect(outcome(provider, try call.request()) == .awsSignature, "\(name)")
        }
        let eve = Call(key: "AKIDSTRANGER001", secret: "other-secret-of-many")
        #expect(outcome(provider, try eve.request()) == .awsPrincipal)
        #expect(outcome(provider, try Call().request()) == nil)
    }

    @Test("forms of `Authorization` that are no such signature")
    func forms() throws {
        let provider = try provider()
        let good = try Call().request()
        let value = good.headerValues("authorization")[0]
        for wrong in [
            "", "AWS4-HMAC-SHA256", value.replacing("Signature=", with: "signature="), value + ", Signature=00",
            value.replacing("host;", with: ""), value.replacing("accept;host", with: "host;accept"), value.uppercased(),
            value.replacing("SignedHeaders=", with: "SignedHeaders=;"),
            value.replacing("x-amz-date", with: "X-Amz-Date"),
            value.replacing("aws4_request", with: "aws4_request/x"),
            value.replacing("AWS4-HMAC-SHA256", with: "AWS4-ECDSA-P256-SHA256"),
            value.replacing(";x-amz-date", with: ";x-amz-date;x-none"), String(repeating: "A", count: 20_000),
        ] {
            let request = try Call().request { request in
                let others = request.headers.filter { !$0.name.equalsIgnoringASCIICase("authorization") }
                request.headers = FieldList()
                for field in others { request.headers.append(field.name, field.value) }
                request.headers.append("authorization", wrong)
            }
            #expect(outcome(provider, request) == .awsSignature, "\(wrong.prefix(200))")
        }
    }

    @Test("five minutes either way; used again for the time for that, and never after it")
    func timeAndReplay() throws {
        let request = try Call().request()
        for (offset, wanted) in [(-300, nil), (-301, .awsSignature), (299, nil), (300, .awsSignature)]
            as [(Int64, ReasonCode?)]
        {
            #expect(outcome(try provider(), request, at: Self.now + offset) == wanted)
        }
        let provider = try provider { $0.reuse = 2 }
        #expect(outcome(provider, request) == nil && outcome(provider, request, at: Self.now + 1) == nil)
        // Reuse never lends a signature to another request.
        #expect(outcome(provider, try Call().request { $0.path = "/orders/9" }, at: Self.now + 1) == .awsSignature)
        #expect(outcome(provider, request, at: Self.now + 2) == .awsReplay)
        let once = try self.provider { $0.reuse = 0 }
        #expect(outcome(once, request) == nil && outcome(once, request) == .awsReplay)
    }

    @Test("without keys nothing is verified here; a gateway that may say who it is comes first")
    func without() throws {
        #expect(outcome(try provider(keys: nil), try Call().request()) == .tokenMalformed)
        let forwarding = try provider { $0.forwarded = .name(header: "x-caller") }
        let plain = try Call().request { $0.headers.append("x-caller", "arn:aws:iam::123456789012:user/root") }
        #expect(try forwarding.forwarded(in: plain, now: Self.now).principal.id == "arn:aws:iam::123456789012:user/bob")
    }

    @Test(
        "lines that are no keys are named by number",
        arguments: [
            "AKID", "AKID secret-of-sixteen-and", "AKID short arn:aws:iam::123456789012:user/bob",
            "AKID secret-of-sixteen-and bob", "AKID secret-of-sixteen-and arn:aws:iam::123456789012:user/bob more",
            "AKIDEXAMPLE0001 secret-of-sixteen-and arn:aws:iam::123456789012:user/bob",
        ]
    )
    func badLines(line: String) throws {
        do throws(AWSLocalKeys.LineProblem) {
            _ = try AWSLocalKeys(Self.store + "\n" + line)
            Issue.record("accepted `\(line)`")
        } catch {
            #expect(error.line == 5 && !error.description.contains("secret-of"))
        }
    }
}
