// SPDX-License-Identifier: Apache-2.0

/// One request to the outside.
package struct OutboundRequest: Sendable {
    package enum Method: String, Sendable, Hashable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"

        /// Whether a request of this method has a body, be it empty.
        var hasBody: Bool {
            switch self {
            case .get: false
            case .post, .put: true
            }
        }
    }

    package var method: Method
    package var url: OutboundURL
    /// Names and values; `Host`, `Content-Length` and `Connection` are set by the fetcher.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// What the `Host` header says, if not the URL's own host; the connection still goes to the URL's host.
    package var host: String?

    package init(
        _ method: Method, _ url: OutboundURL, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        (self.method, self.url, self.headers, self.body) = (method, url, headers, body)
    }
}

/// One whole answer from the outside.
package struct OutboundResponse: Sendable {
    package let status: Int
    /// Names and values in the order received.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    /// The values of a header, whatever the case of its name.
    package func values(_ name: String) -> [String] {
        let wanted = name.lowercased()
        return headers.filter { $0.name.lowercased() == wanted }.map(\.value)
    }
}
