// SPDX-License-Identifier: Apache-2.0

/// A document that was fetched.
public struct FetchedDocument: Sendable {
    /// The HTTP status.
    public var status: Int
    /// Names and values of the header fields.
    public var headers: [(name: String, value: String)]
    /// The whole body.
    public var body: [UInt8]

    /// Makes a document.
    public init(status: Int = 200, headers: [(name: String, value: String)] = [], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// For how many seconds the document stays fresh: `max-age` less `age`, or `nil` if the server does not say.
    var freshness: Int64? {
        let control = values("cache-control").flatMap { $0.split(separator: ",") }
        let maximum = control.compactMap { directive -> Int64? in
            let parts = directive.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmingSpaces().lowercased() == "max-age" else { return nil }
            return Int64(parts[1].trimmingSpaces().filter { $0 != "\"" })
        }
        guard let seconds = maximum.first, seconds >= 0 else { return nil }
        let age = values("age").first.flatMap { Int64(Substring($0).trimmingSpaces()) } ?? 0
        return max(0, seconds.subtractingReportingOverflow(max(0, age)).partialValue)
    }

    private func values(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name }.map(\.value)
    }
}

/// Fetches documents from issuers.
///
/// The closure bounds time and size, verifies TLS and follows no redirect; the house's own is made from an outgoing
/// HTTP client, and tests pass closures of their own.
public struct DocumentFetcher: Sendable {
    let fetch: @Sendable (_ url: String) async throws -> FetchedDocument

    /// Makes a fetcher.
    public init(_ fetch: @escaping @Sendable (_ url: String) async throws -> FetchedDocument) { self.fetch = fetch }
}

extension Substring {
    fileprivate func trimmingSpaces() -> Substring {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        var rest = drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}
