// SPDX-License-Identifier: Apache-2.0
import Callout
import Fields
import Foundation
import StrictJSON
import Synchronization
import Testing

@testable import Identity

/// Makes tokens as callers do, and answers as STS does.
struct AWSCaller {
    static let now: Int64 = 1_773_500_966
    var credentials = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("secret".utf8))
    var host = "sts.eu-west-3.amazonaws.com"
    var region = "eu-west-3"
    var service = "sts"
    var query = "Action=GetCallerIdentity&Version=2011-06-15"
    var serverID = [(name: "x-countersign-server-id", value: "gate.example.test")]
    var expires: Int64 = 60
    var time = now

    func presigned(_ prefix: String = "aws-sts-v1.", _ change: (String) -> String = { $0 }) throws -> String {
        let request = AWSSigner.Request("GET", "https://\(host)/?\(query)", headers: serverID)
        let url = try AWSSigner(region: region, service: service)
            .presignedURL(for: request, credentials: credentials, at: time, expires: expires)
        return prefix + Base64URL.encode(change(url).utf8)
    }

    func signed(
        body: String = "Action=GetCallerIdentity&Version=2011-06-15", extra: [(String, JSONValue)] = [],
        method: String = "POST", dropping: String? = nil
    ) throws -> String {
        let type = (name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8")
        let request = AWSSigner.Request(
            "POST", "https://\(host)/", headers: [type] + serverID, body: Array(body.utf8))
        let added = try AWSSigner(region: region, service: service)
            .headers(for: request, credentials: credentials, at: time)
        var fields = JSONObject()
        fields["Host"] = [.string(host)]
        for (name, value) in request.headers + added where name != dropping { fields[name] = [.string(value)] }
        for (name, value) in extra { fields[name] = value }
        func base64(_ bytes: some Sequence<UInt8>) -> JSONValue {
            .string(Data(Array(bytes)).base64EncodedString())
        }
        let members: JSONValue = [
            "iam_http_request_method": .string(method), "iam_request_url": base64("https://\(host)/".utf8),
            "iam_request_body": base64(body.utf8),
            "iam_request_headers": base64(JSONValue.object(fields).canonicalBytes()),
        ]
        return "aws-iam-v1." + Base64URL.encode(members.canonicalBytes())
    }

    static func answer(
        _ arn: String = "arn:aws:sts::123456789012:assumed-role/app/i-1", account: String = "123456789012"
    ) -> (status: Int, body: [UInt8]) {
        let text = """
            <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
              <GetCallerIdentityResult><Arn>\(arn)</Arn><UserId>AROA:i-1</UserId><Account>\(account)</Account>
              </GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
            </GetCallerIdentityResponse>
            """
        return (200, Array(text.utf8))
    }

    static let settings: AWSCallerSettings = {
        var settings = AWSCallerSettings(
            name: "aws", region: "eu-west-3", serverID: "gate.example.test", accounts: ["123456789012"])
        settings.principals = ["arn:aws:iam::123456789012:role/app*", "arn:aws:iam::123456789012:user/bob"]
        return settings
    }()
}

/// STS in this process: counts, answers, fails.
final class StandInSTS: Sendable {
    struct Down: Error {}
    let calls = Mutex<[AWSIdentityRequest]>([])
    let answer: Mutex<(status: Int, body: [UInt8])?>

    init(_ answer: (status: Int, body: [UInt8])? = AWSCaller.answer()) { self.answer = Mutex(answer) }

    func provider(
        _ settings: AWSCallerSettings = AWSCaller.settings, replacing former: AWSCallerProvider? = nil
    ) -> AWSCallerProvider {
        AWSCallerProvider(
            settings, fingerprint: CredentialFingerprint(key: Secret([UInt8](repeating: 7, count: 32))),
            replacing: former
        ) { request in
            self.calls.withLock { $0.append(request) }
            guard let answer = self.answer.withLock({ $0 }) else { throw Down() }
            return answer
        }
    }
}

@Suite("Callers of AWS IAM: what is checked before STS is asked")
struct AWSIdentityRequestTests {
    private func defect(
        _ token: String, now: Int64 = AWSCaller.now, _ settings: AWSCallerSettings = AWSCaller.settings
    ) -> AWSIdentityRequest.Defect? {
        do throws(AWSIdentityRequest.Defect) {
            _ = try AWSIdentityRequest(token, settings, now: now)
            return nil
        } catch { return error }
    }

