// SPDX-License-Identifier: Apache-2.0

import Cedar

/// The client's address as gateways send it.
package enum ClientAddress {
    /// Whether the text is one IPv4 or IPv6 address, without port, zone or prefix.
    package static func isAddress(_ text: String) -> Bool { read(text) != nil }

    /// The address, or `nil` if the text is none.
    ///
    /// An IPv4 address in an IPv6 one (`::ffff:192.0.2.1`, RFC 4291, section 2.5.5.2), as listeners for both see it, is that
    /// IPv4 address: policies that name it must apply.
    static func read(_ text: String) -> IPValue? {
        guard !text.utf8.contains(UInt8(ascii: "/")) else { return nil }
        if let address = try? IPValue(parsing: text) { return address.embeddedVersion4 ?? address }
        // The dotted form, which Cedar's own `ip` does not read.
        let prefix = "::ffff:"
        guard text.utf8.count > prefix.utf8.count, text.prefix(prefix.count).lowercased() == prefix,
            let address = try? IPValue(parsing: String(text.dropFirst(prefix.count))), !address.isIPv6
        else { return nil }
        return address
    }
}
