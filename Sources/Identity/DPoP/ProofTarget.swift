// SPDX-License-Identifier: Apache-2.0
import Callout

/// A URL without query and fragment, normalized by scheme and host (RFC 3986, sections 6.2.2 and 6.2.3).
struct ProofTarget: Hashable {
    private let scheme: [UInt8]
    private let authority: [UInt8]
    private let path: [UInt8]

    init?(_ url: String) {
        let bytes = Array(url.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
            return nil
        }
        scheme = bytes[..<colon].map(\.asciiLowercased)
        let rest = bytes[(colon + 3)...]
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let named = rest[..<end].map(\.asciiLowercased)
        let defaultPort = scheme == Array("https".utf8) ? ":443" : ":80"
        let hasDefault =
            named.count > defaultPort.utf8.count && named.suffix(defaultPort.utf8.count) == Array(defaultPort.utf8)[...]
        authority = hasDefault ? Array(named.dropLast(defaultPort.utf8.count)) : named
        let path = rest[end...].prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        self.path = path.isEmpty ? [UInt8(ascii: "/")] : Array(path)
        guard !authority.isEmpty else { return nil }
    }
}