    @Test("both forms pass, and what is sent is what was signed")
    func passes() throws {
        let session = AWSCredentials(
            accessKeyID: "ASIAEXAMPLE", secretAccessKey: Secret("s".utf8), sessionToken: Secret("tok/en+==".utf8))
        for credentials in [AWSCaller().credentials, session] {
            let caller = AWSCaller(credentials: credentials)
            for prefix in ["aws-sts-v1.", "k8s-aws-v1."] {
                let request = try AWSIdentityRequest(
                    try caller.presigned(prefix), AWSCaller.settings, now: AWSCaller.now)
                #expect(request.method == "GET")
                #expect(request.headers.map(\.name) == ["x-countersign-server-id"])
                #expect(request.endsAt == AWSCaller.now + 60)
            }
            let request = try AWSIdentityRequest(try caller.signed(), AWSCaller.settings, now: AWSCaller.now)
            #expect((request.method, request.target) == ("POST", "/"))
            #expect(request.accessKeyID == credentials.accessKeyID)
            #expect(request.headers.contains { $0.name == "x-countersign-server-id" })
            #expect(!request.headers.contains { $0.name == "host" })
            #expect(request.endsAt == AWSCaller.now + 300)
        }
    }

    @Test("time: five minutes either way, and no longer than the URL itself says")
    func clock() throws {
        let caller = AWSCaller(expires: 900)
        let (presigned, signed) = (try caller.presigned(), try caller.signed())
        for token in [presigned, signed] {
            #expect(defect(token, now: AWSCaller.now + 299) == nil)
            #expect(defect(token, now: AWSCaller.now + 300) == .clock)
            #expect(defect(token, now: AWSCaller.now - 300) == nil)
            #expect(defect(token, now: AWSCaller.now - 301) == .clock)
        }
        #expect(defect(try AWSCaller(expires: 60).presigned(), now: AWSCaller.now + 59) == nil)
        #expect(defect(try AWSCaller(expires: 60).presigned(), now: AWSCaller.now + 60) == .clock)
        #expect(defect(try AWSCaller(expires: 901).presigned()) == .clock)
        #expect(defect(try AWSCaller(expires: 0).presigned()) == .clock)
    }

    @Test("presigned URLs of anything else are not sent")
    func presigned() throws {
        func variant(_ change: (inout AWSCaller) -> Void) throws -> String {
            var caller = AWSCaller()
            change(&caller)
            return try caller.presigned()
        }
        #expect(defect(try variant { $0.host = "sts.us-east-1.amazonaws.com" }) == .url)
        #expect(defect(try variant { $0.host = "evil.example.test" }) == .url)
        #expect(defect(try variant { $0.host = "sts.eu-west-3.amazonaws.com:8443" }) == .url)
        #expect(defect(try variant { $0.region = "us-east-1" }) == .scope)
        #expect(defect(try variant { $0.service = "s3" }) == .scope)
        #expect(defect(try variant { $0.query = "Action=AssumeRole&Version=2011-06-15" }) == .action)
        #expect(defect(try variant { $0.query = "Action=GetCallerIdentity&Version=2010-01-01" }) == .action)
        #expect(defect(try variant { $0.query += "&RoleArn=x" }) == .members)
        #expect(defect(try variant { $0.query = "Version=2011-06-15" }) == .members)
        #expect(defect(try variant { $0.serverID = [] }) == .unsigned)
        #expect(defect(try variant { $0.serverID.append(("x-other", "1")) }) == .unsigned)
        #expect(defect(try variant { $0.serverID = [("x-k8s-aws-id", "gate.example.test")] }) == .unsigned)
        let good = AWSCaller()
        for (change, problem) in [
            ({ $0 + "&Action=GetCallerIdentity" }, .members), ({ $0 + "&X-Amz-Signature=00" }, .members),
            ({ $0.replacingOccurrences(of: "https:", with: "http:") }, .url), ({ $0 + "#x" }, .encoding),
            ({ $0.replacingOccurrences(of: ".com/?", with: ".com/x?") }, .url),
            ({ $0.replacingOccurrences(of: "https://", with: "https://a@") }, .url),
            ({ $0.replacingOccurrences(of: "20260314%2F", with: "20260315%2F") }, .scope),
            ({ $0.replacingOccurrences(of: "HMAC-SHA256&", with: "HMAC-SHA1&") }, .members),
            ({ String($0.dropLast()) }, .members), ({ $0 + "%" }, .members), ({ _ in "" }, .url),
        ] as [((String) -> String, AWSIdentityRequest.Defect)] {
            #expect(defect(try good.presigned("aws-sts-v1.", change)) == problem, "\(problem)")
        }
        #expect(defect("aws-sts-v1.") == .url)
        #expect(defect("aws-sts-v1.a=b") == .encoding)
        #expect(defect("aws-sts-v1." + String(repeating: "A", count: 20_000)) == .size)
    }

