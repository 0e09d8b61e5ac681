// SPDX-License-Identifier: Apache-2.0

import Cedar

/// The client's address as gateways send it.
package enum ClientAddress {
    /// Whether the text is one IPv4 or IPv6 address, without port, zone or prefix.
    package static func isAddress(_ text: String) -> Bool { read(text) != nil }

    /// The address, or `nil` if the text is none.
    static func read(_ text: String) -> IPValue? {
        text.utf8.contains(UInt8(ascii: "/")) ? nil : try? IPValue(parsing: text)
    }
}
