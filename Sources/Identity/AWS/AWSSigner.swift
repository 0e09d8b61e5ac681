// SPDX-License-Identifier: Apache-2.0
import Crypto

/// Signs requests to AWS (Signature Version 4), in header fields or in the query of a URL.
///
/// ```swift
/// let signer = AWSSigner(region: "eu-west-3", service: "s3")
/// let added = try signer.headers(for: request, credentials: credentials, at: now)  // X-Amz-Date, Authorization, ...
/// ```
///
/// S3 differs from every other service: its paths are signed as they stand, its requests name the hash of their body,
/// and its presigned URLs leave the body open.
package struct AWSSigner: Sendable, Hashable {
    /// A request before it is signed.
    package struct Request: Sendable {
        /// The method, in capitals.
        package var method: String
        /// The absolute URL; path and query encoded as they will be sent.
        package var url: String
        /// The fields to be signed; `Host` follows from the URL unless it stands here.
        package var headers: [(name: String, value: String)]
        /// The whole body.
        package var body: [UInt8]

        package init(
            _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
        ) {
            (self.method, self.url, self.headers, self.body) = (method, url, headers, body)
        }
    }

    /// How the body is covered.
    package enum Payload: Sendable, Hashable {
        /// By its SHA-256.
        case signed
        /// Not at all; S3 alone accepts this, over TLS.
        case unsigned
    }

    /// Why nothing was signed.
    package enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
        /// The URL is not absolute, or has no host.
        case url
        /// A method, header field or credential holds a control character.
        case controlCharacter(in: String)

        package var description: String {
            switch self {
            case .url: "the URL must begin with https:// or http:// and name a host without user information"
            case .controlCharacter(let place): "`\(place)` holds a control character, which cannot be signed"
            }
        }
    }

    /// The region, such as `eu-west-3`.
    package let region: String
    /// The service as signatures name it, such as `s3`, `lambda`, `sts`, `execute-api`.
    package let service: String
    /// How the body is covered; presigned URLs of S3 never cover it.
    package var payload = Payload.signed

    package init(region: String, service: String, payload: Payload = .signed) {
        (self.region, self.service, self.payload) = (region, service, payload)
    }

    /// Fields that intermediaries change, so that they are never signed.
    private static let unsignedFields: Set = [
        "authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id",
    ]

    /// Signs in header fields.
    ///
    /// - Returns: The fields to add to the request: `X-Amz-Date`, `X-Amz-Security-Token` of a session,
    ///   `X-Amz-Content-SHA256` of S3, and `Authorization`.
    /// - Throws: ``Problem``.
    package func headers(
        for request: Request, credentials: AWSCredentials, at now: Int64
    ) throws(Problem) -> [(name: String, value: String)] {
        let (signature, canonical, added) = try signed(request, credentials, AWSTimestamp(now))
        let credential = "\(credentials.accessKeyID)/\(scope(AWSTimestamp(now)))"
        let value = "AWS4-HMAC-SHA256 Credential=\(credential), SignedHeaders=\(canonical.signedHeaders), "
        return added + [(name: "Authorization", value: value + "Signature=\(signature)")]
    }

    /// Signs in the query of a URL that is valid for a time.
    ///
    /// Names and values of the query are encoded anew; of a name that stands several times the first counts.
    ///
    /// `expires` says for how many seconds the URL is to be valid: 1 to 604800.
    ///
    /// - Throws: ``Problem``.
    package func presignedURL(
        for request: Request, credentials: AWSCredentials, at now: Int64, expires: Int64
    ) throws(Problem) -> String {
        let (target, parameters, canonical) = try presigned(request, credentials, AWSTimestamp(now), expires)
        let signature = Self.signature(of: stringToSign(canonical, AWSTimestamp(now)), key: key(credentials, now))
        let query = parameters.map { "\($0.name)=\($0.value)" } + ["X-Amz-Signature=\(signature)"]
        return target.origin + target.path + "?" + query.joined(separator: "&")
    }

    /// Canonical request and signature of a request whose signature goes into header fields.
    func signed(
        _ request: Request, _ credentials: AWSCredentials, _ now: AWSTimestamp
    ) throws(Problem) -> (String, AWSCanonicalRequest, [(name: String, value: String)]) {
        let target = try checked(request, credentials)
        let hash = payload == .unsigned ? AWSCanonicalRequest.unsignedPayload : AWSCanonicalRequest.digest(request.body)
        var added = [(name: "X-Amz-Date", value: now.text)]
        if let token = credentials.sessionToken { added.append(("X-Amz-Security-Token", Self.text(token))) }
        if service == "s3" || payload == .unsigned { added.append(("X-Amz-Content-SHA256", hash)) }
        let canonical = AWSCanonicalRequest(
            method: request.method, path: target.canonicalPath(service: service), parameters: target.parameters,
            headers: covered(request.headers + added, target), payloadHash: hash)
        let signature = Self.signature(of: stringToSign(canonical, now), key: key(credentials, now.seconds))
        return (signature, canonical, added)
    }

    /// The parameters of a presigned URL in the order in which they are sent, and the canonical request.
    func presigned(
        _ request: Request, _ credentials: AWSCredentials, _ now: AWSTimestamp, _ expires: Int64
    ) throws(Problem) -> (AWSTarget, [AWSTarget.Parameter], AWSCanonicalRequest) {
        let target = try checked(request, credentials)
        let headers = covered(request.headers, target)
        let names = AWSCanonicalRequest(method: "", path: "", parameters: [], headers: headers, payloadHash: "")
        var pairs: [(String, [UInt8])] = []
        for parameter in target.parameters {
            let name = AWSURIEncoding.decodeFormValue(parameter.name.utf8) ?? Array(parameter.name.utf8)
            let value = AWSURIEncoding.decodeFormValue(parameter.value.utf8) ?? Array(parameter.value.utf8)
            pairs.append((AWSURIEncoding.encode(name), value))
        }
        pairs += [
            ("X-Amz-Algorithm", Array("AWS4-HMAC-SHA256".utf8)),
            ("X-Amz-Credential", Array("\(credentials.accessKeyID)/\(scope(now))".utf8)),
            ("X-Amz-Date", Array(now.text.utf8)), ("X-Amz-Expires", Array(String(expires).utf8)),
            ("X-Amz-SignedHeaders", Array(names.signedHeaders.utf8)),
        ]
        if let token = credentials.sessionToken { pairs.append(("X-Amz-Security-Token", Array(Self.text(token).utf8))) }
        var seen: Set<String> = []
        let parameters = pairs.filter { seen.insert($0.0).inserted }
            .map { AWSTarget.Parameter(name: $0.0, value: AWSURIEncoding.encode($0.1)) }
        let isOpen = service == "s3" || payload == .unsigned
        let hash = isOpen ? AWSCanonicalRequest.unsignedPayload : AWSCanonicalRequest.digest(request.body)
        let canonical = AWSCanonicalRequest(
            method: request.method, path: target.canonicalPath(service: service), parameters: parameters,
            headers: headers, payloadHash: hash)
        return (target, parameters, canonical)
    }

    private func checked(_ request: Request, _ credentials: AWSCredentials) throws(Problem) -> AWSTarget {
        let isClean = { (text: String) in text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 } }
        guard isClean(request.method) else { throw .controlCharacter(in: "method") }
        guard isClean(request.url) else { throw .controlCharacter(in: "URL") }
        guard isClean(credentials.accessKeyID) else { throw .controlCharacter(in: "access key id") }
        for (name, value) in request.headers where !isClean(name) || !isClean(value) {
            throw .controlCharacter(in: "header field")
        }
        guard let target = AWSTarget(request.url) else { throw .url }
        return target
    }

    private func covered(
        _ headers: [(name: String, value: String)], _ target: AWSTarget
    ) -> [(name: String, value: String)] {
        let kept = headers.filter { !Self.unsignedFields.contains(AWSCanonicalRequest.smallLetters($0.name)) }
        let hasHost = kept.contains { AWSCanonicalRequest.smallLetters($0.name) == "host" }
        return hasHost ? kept : kept + [("host", target.host)]
    }

    func scope(_ now: AWSTimestamp) -> String { "\(now.day)/\(region)/\(service)/aws4_request" }

    func stringToSign(_ canonical: AWSCanonicalRequest, _ now: AWSTimestamp) -> String {
        let digest = AWSCanonicalRequest.digest(canonical.text.utf8)
        return ["AWS4-HMAC-SHA256", now.text, scope(now), digest].joined(separator: "\n")
    }

    /// The key of one day, region and service.
    func key(_ credentials: AWSCredentials, _ now: Int64) -> SymmetricKey {
        let secret = credentials.secretAccessKey.withBytes { SymmetricKey(data: Array("AWS4".utf8) + Array($0)) }
        return [AWSTimestamp(now).day, region, service, "aws4_request"].reduce(secret) { key, part in
            SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
    }

    static func signature(of text: String, key: SymmetricKey) -> String {
        AWSCanonicalRequest.hexadecimal(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }

    private static func text(_ secret: Secret) -> String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }
}
