// SPDX-License-Identifier: Apache-2.0

/// A JSON number, kept as the text that was written (RFC 8259, section 6).
///
/// Nothing is rounded: whoever needs an integer asks for ``int64`` and gets `nil` for `1.0`, `1e3` or `-0`.
public struct JSONNumber: Sendable, Hashable {
    /// The number as written; always one that the grammar of RFC 8259 accepts.
    public let text: String

    /// Takes text that the parser has found to be a number.
    init(validated text: String) { self.text = text }

    /// Makes the number of an integer.
    public init(_ value: Int64) { text = String(value) }

    /// Makes the number of a finite floating-point value, written as ECMAScript (and so RFC 8785) does.
    ///
    /// Returns `nil` for infinities and NaN, which JSON cannot express.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = Self.canonicalText(of: value)
    }

    /// The integer, or `nil` unless the text is a plain integer (no fraction, no exponent, not `-0`) within 64 bits.
    public var int64: Int64? {
        text.withBytes { bytes in
            let isNegative = bytes.first == UInt8(ascii: "-")
            // 18 digits always fit.
            guard bytes.count <= 18 else { return text == "-0" ? nil : Int64(text) }
            var value: Int64 = 0
            for index in (isNegative ? 1 : 0)..<bytes.count {
                let digit = bytes[index] &- UInt8(ascii: "0")
                guard digit <= 9 else { return nil }
                value = value &* 10 &+ Int64(digit)
            }
            guard isNegative else { return value }
            return value == 0 ? nil : 0 &- value
        }
    }

    /// The nearest floating-point value, or `nil` if it is not finite.
    public var double: Double? {
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// The text that RFC 8785 (section 3.2.2.3) prescribes; integers of 64 bits stay exact.
    public var canonicalText: String {
        // A plain integer is written in one way only.
        if int64 != nil { return text }
        guard let double else { return text }
        return Self.canonicalText(of: double)
    }

    /// ECMAScript's Number::toString, from Swift's shortest round-trip digits.
    private static func canonicalText(of value: Double) -> String {
        if value == 0 { return "0" }
        let sign = value < 0 ? "-" : ""
        let (digits, exponent) = shortestDigits(of: value.magnitude)
        let count = digits.utf8.count
        if exponent > 0, exponent <= 21 {
            if count <= exponent { return sign + digits + String(repeating: "0", count: exponent - count) }
            return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent)
        }
        if exponent <= 0, exponent > -6 {
            return sign + "0." + String(repeating: "0", count: -exponent) + digits
        }
        let power = exponent - 1
        let mantissa = count == 1 ? digits : "\(digits.prefix(1)).\(digits.dropFirst())"
        return "\(sign)\(mantissa)e\(power < 0 ? "-" : "+")\(power.magnitude)"
    }

    /// The shortest decimal digits `d` and the exponent `e` with value = 0.d × 10^e.
    private static func shortestDigits(of value: Double) -> (digits: String, exponent: Int) {
        var digits = ""
        var exponent = 0
        var pointSeen = false
        let parts = value.description.split(separator: "e", maxSplits: 1)
        for character in parts[0].utf8 {
            if character == UInt8(ascii: ".") {
                pointSeen = true
                continue
            }
            if digits.isEmpty, character == UInt8(ascii: "0") {
                if pointSeen { exponent -= 1 }
                continue
            }
            digits.unicodeScalars.append(Unicode.Scalar(character))
            if !pointSeen { exponent += 1 }
        }
        if parts.count == 2 { exponent += Int(parts[1]) ?? 0 }
        while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, exponent)
    }
}
