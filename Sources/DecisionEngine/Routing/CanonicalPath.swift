// SPDX-License-Identifier: Apache-2.0

import Callout

/// A request path that can be read in one way only (THREATS G4).
///
/// A gateway forwards the path as it stands, so every path that an upstream might read differently from us is refused
/// rather than repaired: dot segments, empty segments, encoded slashes and dots, backslashes, path parameters,
/// control characters, and bytes that are not UTF-8. Percent-encoding is undone once.
package struct CanonicalPath: Sendable, Hashable {
    /// Why a path was refused.
    package enum Ambiguity: String, Error, Sendable, Hashable {
        case notAbsolute = "does not start with `/`"
        case emptySegment = "has an empty segment (`//`)"
        case dotSegment = "has a `.` or `..` segment"
        case pathParameter = "has a `;` parameter"
        case backslash = "has a backslash"
        case controlCharacter = "has a control character or a fragment"
        case badEscape = "has a `%` that is not followed by two hexadecimal digits"
        case encodedSeparator = "has an encoded slash, backslash or NUL"
        case invalidUTF8 = "is not UTF-8 after decoding"
        case tooLong = "is longer than 8192 bytes"
    }

    /// The decoded segments; a final slash leaves an empty last one, and `/` alone is one empty segment.
    package let segments: [String]

    /// The longest path that is read, in bytes.
    private static let maximumLength = 8192

    /// Reads a path as it stood in the request target, without its query.
    package init(_ path: String) throws(Ambiguity) {
        var copy = path
        let outcome = copy.withUTF8 { bytes -> Result<[String], Ambiguity> in
            do throws(Ambiguity) {
                return .success(try Self.segments(of: bytes.span))
            } catch {
                return .failure(error)
            }
        }
        segments = try outcome.get()
    }

    private static func segments(of bytes: Span<UInt8>) throws(Ambiguity) -> [String] {
        guard bytes.count <= maximumLength else { throw .tooLong }
        guard bytes.count > 0 else { return [""] }
        guard bytes[0] == UInt8(ascii: "/") else { throw .notAbsolute }
        var segments: [String] = []
        segments.reserveCapacity(8)
        var start = 1
        var hasEscape = false
        var index = 1
        while index <= bytes.count {
            if index == bytes.count || bytes[index] == UInt8(ascii: "/") {
                if start == index, index < bytes.count { throw .emptySegment }
                segments.append(try segment(bytes.extracting(start..<index), hasEscape: hasEscape))
                start = index + 1
                hasEscape = false
            } else {
                switch bytes[index] {
                case UInt8(ascii: "%"): hasEscape = true
                case UInt8(ascii: ";"): throw .pathParameter
                case UInt8(ascii: "\\"): throw .backslash
                case 0...0x20, 0x7F, UInt8(ascii: "#"), UInt8(ascii: "?"): throw .controlCharacter
                default: break
                }
            }
            index += 1
        }
        return segments
    }

    private static func segment(_ bytes: Span<UInt8>, hasEscape: Bool) throws(Ambiguity) -> String {
        let text: String
        if hasEscape {
            let decoded = try decode(bytes)
            guard let utf8 = try? UTF8Span(validating: decoded.span) else { throw .invalidUTF8 }
            text = String(copying: utf8)
        } else {
            guard let utf8 = try? UTF8Span(validating: bytes) else { throw .invalidUTF8 }
            text = String(copying: utf8)
        }
        guard text != ".", text != ".." else { throw .dotSegment }
        return text
    }

    private static func decode(_ bytes: Span<UInt8>) throws(Ambiguity) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                decoded.append(bytes[index])
                index += 1
                continue
            }
            guard bytes.count - index >= 3, let high = bytes[index + 1].hexadecimalValue,
                let low = bytes[index + 2].hexadecimalValue
            else { throw .badEscape }
            let byte = high << 4 | low
            switch byte {
            case 0, UInt8(ascii: "/"), UInt8(ascii: "\\"): throw .encodedSeparator
            case 1..<0x20, 0x7F: throw .controlCharacter
            default: decoded.append(byte)
            }
            index += 3
        }
        return decoded
    }
}

/// A host name as routes compare it: small letters, without port and final dot.
package enum CanonicalHost {
    /// The canonical form, or `nil` if the text is no host: empty, with user information, path or control characters.
    package static func read(_ host: String) -> String? {
        if isCanonical(host) { return host }
        var bytes = host.utf8.map(\.asciiLowercased)[...]
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let rest = bytes[(end + 1)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            bytes = bytes[...end]
        } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            guard isPort(bytes[colon...]) else { return nil }
            bytes = bytes[..<colon]
        }
        if bytes.last == UInt8(ascii: ".") { bytes = bytes.dropLast() }
        guard !bytes.isEmpty, bytes.count <= 255, bytes.allSatisfy(isHostByte) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the text is a name as it should be already: small letters, digits, `-`, `_` and inner dots.
    private static func isCanonical(_ host: String) -> Bool {
        let bytes = host.utf8Span.span
        guard bytes.count > 0, bytes.count <= 255, bytes[bytes.count - 1] != UInt8(ascii: ".") else { return false }
        for index in bytes.indices {
            switch bytes[index] {
            case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): continue
            default: return false
            }
        }
        return true
    }

    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.first == UInt8(ascii: ":") && bytes.count <= 6 && bytes.dropFirst().allSatisfy { 0x30...0x39 ~= $0 }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }
}

extension UInt8 {

    /// The value of a hexadecimal digit, else `nil`.
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
