// SPDX-License-Identifier: Apache-2.0
import Callout
import Crypto
import Fields
import Foundation
import StrictJSON
import SwiftASN1
import Testing
import X509

@testable import Identity

/// An authority with its key, and the certificates that it issues.
struct TestAuthority {
    /// What the times of all certificates are counted from.
    static let moment = Date()

    let key = P256.Signing.PrivateKey()
    let name: DistinguishedName
    let certificate: Certificate

    init(_ commonName: String, issuedBy parent: TestAuthority? = nil) throws {
        name = try DistinguishedName { CommonName(commonName) }
        certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: Self.moment - 3600, notValidAfter: Self.moment + 86_400,
            issuer: parent?.name ?? name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: .init(parent?.key ?? key))
    }

    var pem: [UInt8] { get throws { Array(try certificate.serializeAsPEM().pemString.utf8) } }
    var der: [UInt8] { get throws { try Self.der(certificate) } }

    static func der(_ certificate: Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }

    func issue(
        _ commonName: String = "orders", names: [GeneralName] = [], usage: ExtendedKeyUsage.Usage? = .clientAuth,
        keyUsage: KeyUsage? = KeyUsage(digitalSignature: true), isAuthority: Bool = false,
        from: TimeInterval = -60, until: TimeInterval = 36_000
    ) throws -> [UInt8] {
        let leaf = P256.Signing.PrivateKey()
        var extensions: [Certificate.Extension] = []
        if isAuthority {
            extensions.append(
                try Certificate.Extension(BasicConstraints.isCertificateAuthority(maxPathLength: nil), critical: true))
        }
        if let usage { extensions.append(try Certificate.Extension(ExtendedKeyUsage([usage]), critical: false)) }
        if let keyUsage { extensions.append(try Certificate.Extension(keyUsage, critical: true)) }
        if !names.isEmpty {
            extensions.append(try Certificate.Extension(SubjectAlternativeNames(names), critical: false))
        }
        return try Self.der(
            Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(leaf.publicKey),
                notValidBefore: Self.moment + from, notValidAfter: Self.moment + until,
                issuer: name, subject: try DistinguishedName { CommonName(commonName) },
                signatureAlgorithm: .ecdsaWithSHA256, extensions: try Certificate.Extensions(extensions),
                issuerPrivateKey: .init(key)))
    }
}

@Suite("Callers with certificates")
struct CertificateCallerProviderTests {
    let root: TestAuthority
    let now = Int64(TestAuthority.moment.timeIntervalSince1970)

    init() throws { root = try TestAuthority("root") }

    private func provider(_ subjects: [String] = [], recheck: Int64 = 300) throws -> CertificateCallerProvider {
        try CertificateCallerProvider(
            CertificateCallerSettings(name: "mesh", authorities: try root.pem, subjects: subjects, recheck: recheck),
            fingerprint: CredentialFingerprint(key: Secret([UInt8](repeating: 7, count: 32))))
    }

    private func presented(_ chain: [[UInt8]]) throws -> PresentedCertificate {
        let gateway = GatewayIdentity(name: "g", peer: "", authentication: .none, mayForward: true)
        var request = CalloutRequest(dialect: .decisions, gateway: gateway)
        request.clientCertificates = chain
        return try #require(try PresentedCertificate.find(in: request))
    }

    private func refusal(_ chain: [[UInt8]], _ subjects: [String] = []) async throws -> String? {
        switch await (try provider(subjects)).verify(try presented(chain), now: now) {
        case .success: return nil
        case .failure(.certificateRefused(let reason)): return reason
        case .failure(let error): return "\(error)"
        }
    }

    @Test("a SPIFFE id names the workload; without one the subject does")
    func names() async throws {
        let spiffe = try root.issue(names: [
            .uniformResourceIdentifier("spiffe://acme.test/orders/api"), .dnsName("o.test"),
        ])
        let caller = try await (try provider()).verify(try presented([spiffe]), now: now).get()
        #expect(caller.principal.entityText == "Workload::\"spiffe://acme.test/orders/api\"")
        #expect(caller.principal.attributes["trust_domain"] == "acme.test")
        #expect(caller.principal.attributes["dns_names"] == ["o.test"])
        #expect(caller.evidence.scheme == .mutualTLS)
        let plain = try root.issue("billing")
        let other = try await (try provider()).verify(try presented([plain]), now: now).get()
        #expect(other.principal.entityID == "CN=billing")
    }

    @Test("a verified certificate is not verified again for a while, and never outlives itself")
    func cached() async throws {
        let chain = try presented([try root.issue(until: 10_000)])
        let provider = try provider(recheck: 20_000)
        #expect(provider.caller(chain, now: now) == nil)
        let caller = try await provider.verify(chain, now: now).get()
        #expect(provider.caller(chain, now: now) === caller)
        #expect(provider.caller(chain, now: now + 9995) === caller)
        #expect(provider.caller(chain, now: now + 10_002) == nil)
        #expect(provider.caller(try presented([try root.issue()]), now: now) == nil)
    }

