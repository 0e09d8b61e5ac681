// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// What a worker process tells the process that watches over it, one line each.
enum JournalEvent: Sendable {
    /// The worker has found so many files that may be cases.
    case found(Int)
    /// A case begins.
    case started(Int, name: String)
    /// A case has ended.
    case finished(Int, ConformanceRun.CaseResult)
    /// Every case that was asked for has ended.
    case done

    /// The event as a line of JSON, the line break included.
    var line: [UInt8] {
        let json: JSONValue =
            switch self {
            case .found(let count): ["found": Self.number(count)]
            case .started(let index, let name): ["started": Self.number(index), "name": .string(name)]
            case .finished(let index, let result):
                [
                    "finished": Self.number(index), "isCase": .bool(result.isCase),
                    "checks": Self.number(result.checks), "requests": Self.number(result.requests),
                    "failures": .array(result.failures.map(Self.json)),
                ]
            case .done: ["done": true]
            }
        return json.canonicalBytes() + [UInt8(ascii: "\n")]
    }

    /// Reads a line; `nil` for one that was cut short.
    init?(_ line: ArraySlice<UInt8>) {
        let limits = JSONLimits(maximumBytes: 1 << 26, maximumDepth: 8)
        guard let object = (try? JSONValue.parse(Array(line), limits: limits))?.objectValue else { return nil }
        if let count = Self.integer(object["found"]) {
            self = .found(count)
        } else if let index = Self.integer(object["started"]), let name = object["name"]?.stringValue {
            self = .started(index, name: name)
        } else if let index = Self.integer(object["finished"]), let isCase = object["isCase"]?.boolValue,
            let checks = Self.integer(object["checks"]), let requests = Self.integer(object["requests"]),
            let failures = object["failures"]?.arrayValue
        {
            let read = failures.compactMap(Self.failure)
            self = .finished(
                index,
                ConformanceRun.CaseResult(isCase: isCase, checks: checks, requests: requests, failures: read))
        } else if object["done"] != nil {
            self = .done
        } else {
            return nil
        }
    }

    private static func number(_ value: Int) -> JSONValue { .number(JSONNumber(Int64(value))) }

    private static func integer(_ json: JSONValue?) -> Int? { json?.int64Value.map(Int.init) }

    private static func json(_ failure: CaseFailure) -> JSONValue {
        [
            "case": .string(failure.name), "check": .string(failure.check), "expected": .string(failure.expected),
            "actual": .string(failure.actual),
        ]
    }

    private static func failure(_ json: JSONValue) -> CaseFailure? {
        guard let object = json.objectValue, let name = object["case"]?.stringValue,
            let check = object["check"]?.stringValue, let expected = object["expected"]?.stringValue,
            let actual = object["actual"]?.stringValue
        else { return nil }
        return CaseFailure(name, check, expected: expected, actual: actual)
    }
}
