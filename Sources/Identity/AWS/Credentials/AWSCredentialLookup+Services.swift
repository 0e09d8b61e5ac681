// SPDX-License-Identifier: Apache-2.0

extension AWSCredentialLookup {
    // MARK: Containers

    /// Asks the service that the container's environment names (ECS, EKS Pod Identity, Greengrass).
    func container() async throws(AWSCredentialFailure) -> AWSCredentials {
        let name = "container"
        let request: AWSCredentialSurroundings.Request
        if let path = surroundings.text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.hasPrefix("/") else {
                throw .unusable(source: name, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with `/`")
            }
            request = local("GET", "http://169.254.170.2" + path)
        } else if let url = surroundings.text("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            let isSecure = url.hasPrefix("https://")
            guard isSecure || Self.isLocal(url) else {
                throw .unusable(
                    source: name,
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or name this machine or a credential service")
            }
            request = AWSCredentialSurroundings.Request(
                method: "GET", url: url, headers: [], body: [], receiver: isSecure ? .remote : .local)
        } else {
            throw .absent(source: name, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and ..._FULL_URI are not set")
        }
        let document = try await answer(try authorized(request), name)
        guard let found = AWSCredentialDocument.credentials(json: document) else {
            throw .unusable(source: name, "the answer is not the JSON of credentials that expire")
        }
        return found
    }

    /// Adds the token, which is read anew each time, since it is replaced on disk.
    private func authorized(
        _ request: AWSCredentialSurroundings.Request
    ) throws(AWSCredentialFailure) -> AWSCredentialSurroundings.Request {
        var token = surroundings.text("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        if let path = surroundings.text("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            guard let bytes = surroundings.file(path), let text = Self.line(bytes) else {
                throw .unusable(source: "container", "`\(path)` cannot be read, or does not hold one line")
            }
            token = text
        }
        guard let token else { return request }
        guard token.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw .unusable(source: "container", "the authorization token holds what no header may hold")
        }
        var request = request
        request.headers.append(("Authorization", token))
        return request
    }

    /// Whether a URL without TLS goes to this machine or to one of the fixed addresses.
    private static func isLocal(_ url: String) -> Bool {
        guard let target = AWSTarget(url) else { return false }
        let host = target.host
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" }.dropFirst() : host.prefix { $0 != ":" }
        return ["localhost", "127.0.0.1", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"].contains(
            String(name))
    }

    // MARK: Instances

    /// Asks the instance metadata service, by a session that only a PUT opens (version 2).
    func instance() async throws(AWSCredentialFailure) -> AWSCredentials {
        let name = "instance"
        guard surroundings.text("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else {
            throw .absent(source: name, "AWS_EC2_METADATA_DISABLED is set")
        }
        var base = surroundings.text("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254"
        while base.hasSuffix("/") { base.removeLast() }
        var opening = local("PUT", base + "/latest/api/token")
        opening.headers = [("X-aws-ec2-metadata-token-ttl-seconds", "21600")]
        guard let session = Self.line(try await answer(opening, name)),
            session.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .unusable(source: name, "the metadata service gave no session token") }
        func read(_ path: String) async throws(AWSCredentialFailure) -> [UInt8] {
            var request = local("GET", base + "/latest/meta-data/iam/security-credentials/" + path)
            request.headers = [("X-aws-ec2-metadata-token", session)]
            return try await answer(request, name)
        }
        guard let role = Self.line(try await read("")), Self.isRole(role) else {
            throw .unusable(source: name, "the instance has no role")
        }
        guard let found = AWSCredentialDocument.credentials(json: try await read(role)) else {
            throw .unusable(source: name, "the answer is not the JSON of credentials that expire")
        }
        return found
    }

    private static func isRole(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "_+=,.@-".utf8.contains(byte)
                }
            }
    }

    // MARK: Web identity

    /// Exchanges the token of another issuer at STS (`AssumeRoleWithWebIdentity`), as pods of EKS do.
    func webIdentity() async throws(AWSCredentialFailure) -> AWSCredentials {
        guard let file = surroundings.text("AWS_WEB_IDENTITY_TOKEN_FILE") else {
            throw .absent(source: "web_identity", "AWS_WEB_IDENTITY_TOKEN_FILE is not set")
        }
        guard let role = surroundings.text("AWS_ROLE_ARN") else {
            throw .unusable(source: "web_identity", "AWS_ROLE_ARN is not set")
        }
        return try await assume(
            role, file, surroundings.text("AWS_ROLE_SESSION_NAME"), region: nil, source: "web_identity")
    }

    func assume(
        _ role: String, _ path: String, _ session: String?, region: String?, source: String
    ) async throws(AWSCredentialFailure) -> AWSCredentials {
        guard let bytes = surroundings.file(path), let token = Self.line(bytes), token.utf8.count <= 20_000 else {
            throw .unusable(source: source, "`\(path)` cannot be read, or does not hold one token")
        }
        let region = region ?? surroundings.text("AWS_REGION") ?? surroundings.text("AWS_DEFAULT_REGION")
        let endpoint =
            surroundings.text("AWS_ENDPOINT_URL_STS") ?? surroundings.text("AWS_ENDPOINT_URL")
            ?? Self.endpoint(region)
        let fields = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session ?? "countersign-\(surroundings.now())"), ("WebIdentityToken", token),
        ]
        let body = fields.map { $0.0 + "=" + AWSURIEncoding.encode($0.1.utf8) }.joined(separator: "&")
        let request = AWSCredentialSurroundings.Request(
            method: "POST", url: endpoint.hasSuffix("/") ? endpoint : endpoint + "/",
            headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"), ("Accept", "text/xml")],
            body: Array(body.utf8), receiver: .remote)
        guard let found = AWSCredentialDocument.credentials(xml: try await answer(request, source)) else {
            throw .unusable(source: source, "the answer of STS cannot be read")
        }
        return found
    }

    private static func endpoint(_ region: String?) -> String {
        guard let region else { return "https://sts.amazonaws.com" }
        return "https://sts.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "")
    }

    // MARK: Asking

    private func local(_ method: String, _ url: String) -> AWSCredentialSurroundings.Request {
        AWSCredentialSurroundings.Request(method: method, url: url, headers: [], body: [], receiver: .local)
    }

    private func answer(
        _ request: AWSCredentialSurroundings.Request, _ source: String
    ) async throws(AWSCredentialFailure) -> [UInt8] {
        let answer: (status: Int, body: [UInt8])
        do {
            answer = try await surroundings.send(request)
        } catch {
            throw .unusable(source: source, "\(error)")
        }
        guard answer.status == 200 else {
            throw .unusable(source: source, "`\(request.url)` answered with status \(answer.status)")
        }
        return answer.body
    }

    /// The one line of a file or answer, without spaces around it; `nil` if there are several, or none.
    private static func line(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let lines = text.split { $0.isNewline }
        guard lines.count == 1, let line = lines.first else { return nil }
        return String(line)
    }
}
