// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the index knows of one record.
///
/// Read from leaf and disclosures without building values of them: a reindex does this for every record of a log.
struct IndexedFields: Hashable, Sendable {
    /// Microseconds since the Unix epoch; the smallest number if `ts` is not of its form.
    var time = Int64.min
    var id: [UInt8] = []
    var type: [UInt8] = []
    var verdict: [UInt8]?
    var reason: [UInt8]?
    var route: [UInt8]?
    var gateway: [UInt8]?
    /// The policies that decided, one a line.
    var policies: [UInt8]?
    /// The value of `sub`, if it is still disclosed.
    var subject: [UInt8]?

    init(leaf: UnsafeRawBufferPointer, disclosures line: UnsafeRawBufferPointer?) {
        var cursor = LeafCursor(leaf)
        if cursor.enterObject() { read(&cursor, leaf) }
        if let line { subject = Self.subject(line) }
    }

    /// Reads the members of the record, each once; stops at whatever is no JSON.
    private mutating func read(_ cursor: inout LeafCursor, _ leaf: UnsafeRawBufferPointer) {
        while let name = cursor.nextName() {
            if let part = Part(name, cursor) {
                guard read(part, &cursor, leaf) else { return }
                continue
            }
            guard let value = cursor.value() else { return }
            if cursor.equals(name, "id") {
                id = Self.uuid(Self.text(leaf, value) ?? [])
            } else if cursor.equals(name, "t") {
                type = Self.text(leaf, value) ?? []
            } else if cursor.equals(name, "ts") {
                time = AuditTimestamp(parsing: leaf[value].dropFirst().dropLast())?.microseconds ?? .min
            }
        }
    }

    /// The members that hold what is looked for.
    private enum Part {
        case action, decision, gateway

        init?(_ name: Range<Int>, _ cursor: LeafCursor) {
            guard name.count == 2 || name.count == 3 else { return nil }
            if cursor.equals(name, "act") {
                self = .action
            } else if cursor.equals(name, "dec") {
                self = .decision
            } else if cursor.equals(name, "gw") {
                self = .gateway
            } else {
                return nil
            }
        }
    }

    /// Reads one of the record's objects; `false` if it ends too early.
    private mutating func read(_ part: Part, _ cursor: inout LeafCursor, _ leaf: UnsafeRawBufferPointer) -> Bool {
        guard cursor.enterObject() else { return cursor.value() != nil }
        while let name = cursor.nextName() {
            if part == .decision, cursor.equals(name, "policies") {
                guard readPolicies(&cursor, leaf) else { return false }
                continue
            }
            guard let value = cursor.value() else { return false }
            switch part {
            case .action: if cursor.equals(name, "route") { route = Self.text(leaf, value) }
            case .gateway: if cursor.equals(name, "name") { gateway = Self.text(leaf, value) }
            case .decision:
                if cursor.equals(name, "verdict") {
                    verdict = Self.text(leaf, value)
                } else if cursor.equals(name, "reason") {
                    reason = Self.text(leaf, value)
                }
            }
        }
        return cursor.leaveObject()
    }

    /// `dec.policies`, joined by newlines.
    private mutating func readPolicies(_ cursor: inout LeafCursor, _ leaf: UnsafeRawBufferPointer) -> Bool {
        guard cursor.enterArray() else { return cursor.value() != nil }
        var joined: [UInt8] = []
        while cursor.nextElement() {
            guard let element = cursor.value() else { return false }
            if !joined.isEmpty { joined.append(0x0A) }
            joined += Self.text(leaf, element) ?? []
        }
        if !joined.isEmpty { policies = joined }
        return cursor.leaveArray()
    }

    /// The content of a JSON string, unescaped; `nil` for anything else.
    private static func text(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) -> [UInt8]? {
        guard value.count >= 2, bytes[value.lowerBound] == UInt8(ascii: "\"") else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: bytes[value.lowerBound + 1..<value.upperBound - 1])
        guard let start = content.baseAddress, memchr(start, 0x5C, content.count) != nil else { return Array(content) }
        guard let text = try? JSONValue.parse(Array(bytes[value])).stringValue else { return nil }
        return Array(text.utf8)
    }

    /// The 16 bytes of a UUID's text; the text itself if it is none.
    static func uuid(_ text: [UInt8]) -> [UInt8] {
        guard text.count == 36 else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        var high: UInt8?
        for digit in text where digit != UInt8(ascii: "-") {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x57
            default: return text
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes.count == 16 ? bytes : text
    }

    /// The value of the disclosure of `sub` in a line `{"i":…,"d":["…"]}`.
    private static func subject(_ line: UnsafeRawBufferPointer) -> [UInt8]? {
        var cursor = LeafCursor(line)
        guard cursor.enterObject() else { return nil }
        while let name = cursor.nextName() {
            guard cursor.equals(name, "d"), cursor.enterArray() else {
                guard cursor.value() != nil else { return nil }
                continue
            }
            while cursor.nextElement() {
                guard let element = cursor.string() else { return nil }
                if let value = subject(ofDisclosure: UnsafeRawBufferPointer(rebasing: line[element])) { return value }
            }
            return nil
        }
        return nil
    }

    /// The value, if the disclosure is one of `sub`: most are not, and show it in their first 48 characters.
    private static func subject(ofDisclosure text: UnsafeRawBufferPointer) -> [UInt8]? {
        // Behind a salt of 16 bytes, `","` and the first letters of the name stand at a fixed place.
        if text.count > 40, equals(text, 32, "Iiwi"), !equals(text, 36, "c3Vi") { return nil }
        let beginning = Base64.decode(text.prefix(48), .urlSafe) ?? []
        guard !beginning.isEmpty,
            beginning.firstIndex(of: UInt8(ascii: ",")).map({ comma in
                beginning[(comma + 1)...].starts(with: "\"sub\"".utf8)
            }) ?? false
        else { return nil }
        guard let bytes = Base64.decode(text, .urlSafe),
            let value = try? JSONValue.parse(bytes).arrayValue, value.count == 3, value[1].stringValue == "sub",
            let subject = value[2].stringValue
        else { return nil }
        return Array(subject.utf8)
    }

    private static func equals(_ text: UnsafeRawBufferPointer, _ place: Int, _ four: StaticString) -> Bool {
        guard let start = text.baseAddress, four.utf8CodeUnitCount == 4 else { return false }
        return memcmp(start + place, four.utf8Start, 4) == 0
    }
}
