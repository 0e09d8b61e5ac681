// SPDX-License-Identifier: Apache-2.0
import Callout
import Crypto

/// The certificate that the caller presented to the gateway, as the gateway hands it over; nothing verified yet.
struct PresentedCertificate: Sendable, Hashable {
    /// The certificate in DER.
    let leaf: [UInt8]
    /// What the caller sent to link it to an authority, in DER.
    let intermediates: [[UInt8]]

    /// The most bytes that the fields of one request may take.
    private static let maximumBytes = 64 << 10

    /// SHA-256 of the certificate in base64url, as `x5t#S256` has it.
    var thumbprint: String { Base64URL.encode(SHA256.hash(data: leaf)) }

    /// SHA-256 of everything that was presented.
    var digest: TokenDigest {
        var all: [UInt8] = []
        for der in [leaf] + intermediates {
            withUnsafeBytes(of: UInt64(der.count).bigEndian) { all += $0 }
            all += der
        }
        return TokenDigest(of: all.span)
    }

    /// Finds the certificate; `nil` if the gateway hands over none, or is not allowed to.
    ///
    /// - Throws: ``IdentityError/certificateNotTrusted`` if a field is there that cannot be read, or more than one.
    static func find(in request: borrowing CalloutRequest) throws(IdentityError) -> PresentedCertificate? {
        if let leaf = request.clientCertificates.first {
            return PresentedCertificate(leaf: leaf, intermediates: Array(request.clientCertificates.dropFirst()))
        }
        guard let header = request.gateway.certificateHeader else { return nil }
        switch header {
        case .forwardedClientCert(let hops):
            let values = request.headerValues("x-forwarded-client-cert")
            guard !values.isEmpty else { return nil }
            return try forwarded(values, hops)
        case .clientCert:
            let values = request.headerValues("client-cert")
            guard !values.isEmpty else { return nil }
            return try structured(values, request.headerValues("client-cert-chain"))
        case .escapedPEM(let name):
            let values = request.headerValues(name)
            // nginx sets the field to nothing where a client sent no certificate.
            guard !values.isEmpty, values != [""] else { return nil }
            guard values.count == 1 else { throw .certificateNotTrusted }
            return try PresentedCertificate(escaped: values[0])
        }
    }

    private static func forwarded(_ values: [String], _ hops: Int) throws(IdentityError) -> PresentedCertificate {
        guard values.reduce(0, { $0 + $1.utf8.count }) <= maximumBytes,
            let elements = ForwardedClientCertificate(values)?.elements, elements.count == hops,
            let element = elements.first
        else { throw .certificateNotTrusted }
        let found: PresentedCertificate
        switch (element.certificate, element.chain) {
        case (nil, nil): throw .certificateNotTrusted
        case (let certificate?, nil): found = try PresentedCertificate(escaped: certificate)
        case (nil, let chain?): found = try PresentedCertificate(escaped: chain)
        case (let certificate?, let chain?):
            found = try PresentedCertificate(escaped: chain)
            guard found.leaf == (try PresentedCertificate(escaped: certificate).leaf) else {
                throw .certificateNotTrusted
            }
        }
        if let hash = element.hash {
            let digits = SHA256.hash(data: found.leaf).flatMap { [$0 >> 4, $0 & 15] }
            guard digits.elementsEqual(hash.utf8.map { PEMCertificates.hexValue($0) ?? 255 }) else {
                throw .certificateNotTrusted
            }
        }
        return found
    }

    /// Byte sequences between colons (RFC 9440, section 2; RFC 9651, section 3.3.5).
    private static func structured(
        _ values: [String], _ chain: [String]
    ) throws(IdentityError) -> PresentedCertificate {
        guard values.count == 1, let leaf = bytes(values[0]) else { throw .certificateNotTrusted }
        let parts = chain.flatMap { $0.split(separator: ",").map(String.init) }
        guard parts.count <= PEMCertificates.maximumCount else { throw .certificateNotTrusted }
        var intermediates: [[UInt8]] = []
        for part in parts {
            guard let der = bytes(part) else { throw .certificateNotTrusted }
            intermediates.append(der)
        }
        return PresentedCertificate(leaf: leaf, intermediates: intermediates)
    }

    private static func bytes(_ item: String) -> [UInt8]? {
        let text = item.utf8.drop { $0 == 0x20 || $0 == 0x09 }
        guard text.count > 2, text.count <= maximumBytes, text.first == UInt8(ascii: ":"),
            text.last == UInt8(ascii: ":")
        else { return nil }
        return PEMCertificates.decodeBase64(Array(text.dropFirst().dropLast()))
    }

    private init(leaf: [UInt8], intermediates: [[UInt8]]) { (self.leaf, self.intermediates) = (leaf, intermediates) }

    private init(escaped text: String) throws(IdentityError) {
        guard text.utf8.count <= Self.maximumBytes, let pem = PEMCertificates.percentDecoded(text.utf8),
            let certificates = PEMCertificates.decode(pem), let leaf = certificates.first
        else { throw .certificateNotTrusted }
        self.init(leaf: leaf, intermediates: Array(certificates.dropFirst()))
    }
}
