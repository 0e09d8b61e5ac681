// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Outbound
import Testing

@Suite("Addresses and URLs of outgoing calls: THREATS D7")
struct AddressClassTests {
    @Test(
        "every way of writing a forbidden address is found out",
        arguments: [
            ("1.1.1.1", AddressClass.global), ("127.0.0.1", .loopback), ("127.255.0.9", .loopback), ("::1", .loopback),
            ("10.1.2.3", .private), ("172.16.0.1", .private), ("172.32.0.1", .global), ("192.168.1.1", .private),
            ("100.64.0.1", .private), ("169.254.169.254", .linkLocal), ("100.100.100.200", .linkLocal),
            ("0.0.0.0", .reserved), ("224.0.0.1", .reserved), ("255.255.255.255", .reserved), ("fe80::1", .linkLocal),
            ("fd00:ec2::254", .linkLocal), ("fd00::1", .private), ("::", .reserved), ("::ffff:127.0.0.1", .loopback),
            ("::ffff:169.254.169.254", .linkLocal), ("64:ff9b::a9fe:a9fe", .linkLocal), ("2002:7f00:1::", .loopback),
            ("::127.0.0.1", .loopback), ("2606:4700::1", .global), ("2001:db8::1", .reserved), ("ff02::1", .reserved),
        ] as [(String, AddressClass)]
    )
    func classes(text: String, expected: AddressClass) throws {
        #expect(AddressClass(try SocketAddress(ipAddress: text, port: 1)) == expected)
    }

    @Test("URLs are taken apart in one way only")
    func urls() throws {
        let url = try OutboundURL("https://IdP.example.test:8443/a?b=c")
        #expect(url.host == "idp.example.test" && url.port == 8443 && url.target == "/a?b=c")
        #expect(url.hostHeader == "idp.example.test:8443")
        #expect(try OutboundURL("https://[::1]?x").target == "/?x")
        let refused = [
            "", "ftp://a.test/", "https://", "https://user@a.test/", "https://a.test/#f", "https://a.test:0/",
            "https://a.test:99999/", "https://a.test\\@b.test/", "https://a.test/ x", "https://a.test/\r\nx",
            "https://[::1",
        ]
        for text in refused { #expect(throws: OutboundError.self, "\(text)") { try OutboundURL(text) } }
    }
}
