// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// A signed `GetCallerIdentity` as a caller presents it, checked as far as that goes without asking anybody (THREATS I5).
///
/// Two forms. A presigned URL, as `aws eks get-token` makes it: `aws-sts-v1.` or `k8s-aws-v1.` and the URL in base64url.
/// And a signed POST in the members that HashiCorp Vault's AWS method sends (`iam_http_request_method`,
/// `iam_request_url`, `iam_request_body`, `iam_request_headers`, the last three in base64): `aws-iam-v1.` and their JSON
/// object in base64url.
struct AWSIdentityRequest: Sendable {
    /// Why a request is not forwarded.
    enum Defect: String, Error, Sendable, Hashable {
        case encoding = "it is not base64url of a URL or of the four members of a signed request"
        case url = "the URL is not that of the configured STS endpoint"
        case action = "it asks for something else than GetCallerIdentity of version 2011-06-15"
        case members = "a parameter or header is missing, stands twice, or is not one that such a request has"
        case scope = "it is not signed for `sts` in the configured region on its own day"
        case clock = "its time is more than 5 minutes from the clock, or it has expired"
        case unsigned = "host, date or server id are not signed"
        case serverID = "the server id is that of another deployment"
        case size = "it is too long"
    }

    private static let presignedPrefixes = ["aws-sts-v1.", "k8s-aws-v1."]
    private static let signedPrefix = "aws-iam-v1."
    private static let maximumBytes = 16 << 10

