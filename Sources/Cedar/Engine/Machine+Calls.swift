// SPDX-License-Identifier: Apache-2.0

extension Machine {
    /// Applies an extension function to the right number of arguments; `second` is not looked at by those that take
    /// one.
    func call(
        _ function: ExtensionFunction, _ first: Place, _ second: Place
    ) throws(EvaluationError) -> RuntimeValue {
        switch (function, first.pointee, second.pointee) {
        case (.isInRange, .ip(let address), .ip(let range)): return .bool(address.value.isInRange(of: range.value))
        case (.isIpv4, .ip(let address), _): return .bool(!address.value.isIPv6)
        case (.isIpv6, .ip(let address), _): return .bool(address.value.isIPv6)
        case (.isLoopback, .ip(let address), _): return .bool(address.value.isLoopback)
        case (.isMulticast, .ip(let address), _): return .bool(address.value.isMulticast)
        case (.lessThan, .decimal(let a), .decimal(let b)): return .bool(a < b)
        case (.lessThanOrEqual, .decimal(let a), .decimal(let b)): return .bool(a <= b)
        case (.greaterThan, .decimal(let a), .decimal(let b)): return .bool(a > b)
        case (.greaterThanOrEqual, .decimal(let a), .decimal(let b)): return .bool(a >= b)
        case (.toTime, .datetime(let moment), _):
            return .duration(DatetimeValue(milliseconds: moment).timeOfDay.milliseconds)
        case (.durationSince, .datetime(let a), .datetime(let b)):
            let (result, overflowed) = a.subtractingReportingOverflow(b)
            if !overflowed { return .duration(result) }
        case (.offset, .datetime(let start), .duration(let span)):
            let (result, overflowed) = start.addingReportingOverflow(span)
            if !overflowed { return .datetime(result) }
        default: break
        }
        return try callPlain(function, first, second)
    }

    /// Applies the plain form: constructors of texts that are not constant, the rest of times, and everything that
    /// fails.
    @inline(never)
    private func callPlain(
        _ function: ExtensionFunction, _ first: Place, _ second: Place
    ) throws(EvaluationError) -> RuntimeValue {
        // Arguments are checked from left to right, and a nested value needs no plain form to have the wrong kind.
        let places = function.parameters.count > 1 ? [first, second] : [first]
        for (place, kind) in zip(places, function.parameters) where place.pointee.kind != kind {
            throw .typeMismatch(expected: [kind], actual: place.pointee.kind)
        }
        return universe.loader.value(try function.apply(places.map { universe.value($0.pointee) }))
    }
}
