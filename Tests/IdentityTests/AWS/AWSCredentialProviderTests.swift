// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import Identity

/// Environment, files, services and clock of a process that the test makes up.
private final class MadeUpSurroundings: Sendable {
    struct State {
        var variables: [String: String] = [:]
        var files: [String: String] = [:]
        var requests: [AWSCredentialSurroundings.Request] = []
        var now: Int64 = 1_800_000_000
        var gate: [CheckedContinuation<Void, Never>]?
        var answer: @Sendable (AWSCredentialSurroundings.Request) -> (status: Int, body: String)? = { _ in nil }
    }

    struct Unreachable: Error {}

    let state: Mutex<State>

    init(_ variables: [String: String] = [:], files: [String: String] = [:]) {
        state = Mutex(State(variables: variables, files: files))
    }

    var requests: [AWSCredentialSurroundings.Request] { state.withLock { $0.requests } }

    func answer(_ answer: @escaping @Sendable (AWSCredentialSurroundings.Request) -> (Int, String)?) {
        state.withLock { $0.answer = answer }
    }

    func advance(_ seconds: Int64) { state.withLock { $0.now += seconds } }

    var surroundings: AWSCredentialSurroundings {
        AWSCredentialSurroundings(
            variable: { name in self.state.withLock { $0.variables[name] } },
            file: { path in self.state.withLock { $0.files[path].map { Array($0.utf8) } } },
            send: { request in
                await withCheckedContinuation { continuation in
                    let passes = self.state.withLock { state in
                        state.requests.append(request)
                        state.gate?.append(continuation)
                        return state.gate == nil
                    }
                    if passes { continuation.resume() }
                }
                guard let answer = self.state.withLock({ $0.answer })(request) else { throw Unreachable() }
                return (answer.status, Array(answer.body.utf8))
            },
            now: { self.state.withLock { $0.now } })
    }

    func provider(_ source: AWSCredentialSource) -> AWSCredentialProvider {
        AWSCredentialProvider(source, surroundings)
    }

    /// What a source gives: id, secret and token, or why not.
    func outcome(_ source: AWSCredentialSource) async -> String {
        do throws(AWSCredentialFailure) {
            let found = try await provider(source).credentials()
            let texts = [found.secretAccessKey, found.sessionToken].compactMap { secret in
                secret?.withBytes { String(decoding: $0, as: UTF8.self) }
            }
            return ([found.accessKeyID] + texts).joined(separator: " ")
        } catch {
            switch error {
            case .absent: return "absent"
            case .unusable: return "unusable"
            }
        }
    }

    static func document(_ id: String = "ASIA1", until: String = "2027-01-15T09:00:00Z", code: String? = nil) -> String
    {
        let status = code.map { #""Code":"\#($0)","# } ?? ""
        return "{" + status + #""AccessKeyId":"\#(id)","SecretAccessKey":"s","Token":"t","Expiration":"\#(until)"}"#
    }

    static func assumed(until: String = "2027-01-15T09:00:00Z") -> String {
        """
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleWithWebIdentityResult>
            <SubjectFromWebIdentityToken>system:serviceaccount:a:b</SubjectFromWebIdentityToken>
            <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn><AssumedRoleId>x</AssumedRoleId></AssumedRoleUser>
            <Credentials><AccessKeyId>ASIAW</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
            <SessionToken>t</SessionToken><Expiration>\(until)</Expiration></Credentials>
          </AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
        </AssumeRoleWithWebIdentityResponse>
        """
    }
}

@Suite("AWS credentials of this service: where they come from", .timeLimit(.minutes(30)))
struct AWSCredentialSourceTests {
    @Test("environment: both halves, a session's token, nothing that no header may hold")
    func environment() async {
        let keys = ["AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s"]
        #expect(await MadeUpSurroundings(keys).outcome(.environment) == "AKIA1 s")
        let session = keys.merging(["AWS_SESSION_TOKEN": "t"]) { first, _ in first }
        #expect(await MadeUpSurroundings(session).outcome(.environment) == "AKIA1 s t")
        #expect(await MadeUpSurroundings().outcome(.environment) == "absent")
        #expect(await MadeUpSurroundings(["AWS_ACCESS_KEY_ID": "AKIA1"]).outcome(.environment) == "unusable")
        let broken = ["AWS_ACCESS_KEY_ID": "AKIA1\r\nx: y", "AWS_SECRET_ACCESS_KEY": "s"]
        #expect(await MadeUpSurroundings(broken).outcome(.environment) == "unusable")
    }

