// SPDX-License-Identifier: Apache-2.0

/// Envoy's `x-forwarded-client-cert`: elements separated by commas, each of pairs `Key=value` separated by semicolons.
///
/// Values that hold a comma, semicolon or equals sign stand in double quotes, in which a backslash makes a quote plain.
struct ForwardedClientCertificate: Sendable, Hashable {
    /// One element: what one proxy knows of the client that called it.
    struct Element: Sendable, Hashable {
        /// `Hash`: SHA-256 of the certificate in hexadecimal digits, made small.
        var hash: String?
        /// `Cert`: percent-encoded PEM.
        var certificate: String?
        /// `Chain`: percent-encoded PEM, the certificate itself first.
        var chain: String?
    }

    /// In the order in which the proxies appended them: the one nearest to the caller first.
    let elements: [Element]

    /// Reads the values of all fields of the name in order; `nil` if one is not of this form.
    init?(_ values: [String]) {
        var elements: [Element] = []
        for value in values {
            guard let parts = Self.split(value) else { return nil }
            for pairs in parts {
                guard let element = Self.element(pairs) else { return nil }
                elements.append(element)
            }
        }
        self.elements = elements
    }

    private static func element(_ pairs: [(key: String, value: String)]) -> Element? {
        var element = Element()
        for (key, value) in pairs {
            switch key.lowercased() {
            case "hash":
                guard element.hash == nil else { return nil }
                element.hash = value.lowercased()
            case "cert":
                guard element.certificate == nil else { return nil }
                element.certificate = value
            case "chain":
                guard element.chain == nil else { return nil }
                element.chain = value
            case "by", "subject", "uri", "dns": break
            default: return nil
            }
        }
        return element
    }

    /// Elements of pairs; `nil` for an empty element, a pair without equals sign, or a quote that does not end.
    private static func split(_ text: String) -> [[(key: String, value: String)]]? {
        var elements: [[(key: String, value: String)]] = [[]]
        var reader = text.utf8.makeIterator()
        var key: [UInt8] = []
        var value: [UInt8]?
        var isQuoted = false
        var wasQuoted = false
        func finishPair() -> Bool {
            guard let bytes = value, !key.isEmpty, let last = elements.indices.last else { return false }
            elements[last].append((String(decoding: key, as: UTF8.self), String(decoding: bytes, as: UTF8.self)))
            (key, value, wasQuoted) = ([], nil, false)
            return true
        }
        while let byte = reader.next() {
            if isQuoted {
                switch byte {
                case UInt8(ascii: "\""): (isQuoted, wasQuoted) = (false, true)
                case UInt8(ascii: "\\"):
                    guard let next = reader.next() else { return nil }
                    value?.append(next)
                default: value?.append(byte)
                }
                continue
            }
            switch byte {
            case UInt8(ascii: ";"):
                guard finishPair() else { return nil }
            case UInt8(ascii: ","):
                guard finishPair() else { return nil }
                elements.append([])
            case UInt8(ascii: "=") where value == nil: value = []
            case UInt8(ascii: "\"") where value?.isEmpty == true && !wasQuoted: isQuoted = true
            case UInt8(ascii: " ") where value == nil && key.isEmpty: break
            default:
                // Behind a closing quote only the next pair or element may follow.
                guard !wasQuoted else { return nil }
                if value == nil { key.append(byte) } else { value?.append(byte) }
            }
        }
        guard !isQuoted, finishPair() else { return nil }
        return elements
    }
}
