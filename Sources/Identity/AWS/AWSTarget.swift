// SPDX-License-Identifier: Apache-2.0

/// A URL in the parts that a signature covers.
struct AWSTarget: Sendable, Hashable {
    /// One name and value of the query, as they stood.
    struct Parameter: Sendable, Hashable {
        var name: String
        var value: String
    }

    /// `https://host:port`, as given.
    let origin: String
    /// The host in lower case, with the port unless it is the scheme's own.
    let host: String
    /// As given; empty if the URL ends with the host.
    let path: String
    /// As given, without the `?`; `nil` if there is none.
    let query: String?

    /// Takes a URL apart; `nil` unless it begins with `http://` or `https://` and has a host.
    init?(_ url: String) {
        let bytes = Array(url.utf8)
        let prefix = bytes.prefix(8).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        let isSecure = prefix.elementsEqual("https://".utf8)
        guard isSecure || prefix.starts(with: "http://".utf8) else { return nil }
        let start = isSecure ? 8 : 7
        let end = bytes[start...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.endIndex
        guard end > start, !bytes[start..<end].contains(UInt8(ascii: "@")) else { return nil }
        var host = String(decoding: bytes[start..<end], as: UTF8.self).lowercased()
        let ownPort = isSecure ? ":443" : ":80"
        if host.hasSuffix(ownPort) { host = String(host.dropLast(ownPort.utf8.count)) }
        let rest = bytes[end...].prefix { $0 != UInt8(ascii: "#") }
        let question = rest.firstIndex(of: UInt8(ascii: "?"))
        origin = String(decoding: bytes[..<end], as: UTF8.self)
        self.host = host
        path = String(decoding: rest[..<(question ?? rest.endIndex)], as: UTF8.self)
        query = question.map { String(decoding: rest[rest.index(after: $0)...], as: UTF8.self) }
    }

    /// The parameters of the query as they stood, nothing decoded.
    var parameters: [Parameter] {
        (query ?? "").utf8.split(separator: UInt8(ascii: "&")).map { part in
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count == 2 ? String(decoding: pair[1], as: UTF8.self) : ""
            return Parameter(name: String(decoding: pair[0], as: UTF8.self), value: value)
        }
    }

    /// The path as signatures have it: dot segments and empty segments resolved and each byte encoded once more, except
    /// for S3, whose keys may hold them.
    func canonicalPath(service: String) -> String {
        guard service != "s3" else { return path.isEmpty ? "/" : path }
        var segments: [Substring.UTF8View] = []
        let parts = Substring(path).utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true)
        for part in parts {
            if part.elementsEqual("..".utf8) {
                _ = segments.popLast()
            } else if !part.elementsEqual(".".utf8) {
                segments.append(part)
            }
        }
        let encoded = segments.map { AWSURIEncoding.encode($0) }.joined(separator: "/")
        let endsWithSlash = path.utf8.last == UInt8(ascii: "/") && !encoded.isEmpty
        return "/" + encoded + (endsWithSlash ? "/" : "")
    }
}
