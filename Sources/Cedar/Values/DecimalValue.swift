// SPDX-License-Identifier: Apache-2.0

/// A Cedar `decimal`: a fixed-point number with four fractional digits.
public struct DecimalValue: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The value times 10,000.
    public let tenThousandths: Int64

    /// Makes a decimal of its value times 10,000.
    public init(tenThousandths: Int64) { self.tenThousandths = tenThousandths }

    /// Reads `-?digits.digits` with at most four fractional digits, range ±922337203685477.5807.
    public init(parsing text: String) throws(ExtensionProblem) {
        var bytes = Array(text.utf8)[...]
        let negative = bytes.first == UInt8(ascii: "-")
        if negative { bytes = bytes.dropFirst() }
        guard let point = bytes.firstIndex(of: UInt8(ascii: ".")) else { throw .malformedDecimal }
        let (whole, fraction) = (bytes[..<point], bytes[(point + 1)...])
        guard !whole.isEmpty, !fraction.isEmpty, whole.allSatisfy(isDigit), fraction.allSatisfy(isDigit) else {
            throw .malformedDecimal
        }
        guard fraction.count <= 4 else { throw .tooManyDigits }
        var digits = Array(whole) + Array(fraction)
        digits.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - fraction.count))
        guard let value = Int64(digits: digits, negative: negative) else { throw .overflow }
        tenThousandths = value
    }

    /// Orders by value.
    public static func < (left: Self, right: Self) -> Bool { left.tenThousandths < right.tenThousandths }

    /// At least one integer digit and exactly four fractional digits.
    public var description: String {
        let magnitude = tenThousandths.magnitude
        let fraction = String(magnitude % 10_000)
        let padding = String(repeating: "0", count: 4 - fraction.utf8.count)
        return (tenThousandths < 0 ? "-" : "") + "\(magnitude / 10_000).\(padding)\(fraction)"
    }
}

/// Whether the byte is an ASCII digit.
@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

extension Int64 {
    /// Reads ASCII digits with a sign given apart; `nil` beyond the range.
    init?(digits: some Sequence<UInt8>, negative: Bool) {
        var value: Int64 = 0
        for digit in digits {
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let next = Int64(digit &- UInt8(ascii: "0"))
            let (sum, carried) =
                negative ? product.subtractingReportingOverflow(next) : product.addingReportingOverflow(next)
            if overflowed || carried { return nil }
            value = sum
        }
        self = value
    }
}
