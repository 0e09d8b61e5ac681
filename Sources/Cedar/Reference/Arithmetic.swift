// SPDX-License-Identifier: Apache-2.0

/// Checked 64-bit arithmetic.
enum Arithmetic {
    @inline(__always)
    static func apply(
        _ operation: Expression.Arithmetic, _ left: Int64, _ right: Int64
    ) throws(EvaluationError) -> Int64 {
        let (result, overflowed) =
            switch operation {
            case .add: left.addingReportingOverflow(right)
            case .subtract: left.subtractingReportingOverflow(right)
            case .multiply: left.multipliedReportingOverflow(by: right)
            }
        if overflowed { throw .overflow(operation: operation.rawValue) }
        return result
    }

    @inline(__always)
    static func negate(_ value: Int64) throws(EvaluationError) -> Int64 {
        guard value != .min else { throw .overflow(operation: "-") }
        return -value
    }
}
