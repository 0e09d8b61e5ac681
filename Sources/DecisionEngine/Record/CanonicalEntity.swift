// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// Canonical JSON (RFC 8785) of Cedar's entities, as the recorded policy input holds them.
enum CanonicalEntity {
    /// `{"id":…,"type":…}`.
    static func uid(type: String, id: String) -> [UInt8] {
        var writer = JSONWriter(capacity: 48 + id.utf8.count)
        write(type: type, id: id, to: &writer)
        return writer.take()
    }

    /// Writes `{"id":…,"type":…}`.
    static func write(type: String, id: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.string(id)
        writer.key("type")
        writer.string(type)
        writer.endObject()
    }

    /// Writes a value of an extension type: `{"__extn":{"arg":…,"fn":…}}`.
    static func write(extension function: StaticString, _ argument: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("__extn")
        writer.beginObject()
        writer.key("arg")
        writer.string(argument)
        writer.key("fn")
        writer.string(plain: function)
        writer.endObject()
        writer.endObject()
    }

    /// An object without what Cedar cannot express: `null` and numbers that are no integers.
    static func record(_ object: JSONObject) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        write(expressible: object, to: &writer)
        return writer.bytes
    }

    private static func write(expressible object: JSONObject, to writer: inout JSONWriter) {
        writer.beginObject()
        for member in object.membersInCanonicalOrder where isExpressible(member.value) {
            writer.key(any: member.key)
            write(expressible: member.value, to: &writer)
        }
        writer.endObject()
    }

    private static func write(expressible value: JSONValue, to writer: inout JSONWriter) {
        switch value {
        case .null: break
        case .number, .bool: writer.value(value)
        case .string(let text): writer.string(text)
        case .array(let elements):
            writer.beginArray()
            for element in elements where isExpressible(element) { write(expressible: element, to: &writer) }
            writer.endArray()
        case .object(let object): write(expressible: object, to: &writer)
        }
    }

    private static func isExpressible(_ value: JSONValue) -> Bool {
        switch value {
        case .null: false
        case .number(let number): number.int64 != nil
        case .bool, .string, .array, .object: true
        }
    }
}

/// The longest text from a caller that stands in a leaf, in bytes (THREATS A7).
private let maximumTextBytes = 256

extension JSONWriter {
    /// Writes a member whose text a caller chose, cut to a fixed length.
    mutating func bounded(_ key: StaticString, _ text: String) {
        self.key(key)
        bounded(text)
    }

    private mutating func bounded(_ text: String) {
        if Self.isCut(text) { string(Self.cut(text)) } else { string(text) }
    }

    /// Writes a member with at most 16 texts that a caller chose.
    mutating func bounded(_ key: StaticString, _ texts: [String]) {
        self.key(key)
        beginArray()
        for text in texts.prefix(16) { bounded(text) }
        endArray()
    }

    /// The longest prefix of whole characters within the limit.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumTextBytes else { return text }
        var bytes = Array(text.utf8.prefix(maximumTextBytes))
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether ``bounded(_:_:)`` would cut.
    static func isCut(_ text: String) -> Bool { text.utf8.count > maximumTextBytes }
}
