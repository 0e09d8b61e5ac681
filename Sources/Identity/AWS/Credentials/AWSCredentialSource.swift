// SPDX-License-Identifier: Apache-2.0

/// Where this service's own AWS credentials come from, as users of the AWS SDKs know it.
package enum AWSCredentialSource: Sendable, Hashable {
    /// The first of the others that is set up, in the order in which they stand here.
    case automatic
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, for sessions, `AWS_SESSION_TOKEN`.
    case environment
    /// `AssumeRoleWithWebIdentity` with the token in `AWS_WEB_IDENTITY_TOKEN_FILE`, for `AWS_ROLE_ARN`.
    case webIdentity
    /// A profile of the shared files; without a name, that of `AWS_PROFILE`, else `default`.
    case profile(String?)
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `..._FULL_URI`: ECS, EKS Pod Identity, Greengrass.
    case container
    /// The instance metadata service, version 2 only.
    case instance

    /// The order of ``automatic``.
    static let order: [AWSCredentialSource] = [.environment, .webIdentity, .profile(nil), .container, .instance]

    /// The name in configurations; a profile's own name follows it after a colon.
    package var name: String {
        switch self {
        case .automatic: "automatic"
        case .environment: "environment"
        case .webIdentity: "web_identity"
        case .profile: "profile"
        case .container: "container"
        case .instance: "instance"
        }
    }

    /// Reads `automatic`, `environment`, `web_identity`, `profile`, `profile:NAME`, `container` or `instance`.
    package init?(_ text: String) {
        if text.hasPrefix("profile:") {
            let name = String(text.dropFirst(8))
            guard AWSProfileFile.isName(name) else { return nil }
            self = .profile(name)
            return
        }
        guard let known = ([.automatic] + Self.order).first(where: { $0.name == text }) else { return nil }
        self = known
    }
}

/// Why there are no AWS credentials.
package enum AWSCredentialFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The source is not set up; says what would set it up.
    case absent(source: String, String)
    /// The source is set up, and what it holds or says cannot be used; never names a secret.
    case unusable(source: String, String)

    /// One line for the operator.
    package var description: String {
        switch self {
        case .absent(let source, let hint): "no AWS credentials by `\(source)`: \(hint)"
        case .unusable(let source, let problem): "the AWS credentials by `\(source)` cannot be had: \(problem)"
        }
    }
}
