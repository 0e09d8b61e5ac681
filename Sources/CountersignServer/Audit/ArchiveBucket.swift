// SPDX-License-Identifier: Apache-2.0

import AuditArchive
import AuditLog
import Identity
import Outbound

/// The bucket that the log is archived to, with credentials as they are at the moment.
struct ArchiveBucket: Sendable {
    private let bucket: ArchiveConfiguration.Bucket
    private let configuration: ServerConfiguration
    private let fetcher: HTTPFetcher
    /// Finds and renews the credentials; `nil` if references name them.
    private let found: AWSCredentialProvider?

    init(
        _ bucket: ArchiveConfiguration.Bucket, _ configuration: ServerConfiguration, fetcher: HTTPFetcher
    ) {
        (self.bucket, self.configuration) = (bucket, configuration)
        found = bucket.source.map { AWSCredentialProvider($0, .system(fetcher)) }
        var policy = IdentityProviders.policy(bucket.settings.endpoint, bucket.allowsInsecure)
        policy.deadline = bucket.timeout
        policy.maximumBodyBytes = ObjectArchive.maximumObjectBytes + 65_536
        self.fetcher = fetcher.with(policy: policy)
    }

    /// The store; references are read anew, so that credentials may be replaced while the service runs.
    func store() async throws -> ObjectStore {
        let read = { (reference: String) throws(SecretReference.Unresolved) in
            try SecretReference.text(reference, base: configuration.base)
        }
        let credentials: AWSCredentials
        if let found {
            credentials = try await found.credentials()
        } else {
            credentials = try Self.credentials(bucket, read)
        }
        let fetcher = try bucket.trustRoots.map { roots in
            try self.fetcher.with(trustRoots: .pem(Array(try read(roots).utf8)), identity: nil)
        }
        return ObjectStore(bucket.settings, credentials: credentials, fetcher: fetcher ?? self.fetcher) {
            AuditTimestamp.now.microseconds / 1_000_000
        }
    }

    /// Every reference of the section that cannot be followed.
    static func problems(_ configuration: ServerConfiguration) -> [ConfigurationProblem] {
        guard let archive = configuration.audit.archive, case .bucket(let bucket) = archive.target else { return [] }
        var problems: [ConfigurationProblem] = []
        func check(_ key: String, _ body: () throws(SecretReference.Unresolved) -> Void) {
            do throws(SecretReference.Unresolved) { try body() } catch {
                problems.append(
                    ConfigurationProblem(
                        file: configuration.file, line: archive.line, path: "audit.archive.s3.\(key)",
                        message: error.description))
            }
        }
        let parts = bucket.source == nil ? ArchiveConfiguration.CredentialPart.allCases : []
        for part in parts where part != .token || bucket.credentials[part] != nil {
            let reference = bucket.credentials[part] ?? "env:\(part.variable)"
            check(part.rawValue) { () throws(SecretReference.Unresolved) in
                _ = try SecretReference.text(reference, base: configuration.base)
            }
        }
        if let roots = bucket.trustRoots {
            check("ca") { () throws(SecretReference.Unresolved) in
                _ = try SecretReference.text(roots, base: configuration.base)
            }
        }
        return problems
    }

    private static func credentials(
        _ bucket: ArchiveConfiguration.Bucket, _ read: (String) throws(SecretReference.Unresolved) -> String
    ) throws(SecretReference.Unresolved) -> AWSCredentials {
        func text(_ part: ArchiveConfiguration.CredentialPart) throws(SecretReference.Unresolved) -> String {
            let text = try read(bucket.credentials[part] ?? "env:\(part.variable)")
            return String(text.split(whereSeparator: \.isNewline).first ?? "")
        }
        // A token that is not named belongs to a key that is not named either.
        var token: String?
        if bucket.credentials[.token] != nil {
            token = try text(.token)
        } else if bucket.credentials[.id] == nil {
            token = try? text(.token)
        }
        return AWSCredentials(
            accessKeyID: try text(.id), secretAccessKey: Secret(try text(.secret).utf8),
            sessionToken: token.map { Secret($0.utf8) })
    }
}