    @Test("signed requests of anything else are not sent")
    func signed() throws {
        let good = AWSCaller()
        #expect(defect(try good.signed(body: "Action=GetCallerIdentity&Version=2011-06-15&x=1")) == .action)
        #expect(defect(try good.signed(body: "Action=AssumeRole&Version=2011-06-15")) == .action)
        #expect(defect(try good.signed(method: "GET")) == .encoding)
        #expect(defect(try good.signed(extra: [("X-Evil", ["1"])])) == .members)
        #expect(defect(try good.signed(extra: [("HOST", ["sts.eu-west-3.amazonaws.com"])])) == .members)
        #expect(defect(try good.signed(extra: [("Host", ["evil.example.test"])])) == .members)
        #expect(defect(try good.signed(extra: [("Content-Length", "1")])) == .members)
        #expect(defect(try good.signed(extra: [("Content-Length", "43")])) == nil)
        #expect(defect(try good.signed(extra: [("X-Amz-Date", ["a", "b"])])) == .members)
        #expect(defect(try good.signed(extra: [("X-Countersign-Server-Id", ["x"])])) == .members)
        #expect(defect(try good.signed(extra: [("x-countersign-server-id", ["another"])])) == .serverID)
        #expect(defect(try good.signed(extra: [("x-countersign-server-id", ["a\r\nb"])])) == .members)
        #expect(defect(try good.signed(extra: [("X-Amz-Security-Token", ["unsigned"])])) == .unsigned)
        #expect(defect(try good.signed(dropping: "x-countersign-server-id")) == .unsigned)
        #expect(defect(try good.signed(dropping: "X-Amz-Date")) == .members)
        #expect(defect(try good.signed(dropping: "Authorization")) == .members)
        var unbound = good
        unbound.serverID = []
        #expect(defect(try unbound.signed()) == .unsigned)
        #expect(defect("aws-iam-v1." + Base64URL.encode("{}".utf8)) == .encoding)
        #expect(defect("aws-iam-v1." + Base64URL.encode("[".utf8)) == .encoding)
    }
}

@Suite("Callers of AWS IAM: what STS says, and how long it counts")
struct AWSCallerProviderTests {
    let now = AWSCaller.now

    private func error(_ result: Result<AuthenticatedCaller, IdentityError>) -> IdentityError? {
        if case .failure(let error) = result { error } else { nil }
    }

    @Test("a role, its account and its session become the principal")
    func principal() async throws {
        let provider = StandInSTS().provider()
        let caller = try await provider.ask(try AWSCaller().presigned(), now: now).get()
        #expect(caller.principal.entityText == "AWSPrincipal::\"arn:aws:sts::123456789012:assumed-role/app/i-1\"")
        #expect(caller.principal.roles == ["arn:aws:iam::123456789012:role/app"])
        #expect(caller.principal.attributes["account"] == "123456789012")
        #expect(caller.principal.attributes["session"] == "i-1")
        #expect(caller.evidence.scheme == .awsIAM)
        #expect(caller.evidence.keyID == "AKIDEXAMPLE")
    }

