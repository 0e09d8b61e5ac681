// SPDX-License-Identifier: Apache-2.0
package import Outbound

extension FormPoster {
    /// Posts through the house's outgoing HTTP client and its policy.
    package init(_ client: HTTPFetcher) {
        self.init { form in
            let type = (name: "Content-Type", value: "application/x-www-form-urlencoded")
            let answer = try await client.fetch(
                OutboundRequest(.post, try OutboundURL(form.url), headers: [type] + form.headers, body: form.body))
            return FetchedDocument(status: answer.status, headers: answer.headers, body: answer.body)
        }
    }
}
