// SPDX-License-Identifier: Apache-2.0

/// Looks for AWS credentials in one source after another; keeps nothing.
///
/// A source that is set up decides: if it fails, no other is asked, so that nobody acts under an identity that was not meant.
struct AWSCredentialLookup: Sendable {
    let surroundings: AWSCredentialSurroundings

    func credentials(_ source: AWSCredentialSource) async throws(AWSCredentialFailure) -> AWSCredentials {
        switch source {
        case .automatic: try await first()
        case .environment: try environment()
        case .webIdentity: try await webIdentity()
        case .profile(let name): try await profile(name)
        case .container: try await container()
        case .instance: try await instance()
        }
    }

    private func first() async throws(AWSCredentialFailure) -> AWSCredentials {
        var hints: [String] = []
        for source in AWSCredentialSource.order {
            do throws(AWSCredentialFailure) {
                return try await credentials(source)
            } catch {
                guard case .absent(let name, let hint) = error else { throw error }
                hints.append("\(name): \(hint)")
            }
        }
        throw .absent(source: "automatic", hints.joined(separator: "; "))
    }

    // MARK: Environment

    private func environment() throws(AWSCredentialFailure) -> AWSCredentials {
        let (id, secret) = (surroundings.text("AWS_ACCESS_KEY_ID"), surroundings.text("AWS_SECRET_ACCESS_KEY"))
        guard id != nil || secret != nil else {
            throw .absent(source: "environment", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
        }
        guard
            let found = AWSCredentialDocument.credentials(id, secret, surroundings.text("AWS_SESSION_TOKEN"))
        else {
            throw .unusable(
                source: "environment",
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must both be set, to printable ASCII")
        }
        return found
    }

    // MARK: Shared files

    private func profile(_ wanted: String?) async throws(AWSCredentialFailure) -> AWSCredentials {
        let named = wanted ?? surroundings.text("AWS_PROFILE")
        let name = named ?? "default"
        let (settings, looked) = try settings(of: name)
        guard let settings else {
            let hint = "there is no profile `\(name)` in \(looked)"
            // A profile that was asked for by name is no offer to look elsewhere.
            throw named == nil ? .absent(source: "profile", hint) : .unusable(source: "profile", hint)
        }
        if let id = settings["aws_access_key_id"] {
            let secret = settings["aws_secret_access_key"]
            if let found = AWSCredentialDocument.credentials(id, secret, settings["aws_session_token"]) { return found }
            throw .unusable(
                source: "profile",
                "profile `\(name)` must hold aws_access_key_id and aws_secret_access_key, in printable ASCII")
        }
        if let role = settings["role_arn"], let file = settings["web_identity_token_file"] {
            return try await assume(
                role, file, settings["role_session_name"], region: settings["region"], source: "profile")
        }
        if settings["role_arn"] != nil || settings["sso_session"] != nil || settings["credential_process"] != nil {
            throw .unusable(
                source: "profile",
                "profile `\(name)` gets its credentials by another profile, SSO or a program; "
                    + "accepted are keys, or role_arn with web_identity_token_file")
        }
        let hint = "profile `\(name)` holds no credentials"
        throw named == nil ? .absent(source: "profile", hint) : .unusable(source: "profile", hint)
    }

    /// The settings of a profile in both files, what the credentials file says before the other.
    private func settings(of name: String) throws(AWSCredentialFailure) -> ([String: String]?, String) {
        let home = surroundings.text("HOME").map { $0 + "/.aws/" }
        let paths = [
            (surroundings.text("AWS_SHARED_CREDENTIALS_FILE") ?? home.map { $0 + "credentials" }, false),
            (surroundings.text("AWS_CONFIG_FILE") ?? home.map { $0 + "config" }, true),
        ]
        var found: [String: String]?
        for case (let path?, let isPrefixed) in paths {
            guard let bytes = surroundings.file(path) else { continue }
            guard let file = AWSProfileFile(bytes, prefixed: isPrefixed) else {
                throw .unusable(source: "profile", "`\(path)` holds a line that is neither section nor setting")
            }
            guard let settings = file.settings(of: name) else { continue }
            found = (found ?? [:]).merging(settings) { first, _ in first }
        }
        let looked = paths.compactMap(\.0).map { "`\($0)`" }.joined(separator: " and ")
        return (found, looked.isEmpty ? "any file, since HOME is not set" : looked)
    }
}
