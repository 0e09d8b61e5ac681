// SPDX-License-Identifier: Apache-2.0

/// A Cedar `duration`: a signed span of time in milliseconds.
public struct DurationValue: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The span in milliseconds.
    public let milliseconds: Int64

    /// Makes a duration of milliseconds.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Reads `-?(Nd)?(Nh)?(Nm)?(Ns)?(Nms)?` with at least one component.
    public init(parsing text: String) throws(ExtensionProblem) {
        var bytes = Array(text.utf8)[...]
        let negative = bytes.first == UInt8(ascii: "-")
        if negative { bytes = bytes.dropFirst() }
        guard !bytes.isEmpty else { throw .malformedDuration }
        var total: Int64 = 0
        var nextUnit = 0
        var overflowed = false
        while !bytes.isEmpty {
            let digits = bytes.prefix(while: isDigit)
            guard !digits.isEmpty else { throw .malformedDuration }
            bytes = bytes.dropFirst(digits.count)
            guard let unit = Self.unit(at: bytes), unit.place >= nextUnit else { throw .malformedDuration }
            bytes = bytes.dropFirst(unit.length)
            nextUnit = unit.place + 1
            guard let amount = UInt64(digits: digits) else { throw .malformedDuration }
            overflowed = !Self.add(amount, of: unit.milliseconds, negative: negative, to: &total) || overflowed
        }
        if overflowed { throw .overflow }
        milliseconds = total
    }

    private static func unit(at bytes: ArraySlice<UInt8>) -> (place: Int, length: Int, milliseconds: Int64)? {
        switch bytes.first {
        case UInt8(ascii: "d"): (0, 1, 86_400_000)
        case UInt8(ascii: "h"): (1, 1, 3_600_000)
        case UInt8(ascii: "m") where bytes.dropFirst().first == UInt8(ascii: "s"): (4, 2, 1)
        case UInt8(ascii: "m"): (2, 1, 60_000)
        case UInt8(ascii: "s"): (3, 1, 1000)
        default: nil
        }
    }

    private static func add(_ amount: UInt64, of unit: Int64, negative: Bool, to total: inout Int64) -> Bool {
        let (product, tooLarge) = amount.multipliedReportingOverflow(by: UInt64(unit))
        if tooLarge { return false }
        let sum: (partialValue: Int64, overflow: Bool)
        if negative {
            guard let signed = Int64(exactly: product) ?? (product == Int64.min.magnitude ? Int64.min : nil) else {
                return false
            }
            sum = signed == .min ? total.addingReportingOverflow(.min) : total.subtractingReportingOverflow(signed)
        } else {
            guard let signed = Int64(exactly: product) else { return false }
            sum = total.addingReportingOverflow(signed)
        }
        total = sum.partialValue
        return !sum.overflow
    }

    /// Orders by length.
    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// The span in whole milliseconds, such as `-90000ms`.
    public var description: String { "\(milliseconds)ms" }
}

extension UInt64 {
    /// Reads ASCII digits; `nil` beyond the range.
    init?(digits: some Sequence<UInt8>) {
        var value: UInt64 = 0
        for digit in digits {
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(digit &- UInt8(ascii: "0")))
            if overflowed || carried { return nil }
            value = sum
        }
        self = value
    }
}
