// SPDX-License-Identifier: Apache-2.0

extension ExtensionFunction {
    /// Applies the function to evaluated arguments, the receiver first.
    func apply(_ arguments: [Value]) throws(EvaluationError) -> Value {
        guard arguments.count == parameters.count else {
            throw .wrongArgumentCount(function: rawValue, expected: parameters.count, actual: arguments.count)
        }
        for (argument, kind) in zip(arguments, parameters) where argument.kind != kind {
            throw .typeMismatch(expected: [kind], actual: argument.kind)
        }
        switch (arguments[0], arguments.count > 1 ? arguments[1] : nil) {
        case (.string(let text), _): return try construct(text)
        case (.decimal(let left), .decimal(let right)): return .bool(compare(left, right))
        case (.ip(let address), .ip(let range)): return .bool(address.isInRange(of: range))
        case (.ip(let address), _): return .bool(test(address))
        case (.datetime(let left), .datetime(let right)): return try difference(left, right)
        case (.datetime(let start), .duration(let span)): return try shifted(start, span)
        case (.datetime(let moment), _): return try part(of: moment)
        case (.duration(let span), _): return .long(whole(span.milliseconds))
        case (let other, _): throw .typeMismatch(expected: [parameters[0]], actual: other.kind)
        }
    }

    private func construct(_ text: String) throws(EvaluationError) -> Value {
        do throws(ExtensionProblem) {
            switch self {
            case .decimal: return .decimal(try DecimalValue(parsing: text))
            case .ip: return .ip(try IPValue(parsing: text))
            case .datetime: return .datetime(try DatetimeValue(parsing: text))
            case .duration: return .duration(try DurationValue(parsing: text))
            case .unknown, .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual, .isIpv4, .isIpv6,
                .isLoopback, .isMulticast, .isInRange, .offset, .durationSince, .toDate, .toTime, .toMilliseconds,
                .toSeconds, .toMinutes, .toHours, .toDays:
                break
            }
        } catch {
            throw .extensionFunction(rawValue, error)
        }
        throw .unknownValue
    }

    private func compare(_ left: DecimalValue, _ right: DecimalValue) -> Bool {
        self == .lessThan
            ? left < right
            : self == .lessThanOrEqual ? left <= right : self == .greaterThan ? left > right : left >= right
    }

    private func test(_ address: IPValue) -> Bool {
        self == .isIpv4
            ? !address.isIPv6
            : self == .isIpv6 ? address.isIPv6 : self == .isLoopback ? address.isLoopback : address.isMulticast
    }

    private func difference(_ left: DatetimeValue, _ right: DatetimeValue) throws(EvaluationError) -> Value {
        let (result, overflowed) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        if overflowed { throw .extensionFunction(rawValue, .overflow) }
        return .duration(DurationValue(milliseconds: result))
    }

    private func shifted(_ start: DatetimeValue, _ span: DurationValue) throws(EvaluationError) -> Value {
        let (result, overflowed) = start.milliseconds.addingReportingOverflow(span.milliseconds)
        if overflowed { throw .extensionFunction(rawValue, .overflow) }
        return .datetime(DatetimeValue(milliseconds: result))
    }

    private func part(of moment: DatetimeValue) throws(EvaluationError) -> Value {
        if self == .toTime { return .duration(moment.timeOfDay) }
        guard let day = moment.startOfDay else { throw .extensionFunction(rawValue, .overflow) }
        return .datetime(day)
    }

    private func whole(_ milliseconds: Int64) -> Int64 {
        self == .toMilliseconds
            ? milliseconds
            : self == .toSeconds
                ? milliseconds / 1000
                : self == .toMinutes
                    ? milliseconds / 60_000 : self == .toHours ? milliseconds / 3_600_000 : milliseconds / 86_400_000
    }
}
