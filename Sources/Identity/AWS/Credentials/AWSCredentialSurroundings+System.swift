// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Outbound

extension AWSCredentialSurroundings {
    private static let maximumFileBytes = 1 << 20

    /// The surroundings of this process; `variables` come before those of its environment.
    package static func system(_ fetcher: HTTPFetcher, variables: [String: String] = [:]) -> AWSCredentialSurroundings {
        let environment = ProcessInfo.processInfo.environment.merging(variables) { _, own in own }
        return AWSCredentialSurroundings(
            variable: { environment[$0] },
            file: { path in
                guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
                defer { try? handle.close() }
                guard let data = try? handle.read(upToCount: maximumFileBytes + 1), data.count <= maximumFileBytes
                else {
                    return nil
                }
                return Array(data)
            },
            send: { request in
                let url = try OutboundURL(request.url)
                let answer = try await fetcher.with(policy: policy(request.receiver, url)).fetch(
                    OutboundRequest(
                        request.method == "PUT" ? .put : request.method == "POST" ? .post : .get, url,
                        headers: request.headers, body: request.body))
                return (answer.status, answer.body)
            },
            now: KeyClock.system.now)
    }

    /// Credential services are near or not there at all; STS is a server like others.
    private static func policy(_ receiver: Request.Receiver, _ url: OutboundURL) -> OutboundPolicy {
        var policy = OutboundPolicy(maximumBodyBytes: 64 << 10)
        switch receiver {
        case .local:
            policy.allowsPlaintext = true
            policy.addressClasses = [.loopback]
            policy.allowsCredentialServices = true
            policy.connectTimeout = .seconds(1)
            policy.deadline = .seconds(5)
        case .remote:
            let isHere = ["localhost", "127.0.0.1", "::1"].contains(url.host)
            policy.allowsPlaintext = isHere
            // VPC endpoints have private addresses; TLS says who is there.
            policy.addressClasses = isHere ? [.loopback] : [.global, .private]
        }
        return policy
    }
}
