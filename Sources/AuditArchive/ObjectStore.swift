// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Crypto
package import Identity
package import Outbound

/// One bucket of a store that speaks the protocol of S3, addressed by path.
///
/// Requests are signed (Signature Version 4), tried again after failures that may pass, and bounded in time and size by
/// the fetcher's policy.
package struct ObjectStore: Sendable {
    /// What became of an object that may be written once.
    package enum Outcome: Sendable, Hashable {
        case stored
        /// There is one already; nothing was changed.
        case exists
    }

    private let settings: ObjectStoreSettings
    private let credentials: AWSCredentials
    private let fetcher: HTTPFetcher
    private let now: @Sendable () -> Int64

    /// Names a bucket; `now` gives the time in Unix seconds.
    package init(
        _ settings: ObjectStoreSettings, credentials: AWSCredentials, fetcher: HTTPFetcher,
        now: @escaping @Sendable () -> Int64
    ) {
        (self.settings, self.credentials, self.fetcher, self.now) = (settings, credentials, fetcher, now)
    }

    /// Writes an object.
    ///
    /// - Parameters:
    ///   - path: The key below the prefix.
    ///   - bytes: The content, sent with its SHA-256, which the store checks and repeats.
    ///   - coding: The content coding that `bytes` are in.
    ///   - isOnce: Whether an object that is there stays as it is; then it is locked too, where the settings say so.
    /// - Returns: Whether it was written, or one is there already.
    /// - Throws: ``ObjectStoreError``; ``ObjectStoreError/notConfirmed(key:problem:)`` if the store does not hold `bytes`.
    package func put(
        _ path: String, _ bytes: [UInt8], coding: String? = nil, isOnce: Bool
    ) async throws(ObjectStoreError) -> Outcome {
        let digest = Base64.encode(Array(SHA256.hash(data: bytes)), .standard)
        var headers = [
            (name: "content-type", value: "application/octet-stream"),
            (name: "x-amz-checksum-sha256", value: digest), (name: "x-amz-sdk-checksum-algorithm", value: "SHA256"),
        ]
        if let coding { headers.append(("content-encoding", coding)) }
        if isOnce {
            headers.append(("if-none-match", "*"))
            if let lock = settings.lock {
                headers.append(("x-amz-object-lock-mode", lock.mode.rawValue.uppercased()))
                headers.append(("x-amz-object-lock-retain-until-date", Self.moment(now() + lock.seconds)))
            }
        }
        let answer = try await ask(.put, path, headers: headers, body: bytes)
        switch answer.status {
        case 200, 201, 204: break
        case 412 where isOnce: return .exists
        default: throw refusal(answer)
        }
        guard let confirmed = answer.values("x-amz-checksum-sha256").first else {
            guard let kept = try await get(path), kept.bytes == bytes else {
                throw .notConfirmed(key: path, problem: "the store does not give back what was written")
            }
            return .stored
        }
        guard confirmed == digest else {
            throw .notConfirmed(key: path, problem: "the store names another checksum")
        }
        return .stored
    }

    /// An object as it is kept, with its content coding; `nil` if there is none.
    package func get(_ path: String) async throws(ObjectStoreError) -> (bytes: [UInt8], coding: String?)? {
        let answer = try await ask(.get, path, headers: [("accept-encoding", "gzip")], body: [])
        switch answer.status {
        case 200: return (answer.body, answer.values("content-encoding").first)
        // Of a bucket that is not there nothing may be concluded.
        case 404 where Self.code(answer.body) != "NoSuchBucket": return nil
        default: throw refusal(answer)
        }
    }

    /// Makes sure that the store keeps what it has: a second write of the same object must be refused.
    package func checkWritesOnce() async throws(ObjectStoreError) {
        let (path, bytes) = ("write-once", Array("Objects here are written once.\n".utf8))
        for _ in 0..<2 where try await put(path, bytes, isOnce: true) == .exists { return }
        throw .overwrites
    }

    private func ask(
        _ method: OutboundRequest.Method, _ path: String, headers: [(name: String, value: String)], body: [UInt8]
    ) async throws(ObjectStoreError) -> OutboundResponse {
        var pause = settings.firstPause
        var attempt = 1
        while true {
            do {
                return try await once(method, path, headers, body)
            } catch {
                guard error.isTransient, attempt < settings.attempts else { throw error }
                let wait = pause * Double.random(in: 0.5...1.5)
                guard (try? await Task.sleep(for: wait)) != nil else { throw .unreachable(.cancelled) }
                (attempt, pause) = (attempt + 1, pause * 4)
            }
        }
    }

    private func once(
        _ method: OutboundRequest.Method, _ path: String, _ headers: [(name: String, value: String)], _ body: [UInt8]
    ) async throws(ObjectStoreError) -> OutboundResponse {
        let key = settings.prefix.isEmpty ? path : "\(settings.prefix)/\(path)"
        let url = "\(settings.endpoint)/\(settings.bucket)/\(key)"
        let signer = AWSSigner(region: settings.region, service: "s3")
        let signed: [(name: String, value: String)]
        do {
            signed = try signer.headers(
                for: AWSSigner.Request(method.rawValue, url, headers: headers, body: body), credentials: credentials,
                at: now())
        } catch {
            throw .unsigned(problem: error.description)
        }
        let answer: OutboundResponse
        do {
            answer = try await fetcher.fetch(
                OutboundRequest(method, try OutboundURL(url), headers: headers + signed, body: body))
        } catch {
            throw .unreachable(error)
        }
        let refusal = refusal(answer)
        if refusal.isTransient { throw refusal }
        return answer
    }

    private func refusal(_ answer: OutboundResponse) -> ObjectStoreError {
        .refused(status: answer.status, code: Self.code(answer.body))
    }

    /// The word in `<Code>` of an error document; letters and digits only, since it goes into logs.
    static func code(_ body: [UInt8]) -> String {
        let (open, text) = (Array("<Code>".utf8), body.prefix(4096))
        guard let start = text.indices.first(where: { text[$0...].starts(with: open) }) else { return "" }
        let word = text[(start + open.count)...].prefix(64).prefix {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20)
        }
        return String(decoding: word, as: UTF8.self)
    }

    /// `YYYY-MM-DDTHH:MM:SSZ`.
    private static func moment(_ seconds: Int64) -> String {
        "\(AuditTimestamp(microseconds: seconds * 1_000_000).description.prefix(19))Z"
    }
}
