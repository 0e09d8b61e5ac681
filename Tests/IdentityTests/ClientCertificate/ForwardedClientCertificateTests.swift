// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Identity

@Suite("x-forwarded-client-cert as Envoy writes it")
struct ForwardedClientCertificateTests {
    @Test("pairs, quotes and elements")
    func forms() throws {
        let one = "By=spiffe://a/b;Hash=AB12;Subject=\"CN=x,O=\\\"y\\\";z=1\";URI=spiffe://c/d;URI=spiffe://e/f;DNS=h"
        let elements = try #require(ForwardedClientCertificate([one])).elements
        #expect(elements == [.init(hash: "ab12")])
        let two = try #require(ForwardedClientCertificate(["Cert=\"a%20b\";Hash=1,Chain=\"c,d\"", "Hash=2"])).elements
        #expect(two == [.init(hash: "1", certificate: "a%20b"), .init(chain: "c,d"), .init(hash: "2")])
        #expect(ForwardedClientCertificate(["Hash="])?.elements == [.init(hash: "")])
    }

    @Test(
        "everything else is no such field",
        arguments: [
            "", ",", ";", "Hash", "=x", "Hash=1;", "Hash=1,", ",Hash=1", "Hash=1;;Cert=2", "Hash=1;Hash=2",
            "Cert=a;cert=b", "Chain=a;Chain=b", "Hash=\"1", "Hash=\"1\\", "Hash=\"1\"2", "Hash=\"1\"\"2\"", "Secret=1",
        ])
    func refuses(text: String) { #expect(ForwardedClientCertificate([text]) == nil) }
}

@Suite("Certificates in PEM form")
struct PEMCertificatesTests {
    private func pem(_ body: String) -> String { "-----BEGIN CERTIFICATE-----\n\(body)\n-----END CERTIFICATE-----\n" }

    @Test("one, several, broken lines")
    func forms() {
        #expect(PEMCertificates.decode(pem("AAEC")) == [[0, 1, 2]])
        #expect(PEMCertificates.decode(pem("AA\r\nEC") + "\n" + pem("/+8=")) == [[0, 1, 2], [0xFF, 0xEF]])
        #expect(PEMCertificates.percentDecoded("a%2B+%0A".utf8) == "a++\n")
    }

    @Test("nothing else")
    func refuses() {
        for text in [
            "", "AAEC", pem(""), pem("AAE"), pem("AA=C"), pem("_-8="), pem("AB=="), pem("AAEC") + "x",
            "x" + pem("AAEC"),
            "-----BEGIN CERTIFICATE-----\nAAEC", "-----END CERTIFICATE-----",
            "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----",
            String(repeating: pem("AAEC"), count: PEMCertificates.maximumCount + 1),
        ] { #expect(PEMCertificates.decode(text) == nil, "\(text)") }
        for text in ["%", "%2", "%zz", "%FF"] { #expect(PEMCertificates.percentDecoded(text.utf8) == nil) }
    }
}
