// SPDX-License-Identifier: Apache-2.0

/// Certificates in PEM form (RFC 7468), read strictly and within bounds.
enum PEMCertificates {
    /// The most certificates of one chain.
    static let maximumCount = 8
    private static let (opening, closing) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")

    /// The DER bytes of each certificate in order; `nil` if anything but certificates and white space is there, or more
    /// than ``maximumCount``.
    static func decode(_ text: String) -> [[UInt8]]? { decode(text, limit: maximumCount) }

    /// As ``decode(_:)``, for the operator's own files; empty if they hold anything else.
    static func decodeAll(_ text: String) -> [[UInt8]] { decode(text, limit: 4096) ?? [] }

    private static func decode(_ text: String, limit: Int) -> [[UInt8]]? {
        var certificates: [[UInt8]] = []
        var body: [UInt8]?
        for line in text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let line = line.filter { $0 != 0x20 && $0 != 0x09 }
            guard !line.isEmpty else { continue }
            if line.elementsEqual(opening.utf8.filter { $0 != 0x20 }) {
                guard body == nil, certificates.count < limit else { return nil }
                body = []
            } else if line.elementsEqual(closing.utf8.filter { $0 != 0x20 }) {
                guard let whole = body, let der = decodeBase64(whole) else { return nil }
                certificates.append(der)
                body = nil
            } else {
                guard body != nil else { return nil }
                body?.append(contentsOf: line)
            }
        }
        return body == nil && !certificates.isEmpty ? certificates : nil
    }

    /// Base64 with padding (RFC 4648, section 4) in its one canonical form; `nil` if it is empty.
    static func decodeBase64(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard !text.isEmpty, text.count.isMultiple(of: 4) else { return nil }
        var plain = Array(text)
        var padding = 0
        while padding < 2, plain.last == UInt8(ascii: "=") {
            plain.removeLast()
            padding += 1
        }
        for index in plain.indices {
            switch plain[index] {
            case UInt8(ascii: "+"): plain[index] = UInt8(ascii: "-")
            case UInt8(ascii: "/"): plain[index] = UInt8(ascii: "_")
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="): return nil
            default: break
            }
        }
        return Base64URL.decode(plain.span)
    }

    /// Decodes percent-encoding; a plus stands for itself.
    ///
    /// `nil` for a `%` without two hex digits and for what is no UTF-8.
    static func percentDecoded(_ text: some Sequence<UInt8>) -> String? {
        var result: [UInt8] = []
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else {
                return nil
            }
            result.append(high << 4 | low)
        }
        return String(validating: result, as: UTF8.self)
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