    @Test("profiles: both files, names, what comes first, and what is not supported says so")
    func profiles() async {
        let credentials = """
            # comment
            [default]
            aws_access_key_id = AKIAD
            aws_secret_access_key=sd
            s3 =
              max_concurrent_requests = 20
            [ build ]
            AWS_ACCESS_KEY_ID = AKIAB
            aws_secret_access_key = s/b+=
            aws_session_token = tb
            [half]
            aws_access_key_id = AKIAH
            [empty]
            """
        let config = """
            [profile build]
            aws_access_key_id = AKIAIGNORED
            [profile only-here]
            aws_access_key_id = AKIAO
            aws_secret_access_key = so
            [not-a-profile]
            aws_access_key_id = AKIAN
            aws_secret_access_key = sn
            [profile chained]
            role_arn = arn:aws:iam::1:role/r
            source_profile = default
            """
        let files = ["/h/.aws/credentials": credentials, "/h/.aws/config": config, "/elsewhere": "[x]\nbroken line"]
        func outcome(_ name: String?, _ more: [String: String] = [:]) async -> String {
            await MadeUpSurroundings(["HOME": "/h"].merging(more) { _, own in own }, files: files).outcome(
                .profile(name))
        }
        #expect(await outcome(nil) == "AKIAD sd")
        #expect(await outcome("build") == "AKIAB s/b+= tb")
        #expect(await outcome(nil, ["AWS_PROFILE": "build"]) == "AKIAB s/b+= tb")
        #expect(await outcome("only-here") == "AKIAO so")
        #expect(await outcome(nil, ["AWS_SHARED_CREDENTIALS_FILE": "/none", "AWS_CONFIG_FILE": "/none"]) == "absent")
        for name in ["half", "empty", "not-a-profile", "chained", "nobody"] {
            #expect(await outcome(name) == "unusable")
        }
        #expect(await outcome("x", ["AWS_SHARED_CREDENTIALS_FILE": "/elsewhere"]) == "unusable")
        #expect(await MadeUpSurroundings().outcome(.profile(nil)) == "absent")
    }

