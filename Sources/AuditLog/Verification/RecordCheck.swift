// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// Checks what every record must have, and that `n` has no unexplained hole.
struct RecordCheck {
    private var boot: String?
    private var last: Int64 = 0
    private var pastBoots: Set<String> = []
    private var isLate = false
    /// The bytes of ``boot``.
    private var bootBytes: [UInt8] = []

    /// Lets the first record be one in the middle of a process run, since those before it were pruned.
    mutating func startLate() { isLate = true }

    mutating func check(_ entry: UnsafeRawBufferPointer, at index: UInt64, _ report: inout VerificationReport) {
        if let usual = UsualRecord(entry), usual.counter == last &+ 1,
            bootBytes.elementsEqual(entry[usual.boot])
        {
            last = usual.counter
            return
        }
        let (object, problems) = Self.read(Array(entry))
        for problem in problems { report.add(problem, at: index) }
        guard let object else { return }
        guard let boot = object["boot"]?.stringValue, let counter = object["n"]?.int64Value else { return }
        if let problem = follow(object, boot: boot, counter: counter) { report.add(problem, at: index) }
        if object["t"]?.stringValue == "gap" { report.gaps += 1 }
    }

    /// The record, if it is an object, and what is wrong with it alone.
    static func read(_ bytes: [UInt8]) -> (JSONObject?, [String]) {
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes)
        } catch {
            return (nil, ["not JSON: \(error)"])
        }
        guard let object = value.objectValue else { return (nil, ["not an object"]) }
        var problems: [String] = []
        if value.canonicalBytes() != bytes { problems.append("not canonical JSON") }
        if bytes.count > AuditRecord.maximumLeafBytes { problems.append("larger than 16 KiB") }
        return (object, problems + Self.problems(object))
    }

    private static func problems(_ object: JSONObject) -> [String] {
        var problems: [String] = []
        if object["v"]?.int64Value != 1 { problems.append("`v` is not 1") }
        let type = object["t"]?.stringValue ?? ""
        if type.isEmpty { problems.append("`t` is not a name") }
        if !isTimestamp(object["ts"]?.stringValue) { problems.append("`ts` is not `YYYY-MM-DDTHH:MM:SS.ffffffZ`") }
        if object["boot"]?.stringValue?.isEmpty ?? true { problems.append("`boot` is missing") }
        if (object["n"]?.int64Value ?? 0) < 1 { problems.append("`n` is not a positive number") }
        if !isUUIDv7(object["id"]?.stringValue) { problems.append("`id` is not a UUIDv7") }
        if let commitments = object["sd"] {
            let isValid = commitments.objectValue?.members.allSatisfy {
                guard let text = $0.value.stringValue else { return false }
                return Base64.decode(text.utf8, .urlSafe)?.count == 32
            }
            if isValid != true { problems.append("`sd` does not hold commitments only") }
        }
        if type == "decision",
            !["allow", "deny", "error"].contains(object["dec"]?.objectValue?["verdict"]?.stringValue)
        {
            problems.append("`dec.verdict` is not `allow`, `deny` or `error`")
        }
        return problems
    }

    /// Why the record cannot follow the one before it.
    private mutating func follow(_ object: JSONObject, boot: String, counter: Int64) -> String? {
        let type = object["t"]?.stringValue
        if boot != self.boot {
            defer { isLate = false }
            if let old = self.boot { pastBoots.insert(old) }
            self.boot = boot
            bootBytes = Array(boot.utf8)
            last = counter
            if pastBoots.contains(boot) { return "process run `\(boot)` had ended before" }
            return isLate || counter == 1 && type == "boot"
                ? nil : "a process run does not begin with its `boot` record"
        }
        let (expected, isEnd) = last.addingReportingOverflow(1)
        last = counter
        guard !isEnd else { return "no number can follow that of the record before" }
        if type == "gap" {
            guard let gap = object["gap"]?.objectValue, let from = gap["from"]?.int64Value,
                let to = gap["to"]?.int64Value, 0 < from, from <= to, to < Int64.max,
                gap["count"]?.int64Value == to - from + 1, gap["reason"]?.stringValue?.isEmpty == false
            else { return "`gap` is not of its form" }
            return from == expected && counter == to + 1 ? nil : "the gap does not explain the hole before it"
        }
        return counter == expected ? nil : "`n` is \(counter) where \(expected) must follow"
    }

    private static func isTimestamp(_ text: String?) -> Bool {
        guard let text else { return false }
        return matches(text, "dddd-dd-ddTdd:dd:dd.ddddddZ")
    }

    private static func isUUIDv7(_ text: String?) -> Bool {
        guard let text else { return false }
        return matches(text, "hhhhhhhh-hhhh-7hhh-vhhh-hhhhhhhhhhhh")
    }

    /// Compares with a pattern of `d` digits, `h` lower-case hexadecimal digits, `v` a variant digit, and literals.
    private static func matches(_ text: String, _ pattern: StaticString) -> Bool {
        guard text.utf8.count == pattern.utf8CodeUnitCount else { return false }
        return pattern.withUTF8Buffer { pattern in
            zip(text.utf8, pattern).allSatisfy { byte, expected in
                switch expected {
                case UInt8(ascii: "d"): (0x30...0x39).contains(byte)
                case UInt8(ascii: "h"): (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
                case UInt8(ascii: "v"): byte == 0x38 || byte == 0x39 || byte == 0x61 || byte == 0x62
                default: byte == expected
                }
            }
        }
    }
}
