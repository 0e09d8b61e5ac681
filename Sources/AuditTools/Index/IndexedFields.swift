// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

/// What the index knows of one record.
///
/// Read from leaf and disclosures without building values of them: a reindex does this for every record of a log.
struct IndexedFields: Hashable {
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
        guard cursor.enterObject() else { return }
        while let name = cursor.nextName() {
            let start = cursor.place
            guard let value = cursor.value() else { break }
            if cursor.equals(name, "act") {
                members(leaf, start, ["route": \.route])
            } else if cursor.equals(name, "dec") {
                members(leaf, start, ["verdict": \.verdict, "reason": \.reason])
                policies = Self.list(leaf, start)
            } else if cursor.equals(name, "gw") {
                members(leaf, start, ["name": \.gateway])
            } else if cursor.equals(name, "id") {
                id = Self.uuid(Self.text(leaf, value) ?? [])
            } else if cursor.equals(name, "t") {
                type = Self.text(leaf, value) ?? []
            } else if cursor.equals(name, "ts") {
                time = AuditTimestamp(parsing: Self.text(leaf, value) ?? [])?.microseconds ?? .min
            }
        }
        if let line { subject = Self.subject(line) }
    }

    private mutating func members(
        _ leaf: UnsafeRawBufferPointer, _ start: Int,
        _ wanted: KeyValuePairs<StaticString, WritableKeyPath<Self, [UInt8]?>>
    ) {
        var cursor = LeafCursor(leaf, at: start)
        guard cursor.enterObject() else { return }
        while let name = cursor.nextName() {
            guard let value = cursor.value() else { return }
            for (text, path) in wanted where cursor.equals(name, text) { self[keyPath: path] = Self.text(leaf, value) }
        }
    }

    /// `dec.policies`, joined by newlines.
    private static func list(_ leaf: UnsafeRawBufferPointer, _ start: Int) -> [UInt8]? {
        var cursor = LeafCursor(leaf, at: start)
        guard cursor.enterObject() else { return nil }
        while let name = cursor.nextName() {
            guard cursor.equals(name, "policies") else {
                guard cursor.value() != nil else { return nil }
                continue
            }
            guard cursor.enterArray() else { return nil }
            var joined: [UInt8] = []
            while cursor.nextElement() {
                guard let element = cursor.value() else { break }
                if !joined.isEmpty { joined.append(0x0A) }
                joined += text(leaf, element) ?? []
            }
            return joined.isEmpty ? nil : joined
        }
        return nil
    }

    /// The content of a JSON string, unescaped; `nil` for anything else.
    private static func text(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) -> [UInt8]? {
        guard value.count >= 2, bytes[value.lowerBound] == UInt8(ascii: "\"") else { return nil }
        let content = bytes[value.lowerBound + 1..<value.upperBound - 1]
        guard content.contains(UInt8(ascii: "\\")) else { return Array(content) }
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
}
