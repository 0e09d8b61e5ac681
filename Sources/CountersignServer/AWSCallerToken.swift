// SPDX-License-Identifier: Apache-2.0

package import Identity
import NIOPosix
import Outbound

/// Makes the token by which a caller proves who it is in AWS, for the machine that this runs on.
package struct AWSCallerToken: Sendable {
    /// The region in whose name is signed.
    package var region: String
    /// The name of the deployment that the token is for.
    package var serverID: String
    /// The header field that carries the name.
    package var header: String
    /// The host that is signed for; `nil` for that of the region's STS.
    package var host: String?
    /// For how many seconds the token is valid: 1 to 900.
    package var lifetime: Int64

    package init(region: String, serverID: String, header: String, host: String? = nil, lifetime: Int64) {
        (self.region, self.serverID, self.header, self.host) = (region, serverID, header, host)
        self.lifetime = lifetime
    }

    /// Signs with the credentials of a source.
    ///
    /// - Throws: `AWSCredentialFailure`, `AWSSigner.Problem` or `OutboundError`.
    package func text(_ source: AWSCredentialSource) async throws -> String {
        let fetcher = try HTTPFetcher(group: MultiThreadedEventLoopGroup.singleton)
        let surroundings = AWSCredentialSurroundings.system(fetcher)
        let credentials = try await AWSCredentialProvider(source, surroundings).credentials()
        let host = host ?? "sts.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "")
        let request = AWSSigner.Request(
            "GET", "https://\(host)/?Action=GetCallerIdentity&Version=2011-06-15",
            headers: [(name: header, value: serverID)])
        let url = try AWSSigner(region: region, service: "sts").presignedURL(
            for: request, credentials: credentials, at: surroundings.now(), expires: lifetime)
        return "aws-sts-v1." + Base64URL.encode(url.utf8)
    }
}
