// SPDX-License-Identifier: Apache-2.0

import AuditArchive
import Identity
import Outbound

/// Where the log is archived, `audit.archive`.
struct ArchiveConfiguration: Sendable, Hashable {
    enum Target: Sendable, Hashable {
        case directory(String)
        case bucket(Bucket)
    }

    /// A bucket of S3 or of a store that speaks as S3 does.
    struct Bucket: Sendable, Hashable {
        var settings: ObjectStoreSettings
        /// References to the access key: its id, its secret, and the token of a session.
        var credentials: [CredentialPart: String]
        /// Where the access key is found instead, as the AWS SDKs find theirs; `nil` for the references.
        var source: AWSCredentialSource?
        /// Whether the store may be reached over plain HTTP and at private addresses.
        var allowsInsecure: Bool
        /// A reference to certificates that are trusted instead of the system's.
        var trustRoots: String?
        /// How long one request may take.
        var timeout: Duration
    }

    enum CredentialPart: String, Sendable, Hashable, CaseIterable {
        case id = "access_key_id"
        case secret = "secret_access_key"
        case token = "session_token"

        /// Where it is looked for when the configuration does not say.
        var variable: String {
            switch self {
            case .id: "AWS_ACCESS_KEY_ID"
            case .secret: "AWS_SECRET_ACCESS_KEY"
            case .token: "AWS_SESSION_TOKEN"
            }
        }
    }

    var target: Target
    /// The time between two rounds.
    var interval: Duration
    /// The line of the section, for problems found later.
    var line: Int

    /// What the progress of archiving belongs to.
    var name: String {
        switch target {
        case .directory(let path): path
        case .bucket(let bucket): "\(bucket.settings.endpoint)/\(bucket.settings.bucket)/\(bucket.settings.prefix)"
        }
    }

    /// Two sections that mean the same, wherever they stand in the file.
    static func == (left: Self, right: Self) -> Bool { left.target == right.target && left.interval == right.interval }

    func hash(into hasher: inout Hasher) {
        hasher.combine(target)
        hasher.combine(interval)
    }
}

extension ArchiveConfiguration {
    /// Reads `audit.archive`; `nil` if it is absent or wrong.
    init?(_ audit: inout ConfigurationSection, base: String, origin: String) {
        guard var section = audit.section("archive") else { return nil }
        defer { section.rejectUnknownKeys() }
        line = section.line
        interval = section.duration("interval", in: .seconds(1)...(.seconds(86_400)), default: .seconds(60))
        let directory = section.text("directory")
        let bucket = section.section("s3").flatMap { found -> Bucket? in
            var found = found
            defer { found.rejectUnknownKeys() }
            return Bucket(&found, origin: origin)
        }
        switch (directory, bucket, section.keys.contains("s3")) {
        case (let directory?, _, false): target = .directory(ServerConfiguration.resolve(directory, base))
        case (nil, let bucket?, _): target = .bucket(bucket)
        case (nil, nil, true): return nil
        case (_, _, _):
            section.problem("directory", "must be given, or `s3`, and not both")
            return nil
        }
    }
}

extension ArchiveConfiguration.Bucket {
    /// Reads `audit.archive.s3`.
    init?(_ section: inout ConfigurationSection, origin: String) {
        let region = section.string("region", default: "us-east-1")
        let bucket = section.string("bucket")
        let endpoint = section.string("endpoint", default: "https://s3.\(region).amazonaws.com")
        let prefix = section.string("prefix", default: origin)
        credentials = [:]
        for part in ArchiveConfiguration.CredentialPart.allCases {
            guard let reference = section.text(part.rawValue) else { continue }
            credentials[part] = reference
            if !reference.hasPrefix("file:"), !reference.hasPrefix("env:") {
                section.problem(
                    part.rawValue, "must be a reference such as `file:secrets/archive.key` or `env:\(part.variable)`")
            }
        }
        source = Self.source(&section, hasReferences: !credentials.isEmpty)
        allowsInsecure = section.bool("allow_insecure", default: false)
        trustRoots = section.text("ca")
        if let trustRoots, !trustRoots.hasPrefix("file:"), !trustRoots.hasPrefix("env:") {
            section.problem("ca", "must be a reference such as `file:tls/ca.pem`")
        }
        timeout = section.duration("timeout", in: .seconds(1)...(.seconds(300)), default: .seconds(30))
        let parallel = section.int("parallel", in: 1...64, default: 8)
        let lock = Self.lock(&section)
        guard let bucket else { return nil }
        if !ObjectStoreSettings.isBucket(bucket) {
            section.problem("bucket", "must be 3 to 63 small letters, digits, `-` and `.`, got `\(bucket)`")
        }
        if !prefix.isEmpty, !ObjectStoreSettings.isPrefix(prefix) {
            section.problem(
                "prefix", "must be letters, digits, `-`, `_`, `.` and single `/` between them, got `\(prefix)`")
        }
        var trimmed = endpoint[...]
        while trimmed.last == "/" { trimmed.removeLast() }
        do {
            let url = try OutboundURL(endpoint)
            if url.target != "/" { section.problem("endpoint", "must end with the host; the bucket is added to it") }
        } catch {
            section.problem("endpoint", "\(error)")
        }
        settings = ObjectStoreSettings(
            endpoint: String(trimmed), region: region, bucket: bucket, prefix: prefix, lock: lock)
        settings.parallel = parallel
    }

    /// `credentials`: a source in place of references.
    private static func source(_ section: inout ConfigurationSection, hasReferences: Bool) -> AWSCredentialSource? {
        guard let text = section.text("credentials") else { return nil }
        guard let source = AWSCredentialSource(text) else {
            section.problem(
                "credentials",
                "must be automatic, environment, web_identity, profile, profile:NAME, container or instance, got `\(text)`"
            )
            return nil
        }
        if hasReferences { section.problem("credentials", "must not stand beside `access_key_id` and its like") }
        return source
    }

    /// `object_lock` and `retain`: nobody, or nobody without a permission for it, removes an object before its term.
    private static func lock(_ section: inout ConfigurationSection) -> ObjectStoreSettings.Lock? {
        let isWanted = section.keys.contains("object_lock")
        let mode = section.choice("object_lock", ObjectStoreSettings.Lock.Mode.self, default: .governance)
        let day = Duration.seconds(86_400)
        let term = section.duration("retain", in: day...(day * 36_500), default: day * 2557)
        if !isWanted, section.keys.contains("retain") {
            section.problem("retain", "has no effect without `object_lock`")
        }
        return isWanted ? ObjectStoreSettings.Lock(mode: mode, seconds: term.components.seconds) : nil
    }
}