    @Test("one signature, one question: used again for a short time, then never")
    func reuse() async throws {
        let sts = StandInSTS()
        let provider = sts.provider()
        let token = try AWSCaller(expires: 900).presigned()
        #expect(try provider.caller(token, now: now) == nil)
        let first = try await provider.ask(token, now: now).get()
        #expect(try provider.caller(token, now: now + 59) === first)
        #expect(try await provider.ask(token, now: now + 59).get() === first)
        #expect(try provider.caller(token, now: now + 60) == nil)
        #expect(error(await provider.ask(token, now: now + 60)) == .awsReplayed)
        #expect(sts.calls.withLock(\.count) == 1)
        #expect(throws: IdentityError.awsSignatureNotAccepted(AWSIdentityRequest.Defect.clock.rawValue)) {
            try provider.caller(token, now: now + 300)
        }
    }

    @Test("without reuse every signature counts once")
    func once() async throws {
        var settings = AWSCaller.settings
        settings.reuse = 0
        let provider = StandInSTS().provider(settings)
        let token = try AWSCaller().signed()
        #expect(error(await provider.ask(token, now: now)) == nil)
        #expect(error(await provider.ask(token, now: now)) == .awsReplayed)
    }

    @Test("a signature stays used when the configuration makes the provider anew")
    func reload() async throws {
        let sts = StandInSTS()
        let before = sts.provider()
        let token = try AWSCaller().presigned()
        #expect(error(await before.ask(token, now: now)) == nil)
        #expect(error(await sts.provider(replacing: before).ask(token, now: now + 1)) == .awsReplayed)
        #expect(sts.calls.withLock(\.count) == 1)
    }

    @Test("a hundred that come at once ask once")
    func together() async throws {
        let sts = StandInSTS()
        let provider = sts.provider()
        let token = try AWSCaller().presigned()
        let accepted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    if case .success = await provider.ask(token, now: now) { true } else { false }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(accepted == 100)
        #expect(sts.calls.withLock(\.count) == 1)
    }

    @Test("an STS that cannot be asked says nothing about the signature, which may be tried again")
    func unavailable() async throws {
        let sts = StandInSTS(nil)
        let provider = sts.provider()
        let token = try AWSCaller().presigned()
        guard case .awsUnavailable? = error(await provider.ask(token, now: now)) else {
            Issue.record("not unavailable")
            return
        }
        sts.answer.withLock { $0 = (503, []) }
        guard case .awsUnavailable? = error(await provider.ask(token, now: now)) else {
            Issue.record("not unavailable")
            return
        }
        sts.answer.withLock { $0 = AWSCaller.answer() }
        #expect(error(await provider.ask(token, now: now)) == nil)
    }

    @Test("a refusal by STS is remembered for a while, and so is a principal that is not named")
    func refused() async throws {
        let sts = StandInSTS((403, Array("<ErrorResponse/>".utf8)))
        let provider = sts.provider()
        let token = try AWSCaller().presigned()
        #expect(error(await provider.ask(token, now: now)) == .awsSignatureNotAccepted("STS answered 403"))
        #expect(throws: IdentityError.awsSignatureNotAccepted("STS answered 403")) {
            try provider.caller(token, now: now + 29)
        }
        #expect(sts.calls.withLock(\.count) == 1)
        for (arn, account) in [
            ("arn:aws:sts::123456789012:assumed-role/other/s", "123456789012"),
            ("arn:aws:iam::123456789012:root", "123456789012"),
            ("arn:aws:iam::999999999999:user/bob", "999999999999"),
        ] {
            let other = StandInSTS(AWSCaller.answer(arn, account: account)).provider()
            #expect(error(await other.ask(token, now: now)) == .awsPrincipalNotAccepted(arn: arn))
        }
    }

    @Test("invented signatures displace no confirmed one, and are asked about again only after a while")
    func invented() async throws {
        let sts = StandInSTS()
        let provider = sts.provider()
        let good = try AWSCaller(expires: 900).presigned()
        let caller = try await provider.ask(good, now: now).get()
        sts.answer.withLock { $0 = (403, []) }
        var other = AWSCaller(expires: 900)
        for index in 0..<300 {
            other.credentials = AWSCredentials(
                accessKeyID: "AKIAINVENTED\(index)", secretAccessKey: Secret("\(index)".utf8))
            #expect(error(await provider.ask(try other.presigned(), now: now)) != nil)
        }
        #expect(try provider.caller(good, now: now + 1) === caller)
        #expect(sts.calls.withLock(\.count) == 301)
        // After its time the refusal is forgotten, and the signature was never used.
        sts.answer.withLock { $0 = AWSCaller.answer() }
        #expect(error(await provider.ask(try other.presigned(), now: now + 31)) == nil)
    }

    @Test("answers that cannot be read, or contradict themselves, identify nobody")
    func unreadable() async throws {
        let good = String(decoding: AWSCaller.answer().body, as: UTF8.self)
        let bad: [String] = [
            "", "{}", "<a/>", good + "<x/>", good.replacingOccurrences(of: "</Arn>", with: ""),
            good.replacingOccurrences(of: "<UserId>AROA:i-1</UserId>", with: ""),
            good.replacingOccurrences(of: "<UserId>", with: "<Arn>x</Arn><UserId>"),
            "<!DOCTYPE a [<!ENTITY e \"x\">]>" + good, good.replacingOccurrences(of: "AROA", with: "<!-- -->AROA"),
            good.replacingOccurrences(of: "AROA", with: "&e;"), good.replacingOccurrences(of: "AROA", with: "&#65;"),
            good.replacingOccurrences(of: "AROA", with: "<![CDATA[A]]>"),
            good.replacingOccurrences(of: "GetCallerIdentityResult>", with: "Other>"),
            good.replacingOccurrences(of: "<Account>123456789012", with: "<Account>999999999999"),
            good.replacingOccurrences(of: "assumed-role/app/i-1", with: "assumed-role/app"),
            good.replacingOccurrences(of: "arn:aws:sts", with: "arn:aws:s3"),
            String(repeating: "<a>", count: 5000), "<" + String(repeating: "a", count: 20_000) + ">",
        ]
        for text in bad {
            let provider = StandInSTS((200, Array(text.utf8))).provider()
            guard case .awsUnavailable? = error(await provider.ask(try AWSCaller().presigned(), now: now)) else {
                Issue.record("accepted: \(text.prefix(80))")
                continue
            }
        }
        let escaped = good.replacingOccurrences(of: "app/i-1", with: "app/a&amp;b")
        let said = CallerIdentityAnswer(Array(("<?xml version='1.0'?>\n" + escaped).utf8))
        #expect(said?.arn == "arn:aws:sts::123456789012:assumed-role/app/a&b")
    }

    @Test("what a gateway verified counts from gateways that may forward, and only if it is clear whose it is")
    func forwarded() throws {
        let role = "arn:aws:sts::123456789012:assumed-role/app/i-1"
        func outcome(
            _ headers: [(String, String)], mayForward: Bool = true,
            _ forwarded: AWSCallerSettings.ForwardedIdentity? = .lattice
        ) -> Result<AuthenticatedCaller, IdentityError> {
            var settings = AWSCaller.settings
            settings.forwarded = forwarded
            let gateway = GatewayIdentity(name: "lattice", peer: "", authentication: .mutualTLS, mayForward: mayForward)
            var request = CalloutRequest(dialect: .decisions, gateway: gateway)
            for (name, value) in headers { request.headers.append(name, value) }
            let provider = StandInSTS().provider(settings)
            do throws(IdentityError) {
                let caller = try provider.forwarded(in: request, now: now)
                #expect(try provider.forwarded(in: request, now: now + 59) === caller)
                return .success(caller)
            } catch { return .failure(error) }
        }
        let field = "X-Amzn-Lattice-Identity"
        let good = "Principal=\(role); PrincipalOrgID=o-1; SessionName=i-1; Type=AWS_IAM"
        #expect(try outcome([(field, good)]).get().principal.id == role)
        #expect(try outcome([("x-caller", role)], .name(header: "x-caller")).get().principal.id == role)
        #expect(error(outcome([(field, good)], mayForward: false)) == .schemeNotAccepted("AWS4-HMAC-SHA256"))
        #expect(error(outcome([(field, good)], nil)) == .schemeNotAccepted("AWS4-HMAC-SHA256"))
        let unclear = IdentityError.awsSignatureNotAccepted("the gateway does not say whose it is")
        for headers in [
            [], [(field, good), (field, good)], [(field, "")], [(field, "Type=AWS_IAM")],
            [(field, good + "; Principal=x")], [(field, good.replacingOccurrences(of: "AWS_IAM", with: "NONE"))],
            [(field, "Principal=role/app")], [(field, role)],
        ] as [[(String, String)]] { #expect(error(outcome(headers)) == unclear, "\(headers)") }
        let other = "arn:aws:iam::999999999999:user/eve"
        #expect(error(outcome([(field, "Principal=\(other)")])) == .awsPrincipalNotAccepted(arn: other))
    }

    @Test(
        "resource names",
        arguments: [
            ("arn:aws:iam::123456789012:user/path/bob", "bob", nil), ("arn:aws-cn:iam::123456789012:root", "", nil),
            ("arn:aws:sts::123456789012:federated-user/eve", "eve", nil),
            ("arn:aws-us-gov:sts::123456789012:assumed-role/r/s", "r", "arn:aws-us-gov:iam::123456789012:role/r"),
        ] as [(String, String, String?)])
    func names(text: String, name: String, role: String?) {
        let parsed = AWSPrincipalName(text)
        #expect(parsed?.name == name)
        #expect(parsed?.role == role)
        #expect(parsed?.account == "123456789012")
    }

    @Test("settings that let everybody in, or nobody, are refused")
    func settings() {
        #expect(AWSCaller.settings.problems.isEmpty)
        #expect(AWSCallerSettings(name: "a", region: "r", serverID: "s").problems == [.nobodyNamed])
        #expect(
            AWSCallerSettings(name: "a", region: "r", serverID: "", accounts: ["12"]).problems == [
                .serverID, .account("12"),
            ])
        for wrong in ["*", "arn:aws:iam::*", "arn:aws:iam::*:role/x", "arn:aws:iam::123456789012:role/*x", "role/x"] {
            let settings = AWSCallerSettings(name: "a", region: "r", serverID: "s", principals: [wrong])
            #expect(settings.problems == [.principal(wrong)], "\(wrong)")
        }
        #expect(
            AWSCallerSettings(name: "a", region: "cn-north-1", serverID: "s").endpoint.hasSuffix(".amazonaws.com.cn"))
    }
}
