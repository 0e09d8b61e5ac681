// SPDX-License-Identifier: Apache-2.0

import Callout
import DecisionEngine
import Fields

/// Credentials: what is found is a token of the right characters that the request really holds.
///
/// The input is the query, a zero byte, and then headers as `name:value` with zero bytes between them.
enum CredentialsTarget {
    static func run(_ input: [UInt8]) {
        let parts = input.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        let gateway = GatewayIdentity(name: "g", peer: "", authentication: .none, mayForward: false)
        var request = CalloutRequest(dialect: .apigee, gateway: gateway)
        request.query = parts.first ?? ""
        for part in parts.dropFirst() {
            let pair = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if pair.count == 2 { request.headers.append(pair[0], pair[1]) }
        }
        let sources: [CredentialSource] = [.header("x-token"), .cookie("sid"), .query("t"), .authorization]
        guard case .bearer(let token)? = try? PresentedCredential.find(in: request, sources: sources) else { return }
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=".utf8)
        expect(!token.isEmpty && token.utf8.allSatisfy(allowed.contains), "found `\(token)`")
        expect(parts.contains { $0.utf8.count >= token.utf8.count && $0.contains(token) }, "`\(token)` stands nowhere")
    }
}