    @Test("containers: fixed address or a full URL that is safe, with the token of the moment")
    func containers() async throws {
        func ask(_ variables: [String: String], _ files: [String: String] = [:]) async -> (String, [String]) {
            let made = MadeUpSurroundings(variables, files: files)
            made.answer { request in (200, MadeUpSurroundings.document()) }
            let outcome = await made.outcome(.container)
            return (outcome, made.requests.map { "\($0.url) \($0.receiver) \($0.headers.map(\.value))" })
        }
        let (relative, full) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        #expect(await ask([relative: "/v2/x"]) == ("ASIA1 s t", ["http://169.254.170.2/v2/x local []"]))
        let token = ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/t", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "old"]
        let pod = token.merging([full: "http://169.254.170.23/v1/credentials"]) { first, _ in first }
        #expect(
            await ask(pod, ["/t": "abc\n"]) == ("ASIA1 s t", [#"http://169.254.170.23/v1/credentials local ["abc"]"#]))
        #expect(await ask(pod).0 == "unusable")
        #expect(await ask(pod, ["/t": "a\u{7F}"]).0 == "unusable")
        #expect(
            await ask([full: "https://vault.example.test/x"]) == (
                "ASIA1 s t", ["https://vault.example.test/x remote []"]
            ))
        for url in [
            "http://vault.example.test/x", "http://127.0.0.1.example.test/x", "http://169.254.169.254/x",
            "ftp://localhost/",
            "http://localhost@example.test/", "x",
        ] {
            #expect(await ask([full: url]) == ("unusable", []))
        }
        for url in ["http://localhost:1/x", "http://127.0.0.1/x", "http://[::1]:8/x", "http://[fd00:ec2::23]/x"] {
            #expect(await ask([full: url]).0 == "ASIA1 s t")
        }
        #expect(await ask([relative: "no-slash"]).0 == "unusable")
        #expect(await ask([:]).0 == "absent")
    }

    @Test(
        "documents that are not credentials which end are refused",
        arguments: [
            "", "{}", "[]", MadeUpSurroundings.document(until: "soon"),
            MadeUpSurroundings.document(until: "2020-01-01T00:00:00Z"),
            MadeUpSurroundings.document("A\\nB"), MadeUpSurroundings.document(code: "Failed"),
            #"{"AccessKeyId":"a","SecretAccessKey":"s","Token":"t"}"#,
            #"{"AccessKeyId":"a","SecretAccessKey":"s","Expiration":"2027-01-15T09:00:00Z"}"#,
            String(repeating: "[", count: 10_000),
        ]
    )
    func wrongDocuments(document: String) async {
        let made = MadeUpSurroundings(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"])
        made.answer { _ in (200, document) }
        #expect(await made.outcome(.container) == "unusable")
        made.answer { _ in (500, MadeUpSurroundings.document()) }
        #expect(await made.outcome(.container) == "unusable")
        made.answer { _ in nil }
        #expect(await made.outcome(.container) == "unusable")
    }

    @Test("instances: version 2 alone, the role that the instance has")
    func instances() async {
        let made = MadeUpSurroundings()
        let path = "/latest/meta-data/iam/security-credentials/"
        made.answer { request in
            let session = request.headers.first { $0.name == "X-aws-ec2-metadata-token" }?.value
            switch (request.method, request.url) {
            case ("PUT", "http://169.254.169.254/latest/api/token"): return (200, "session==")
            case ("GET", "http://169.254.169.254" + path): return session == "session==" ? (200, "app-role") : (401, "")
            case ("GET", "http://169.254.169.254" + path + "app-role"):
                return session == "session==" ? (200, MadeUpSurroundings.document(code: "Success")) : (401, "")
            default: return (404, "")
            }
        }
        #expect(await made.outcome(.instance) == "ASIA1 s t")
        #expect(made.requests.map(\.method) == ["PUT", "GET", "GET"])
        for role in ["", "../../x", "a\nb", String(repeating: "r", count: 65)] {
            made.answer { $0.method == "PUT" ? (200, "s") : (200, role) }
            #expect(await made.outcome(.instance) == "unusable")
        }
        let disabled = MadeUpSurroundings(["AWS_EC2_METADATA_DISABLED": "true"])
        #expect(await disabled.outcome(.instance) == "absent" && disabled.requests.isEmpty)
        let elsewhere = MadeUpSurroundings(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338/"])
        _ = await elsewhere.outcome(.instance)
        #expect(elsewhere.requests.map(\.url) == ["http://127.0.0.1:1338/latest/api/token"])
    }

    @Test("web identity: the token of the moment goes to STS of the region, encoded")
    func webIdentity() async throws {
        let variables = [
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/app",
            "AWS_REGION": "eu-west-3", "AWS_ROLE_SESSION_NAME": "cs",
        ]
        let made = MadeUpSurroundings(variables, files: ["/token": "a.b+c/d=\n"])
        made.answer { _ in (200, MadeUpSurroundings.assumed()) }
        #expect(await made.outcome(.webIdentity) == "ASIAW s t")
        let request = try #require(made.requests.first)
        #expect(request.method == "POST" && request.url == "https://sts.eu-west-3.amazonaws.com/")
        #expect(request.receiver == .remote)
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fapp"
                + "&RoleSessionName=cs&WebIdentityToken=a.b%2Bc%2Fd%3D")
        for (name, value, url) in [
            ("AWS_REGION", "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"),
            ("AWS_REGION", "", "https://sts.amazonaws.com/"),
            ("AWS_ENDPOINT_URL_STS", "https://vpce.example.test", "https://vpce.example.test/"),
        ] {
            let other = MadeUpSurroundings(variables.merging([name: value]) { _, own in own }, files: ["/token": "t"])
            _ = await other.outcome(.webIdentity)
            #expect(other.requests.map(\.url) == [url])
        }
        for answer in ["", "<x/>", MadeUpSurroundings.assumed(until: "never")] {
            made.answer { _ in (200, answer) }
            #expect(await made.outcome(.webIdentity) == "unusable")
        }
        made.state.withLock { $0.files = [:] }
        #expect(await made.outcome(.webIdentity) == "unusable")
        let profile = MadeUpSurroundings(
            ["AWS_CONFIG_FILE": "/c"],
            files: ["/c": "[profile p]\nrole_arn = r\nweb_identity_token_file = /t\nregion = eu-west-1", "/t": "t"])
        profile.answer { _ in (200, MadeUpSurroundings.assumed()) }
        #expect(await profile.outcome(.profile("p")) == "ASIAW s t")
        #expect(profile.requests.map(\.url) == ["https://sts.eu-west-1.amazonaws.com/"])
    }

    @Test("automatic takes the first that is set up, and never another because that one fails")
    func order() async {
        var variables = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x", "AWS_EC2_METADATA_DISABLED": "true"]
        func outcome() async -> String {
            let made = MadeUpSurroundings(
                variables, files: ["/c": "[default]\naws_access_key_id=AKIAP\naws_secret_access_key=s"])
            made.answer { request in request.method == "GET" ? (200, MadeUpSurroundings.document()) : nil }
            return await made.outcome(.automatic)
        }
        #expect(await outcome() == "ASIA1 s t")
        variables["AWS_SHARED_CREDENTIALS_FILE"] = "/c"
        #expect(await outcome() == "AKIAP s")
        variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/none"
        #expect(await outcome() == "unusable")
        (variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]) = ("AKIAE", "s")
        #expect(await outcome() == "AKIAE s")
        variables = ["AWS_EC2_METADATA_DISABLED": "TRUE"]
        #expect(await outcome() == "absent")
    }

    @Test("names of sources read back; others are none")
    func names() {
        for text in ["automatic", "environment", "web_identity", "profile", "container", "instance"] {
            #expect(AWSCredentialSource(text)?.name == text)
        }
        #expect(AWSCredentialSource("profile:build box") == .profile("build box"))
        for text in ["", "Profile", "profile:", "profile:a]b", "profile:a\nb", "imds"] {
            #expect(AWSCredentialSource(text) == nil)
        }
    }

    @Test("moments, with and without a fraction; nothing else")
    func moments() {
        #expect(AWSCredentialDocument.moment("2026-03-14T15:09:26Z") == 1_773_500_966)
        #expect(AWSCredentialDocument.moment("2026-03-14T15:09:26.123Z") == 1_773_500_966)
        for text in [
            "", "Z", "2026-03-14T15:09:26", "2026-03-14 15:09:26Z", "2026-02-30T00:00:00Z", "2026-03-14T15:09:26.1.2Z",
            "2026-03-14T15:09:26.xZ", "20260314T150926Z", "2026-03-14T15:09:26+00:00",
        ] {
            #expect(AWSCredentialDocument.moment(text) == nil, "\(text)")
        }
    }
}

@Suite("AWS credentials of this service: kept and renewed", .timeLimit(.minutes(30)))
struct AWSCredentialProviderTests {
    private func container(until: String = "2027-01-15T09:00:00Z") -> MadeUpSurroundings {
        let made = MadeUpSurroundings(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"])
        made.answer { _ in (200, MadeUpSurroundings.document(until: until)) }
        return made
    }

    @Test("renewed five minutes before the end; a failure to renew is none while they last, and then it is")
    func renewal() async throws {
        // One hour: 1800000000 is 2027-01-15T08:00:00Z.
        let made = container()
        let provider = made.provider(.container)
        for _ in 0..<5 { _ = try await provider.credentials() }
        made.advance(3299)
        _ = try await provider.credentials()
        #expect(provider.lookups == 1)
        made.advance(1)
        made.answer { _ in (503, "") }
        #expect(try await provider.credentials().accessKeyID == "ASIA1")
        #expect(try await provider.credentials().accessKeyID == "ASIA1")
        #expect(provider.lookups == 2)
        made.advance(5)
        made.answer { _ in (200, MadeUpSurroundings.document("ASIA2", until: "2027-01-15T10:00:00Z")) }
        #expect(try await provider.credentials().accessKeyID == "ASIA2")
        made.answer { _ in (503, "") }
        made.advance(3600 + 300)
        await #expect(throws: AWSCredentialFailure.self) { try await provider.credentials() }
        let before = provider.lookups
        await #expect(throws: AWSCredentialFailure.self) { try await provider.credentials() }
        #expect(provider.lookups == before)
        made.advance(5)
        made.answer { _ in (200, MadeUpSurroundings.document("ASIA3", until: "2027-01-15T11:00:00Z")) }
        #expect(try await provider.credentials().accessKeyID == "ASIA3")
    }

    @Test("a changed file counts within a minute, and a removed one too")
    func rotation() async throws {
        let made = MadeUpSurroundings(["AWS_SHARED_CREDENTIALS_FILE": "/c"])
        func write(_ id: String) {
            made.state.withLock { $0.files["/c"] = "[default]\naws_access_key_id=\(id)\naws_secret_access_key=s" }
        }
        let provider = made.provider(.profile(nil))
        write("AKIA1")
        #expect(try await provider.credentials().accessKeyID == "AKIA1")
        write("AKIA2")
        #expect(try await provider.credentials().accessKeyID == "AKIA1")
        made.advance(60)
        #expect(try await provider.credentials().accessKeyID == "AKIA2")
        made.state.withLock { $0.files = [:] }
        made.advance(60)
        await #expect(throws: AWSCredentialFailure.self) { try await provider.credentials() }
    }

    @Test("1,000 at once cause one look-up, be it answered or not")
    func singleFlight() async throws {
        for status in [200, 500] {
            let made = container()
            made.answer { _ in (status, MadeUpSurroundings.document()) }
            made.state.withLock { $0.gate = [] }
            let provider = made.provider(.container)
            let ids = await withTaskGroup(of: String.self) { group in
                for _ in 0..<1000 { group.addTask { (try? await provider.credentials().accessKeyID) ?? "none" } }
                while made.state.withLock({ $0.gate?.isEmpty ?? true }) { await Task.yield() }
                let waiting = made.state.withLock { state in
                    defer { state.gate = nil }
                    return state.gate ?? []
                }
                for continuation in waiting { continuation.resume() }
                return await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(ids == [status == 200 ? "ASIA1" : "none"])
            #expect(provider.lookups == 1 && made.requests.count == 1)
        }
    }

    @Test("no failure names a secret")
    func secrecy() async {
        let made = MadeUpSurroundings([
            "AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "canary secret", "AWS_SESSION_TOKEN": "canary token",
        ])
        do throws(AWSCredentialFailure) {
            _ = try await made.provider(.automatic).credentials()
            Issue.record("accepted")
        } catch {
            #expect(!"\(error)".contains("canary"))
        }
    }
}