    /// What is sent to STS: method, path with query, header fields and body.
    let method: String
    let target: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]
    let accessKeyID: String
    /// The signature, by which its use is remembered.
    let signature: String
    /// The first second at which the request is too old to be accepted.
    let endsAt: Int64

    /// Whether a bearer token has one of the two forms.
    static func isOne(_ token: String) -> Bool {
        (presignedPrefixes + [signedPrefix]).contains { token.utf8.starts(with: $0.utf8) }
    }

    /// Reads and checks a token of one of the two forms.
    init(_ token: String, _ settings: AWSCallerSettings, now: Int64) throws(Defect) {
        guard token.utf8.count <= Self.maximumBytes else { throw .size }
        if token.utf8.starts(with: Self.signedPrefix.utf8) {
            try self.init(signed: try Self.payload(token), settings, now)
        } else {
            try self.init(presigned: try Self.payload(token), settings, now)
        }
    }

    private static func payload(_ token: String) throws(Defect) -> [UInt8] {
        guard let dot = token.utf8.firstIndex(of: UInt8(ascii: ".")),
            let bytes = Base64URL.decode(String(token[token.utf8.index(after: dot)...]))
        else { throw .encoding }
        return bytes
    }

    // MARK: A presigned URL

    private init(presigned bytes: [UInt8], _ settings: AWSCallerSettings, _ now: Int64) throws(Defect) {
        guard let text = String(validating: bytes, as: UTF8.self), let url = try Self.target(text, settings) else {
            throw .encoding
        }
        var values: [String: String] = [:]
        for parameter in url.parameters {
            guard let value = AWSURIEncoding.decodeFormValue(parameter.value.utf8),
                let text = String(validating: value, as: UTF8.self), values[parameter.name] == nil
            else { throw .members }
            values[parameter.name] = text
        }
        let required = [
            "Action", "Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
            "X-Amz-SignedHeaders", "X-Amz-Signature",
        ]
        guard required.allSatisfy({ values[$0] != nil }),
            values.keys.allSatisfy({ required.contains($0) || $0 == "X-Amz-Security-Token" }),
            values["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
        else { throw .members }
        guard values["Action"] == "GetCallerIdentity", values["Version"] == "2011-06-15" else { throw .action }
        guard let lifetime = Int64(values["X-Amz-Expires"] ?? ""), lifetime > 0, lifetime <= 900 else { throw .clock }
        let names = (values["X-Amz-SignedHeaders"] ?? "").split(separator: ";", omittingEmptySubsequences: false)
        guard names.count == 2, names.contains("host"), names.contains(Substring(settings.serverIDHeader)) else {
            throw .unsigned
        }
        let scope = try Self.scope(values["X-Amz-Credential"] ?? "", values["X-Amz-Date"] ?? "", settings)
        endsAt = try Self.end(scope.date, min(lifetime, AWSCallerSettings.maximumSkew), now)
        method = "GET"
        target = "/?" + (url.query ?? "")
        headers = [(settings.serverIDHeader, settings.serverID)]
        body = []
        accessKeyID = scope.key
        signature = try Self.signature(values["X-Amz-Signature"] ?? "")
    }

    // MARK: A signed POST

    private init(signed bytes: [UInt8], _ settings: AWSCallerSettings, _ now: Int64) throws(Defect) {
        let limits = JSONLimits(maximumBytes: Self.maximumBytes, maximumDepth: 4)
        guard let root = try? JSONValue.parse(bytes, limits: limits).objectValue, root.count == 4,
            root["iam_http_request_method"]?.stringValue == "POST",
            let urlBytes = Self.base64(root["iam_request_url"]), let body = Self.base64(root["iam_request_body"]),
            let headerBytes = Self.base64(root["iam_request_headers"]),
            let headers = try? JSONValue.parse(headerBytes, limits: limits).objectValue,
            let text = String(validating: urlBytes, as: UTF8.self), let url = try Self.target(text, settings)
        else { throw .encoding }
        guard url.query == nil else { throw .url }
        try Self.checkForm(body)
        let fields = try Self.fields(headers)
        guard let date = fields["x-amz-date"], let authorization = fields["authorization"] else { throw .members }
        guard let parts = AWSAuthorization(authorization) else { throw .members }
        let signed = Set(parts.signed)
        guard signed.count == parts.signed.count,
            ["host", "x-amz-date", settings.serverIDHeader].allSatisfy(signed.contains),
            fields["x-amz-security-token"] == nil || signed.contains("x-amz-security-token"),
            parts.signed.allSatisfy({ fields[$0] != nil })
        else { throw .unsigned }
        let usual = [
            "authorization", "host", "content-type", "content-length", "x-amz-date", "x-amz-security-token",
            "x-amz-content-sha256", "user-agent", "accept-encoding", settings.serverIDHeader,
        ]
        guard fields.keys.allSatisfy(usual.contains), fields["host"] == settings.signedHost,
            fields["content-length"].map({ $0 == String(body.count) }) ?? true
        else { throw .members }
        guard fields[settings.serverIDHeader]?.isSameBytes(as: settings.serverID) == true else { throw .serverID }
        let scope = try Self.scope(parts.credential, date, settings)
        endsAt = try Self.end(scope.date, AWSCallerSettings.maximumSkew, now)
        method = "POST"
        target = "/"
        // Host and length are set where the request is sent; what is not signed has no business there.
        self.headers =
            fields.filter { name, _ in (signed.contains(name) || name == "authorization" || name == "content-type") }
            .filter { name, _ in name != "host" && name != "content-length" }
            .sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        self.body = body
        accessKeyID = scope.key
        signature = try Self.signature(parts.signature)
    }

    private static func base64(_ value: JSONValue?) -> [UInt8]? {
        value?.stringValue.flatMap { PEMCertificates.decodeBase64(Array($0.utf8)) }
    }

    /// `Action=GetCallerIdentity&Version=2011-06-15`, in any order, and nothing else.
    private static func checkForm(_ body: [UInt8]) throws(Defect) {
        let pairs = body.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard pairs.sorted() == ["Action=GetCallerIdentity", "Version=2011-06-15"] else { throw .action }
    }

    /// Names in small letters, each with its one value.
    private static func fields(_ headers: JSONObject) throws(Defect) -> [String: String] {
        var fields: [String: String] = [:]
        for member in headers.members {
            let values: [String?] =
                member.value.arrayValue.map { $0.map(\.stringValue) } ?? [
                    member.value.stringValue ?? member.value.int64Value.map(String.init)
                ]
            guard values.count == 1, let value = values[0], value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }),
                fields.updateValue(value, forKey: AWSCanonicalRequest.smallLetters(member.key)) == nil
            else { throw .members }
        }
        return fields
    }

    // MARK: What both forms share

    /// The parts of the URL, which must be that of the endpoint.
    private static func target(_ text: String, _ settings: AWSCallerSettings) throws(Defect) -> AWSTarget? {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { return nil }
        guard let url = AWSTarget(text), url.origin.utf8.starts(with: "https://".utf8), url.host == settings.signedHost,
            url.path.isEmpty || url.path == "/"
        else { throw .url }
        return url
    }

    /// `<key>/<day>/<region>/sts/aws4_request`.
    private static func scope(
        _ credential: String, _ date: String, _ settings: AWSCallerSettings
    ) throws(Defect) -> (key: String, date: Int64) {
        let parts = credential.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let moment = AWSTimestamp(date) else { throw .clock }
        guard parts.count == 5, (8...128).contains(parts[0].utf8.count),
            parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }),
            parts[1] == moment.day, parts[2] == settings.region, parts[3] == "sts", parts[4] == "aws4_request"
        else { throw .scope }
        return (parts[0], moment.seconds)
    }

    private static func end(_ date: Int64, _ lifetime: Int64, _ now: Int64) throws(Defect) -> Int64 {
        guard date - AWSCallerSettings.maximumSkew <= now, now < date + lifetime else { throw .clock }
        return date + lifetime
    }

    private static func signature(_ text: String) throws(Defect) -> String {
        guard text.utf8.count == 64, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw .members }
        return text
    }
}
