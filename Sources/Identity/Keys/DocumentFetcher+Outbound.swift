// SPDX-License-Identifier: Apache-2.0
package import Outbound

extension DocumentFetcher {
    /// Fetches through the house's outgoing HTTP client and its policy.
    package init(_ client: HTTPFetcher) {
        self.init { url in
            let answer = try await client.fetch(
                OutboundRequest(.get, try OutboundURL(url), headers: [("Accept", "application/json")]))
            return FetchedDocument(status: answer.status, headers: answer.headers, body: answer.body)
        }
    }
}
