// SPDX-License-Identifier: Apache-2.0

/// An absolute `http` or `https` URL, taken apart once (RFC 3986, without user information and fragment).
package struct OutboundURL: Sendable, Hashable, CustomStringConvertible {
    /// The two schemes that can be called.
    package enum Scheme: String, Sendable, Hashable {
        case http
        case https
    }

    package let scheme: Scheme
    /// The host in lower case; an IPv6 address stands without brackets.
    package let host: String
    package let port: Int
    /// Path and query, as sent in the request line; never empty.
    package let target: String
    /// The URL as given.
    package let description: String

    /// Takes a URL apart.
    ///
    /// Refused: other schemes, user information, fragments, characters outside printable ASCII, empty hosts and ports
    /// outside 1 to 65535.
    package init(_ text: String) throws(OutboundError) {
        func refuse(_ problem: String) -> OutboundError { .invalidURL(text, problem: problem) }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.utf8.contains(UInt8(ascii: "\\")) else {
            throw refuse("only printable ASCII without spaces and backslashes is accepted")
        }
        guard let schemeEnd = text.range(ofASCII: "://"),
            let scheme = Scheme(rawValue: text[..<schemeEnd.lowerBound].lowercased())
        else { throw refuse("it must begin with https:// or http://") }
        let rest = text[schemeEnd.upperBound...]
        guard !rest.contains("#") else { throw refuse("a fragment is not accepted") }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<authorityEnd]
        guard !authority.contains("@") else { throw refuse("user information is not accepted") }
        let tail = rest[authorityEnd...]
        let (host, portText) = try Self.split(authority, refuse)
        guard let port = portText.map({ UInt16($0).map(Int.init) }) ?? (scheme == .https ? 443 : 80), port > 0 else {
            throw refuse("the port must be a number from 1 to 65535")
        }
        self.scheme = scheme
        self.host = host
        self.port = port
        target = tail.first == "/" ? String(tail) : "/" + tail
        description = text
    }

    private static func split(
        _ authority: Substring, _ refuse: (String) -> OutboundError
    ) throws(OutboundError) -> (host: String, port: Substring?) {
        let host: Substring
        let after: Substring
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else { throw refuse("the IPv6 address lacks its `]`") }
            host = authority[authority.index(after: authority.startIndex)..<close]
            after = authority[authority.index(after: close)...]
        } else {
            let colon = authority.firstIndex(of: ":") ?? authority.endIndex
            host = authority[..<colon]
            after = authority[colon...]
        }
        guard !host.isEmpty, host.utf8.count <= 253 else { throw refuse("the host is missing or too long") }
        guard !after.isEmpty else { return (host.lowercased(), nil) }
        guard after.first == ":" else { throw refuse("something follows the host") }
        return (host.lowercased(), after.dropFirst())
    }

    /// The value of the `Host` header: the port stands only when it is not the scheme's own.
    package var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == .https ? 443 : 80) ? name : "\(name):\(port)"
    }
}

extension String {
    fileprivate func range(ofASCII needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}
