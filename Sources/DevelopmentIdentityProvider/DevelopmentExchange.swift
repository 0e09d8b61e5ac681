// SPDX-License-Identifier: Apache-2.0

/// A request to the throw-away provider, as any HTTP listener can make it.
package struct DevelopmentRequest: Sendable {
    package var method: String
    /// The path without the query.
    package var path: String
    /// The raw query, without the question mark.
    package var query: String
    /// Names and values.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
}

/// The answer of the throw-away provider.
package struct DevelopmentResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    init(_ status: Int, _ type: String, _ body: [UInt8], _ more: [(name: String, value: String)] = []) {
        self.status = status
        headers = [("content-type", type), ("cache-control", "no-store")] + more
        self.body = body
    }
}