    @Test("chains over an intermediate authority, which the caller must send")
    func intermediates() async throws {
        let middle = try TestAuthority("middle", issuedBy: root)
        let leaf = try middle.issue()
        #expect(try await refusal([leaf, try middle.der]) == nil)
        #expect(try await refusal([leaf]) != nil)
        let stranger = try TestAuthority("root")
        #expect(try await refusal([try stranger.issue()]) != nil)
        #expect(try await refusal([try stranger.issue(), try stranger.der]) != nil)
    }

    @Test("time, purpose and names")
    func rules() async throws {
        #expect(try await refusal([try root.issue(from: 30_000)]) != nil)
        #expect(try await refusal([try root.issue(from: -600, until: -60)]) != nil)
        #expect(try await refusal([try root.issue(usage: .serverAuth)]) != nil)
        #expect(try await refusal([try root.issue(usage: nil)]) == nil)
        #expect(try await refusal([try root.issue(keyUsage: KeyUsage(keyEncipherment: true))]) != nil)
        #expect(try await refusal([try root.issue(keyUsage: nil)]) == nil)
        #expect(try await refusal([try root.issue(isAuthority: true)]) != nil)
        #expect(try await refusal([Array("junk".utf8)]) != nil)
        let two: [GeneralName] = [
            .uniformResourceIdentifier("spiffe://a.test/x"), .uniformResourceIdentifier("https://a.test/"),
        ]
        #expect(try await refusal([try root.issue(names: two)]) != nil)
        for wrong in [
            "spiffe://", "spiffe://a.test", "spiffe://A.test/x", "spiffe://a.test/../x", "spiffe://a.test/x/",
        ] {
            #expect(try await refusal([try root.issue(names: [.uniformResourceIdentifier(wrong)])]) != nil, "\(wrong)")
        }
    }

    @Test("`subjects` name SPIFFE ids, below a slash with an asterisk, DNS names and subjects")
    func subjects() async throws {
        let leaf = [try root.issue(names: [.uniformResourceIdentifier("spiffe://a.test/x/y"), .dnsName("Host.test")])]
        for good in ["spiffe://a.test/x/y", "spiffe://a.test/x/*", "host.test", "CN=orders"] {
            #expect(try await refusal(leaf, ["spiffe://b.test/*", good]) == nil, "\(good)")
        }
        for bad in ["spiffe://a.test/x", "spiffe://a.test/x*", "spiffe://a.test/X/*", "*.test", "CN=order", "orders"] {
            #expect(try await refusal(leaf, [bad]) == "it names none of `subjects`", "\(bad)")
        }
    }

    @Test("files of authorities: comments pass, nothing else")
    func authorities() throws {
        let pem = String(decoding: try root.pem, as: UTF8.self) + "\n"
        func make(_ text: String) throws {
            _ = try CertificateCallerProvider(
                CertificateCallerSettings(name: "m", authorities: Array(text.utf8)),
                fingerprint: CredentialFingerprint(key: Secret([UInt8](repeating: 7, count: 32))))
        }
        try make("# Our authority\n" + pem + pem)
        for text in [
            "", "junk", "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n", pem + "-----BEGIN X-----\n",
        ] {
            #expect(throws: CertificateCallerProvider.Problem.authorities) { try make(text) }
        }
    }

    @Test("Envoy's field: the certificate must agree with its hash and chain, and come alone unless hops are declared")
    func envoy() throws {
        let leaf = try root.issue()
        let body = Data(leaf).base64EncodedString()
        let pem = "-----BEGIN CERTIFICATE-----\n\(body)\n-----END CERTIFICATE-----\n"
        let escaped = pem.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let hash = SHA256.hash(data: leaf).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        func find(_ values: [String], hops: Int = 1) throws(IdentityError) -> PresentedCertificate? {
            let gateway = GatewayIdentity(
                name: "g", peer: "", authentication: .none, mayForward: true,
                certificateHeader: .forwardedClientCert(hops: hops))
            var request = CalloutRequest(dialect: .decisions, gateway: gateway)
            for value in values { request.headers.append("X-Forwarded-Client-Cert", value) }
            return try PresentedCertificate.find(in: request)
        }
        let good = "Hash=\(hash);Cert=\"\(escaped)\";Subject=\"CN=orders\""
        #expect(try find([])?.leaf == nil)
        #expect(try find([good])?.leaf == leaf)
        #expect(try find(["Chain=\"\(escaped)\";Cert=\"\(escaped)\""])?.leaf == leaf)
        #expect(try find([good, "Hash=1"], hops: 2)?.leaf == leaf)
        #expect(try find([good + ",By=x"], hops: 2)?.leaf == leaf)
        for (values, hops) in [
            ([""], 1), ([good, good], 1), ([good + "," + good], 1), ([good], 2), (["Hash=\(hash)"], 1),
            (["Hash=00;Cert=\"\(escaped)\""], 1), (["Cert=junk"], 1), (["Subject=\"CN=orders\""], 1),
        ] as [([String], Int)] {
            #expect(throws: IdentityError.certificateNotTrusted, "\(values)") { try find(values, hops: hops) }
        }
    }
}
