// SPDX-License-Identifier: Apache-2.0

import Cedar
import Testing

@testable import DecisionEngine

@Suite("The client's address")
struct ClientAddressTests {
    @Test(
        "an IPv4 address in an IPv6 one is that IPv4 address",
        arguments: ["::ffff:10.20.1.1", "::FFFF:10.20.1.1", "::ffff:a14:101", "0:0:0:0:0:ffff:0a14:0101"])
    func mapped(_ text: String) throws {
        #expect(try ClientAddress.read(text) == IPValue(parsing: "10.20.1.1"))
    }

    @Test("other addresses are what they say", arguments: ["10.20.1.1", "2001:db8::1", "::1", "::fffe:a14:101"])
    func others(_ text: String) throws {
        #expect(try ClientAddress.read(text) == IPValue(parsing: text))
    }

    @Test(
        "what is no single address is refused",
        arguments: [
            "", "10.20.1", "10.20.1.1/8", "::ffff:10.20.1.1/128", "::ffff:", "::ffff:10.20.1", "::ffff:::1",
            "10.20.1.1:80",
            "[::1]", "fe80::1%eth0", "::10.20.1.1", "unknown",
        ])
    func refused(_ text: String) { #expect(ClientAddress.read(text) == nil) }
}
