// SPDX-License-Identifier: Apache-2.0

public import StrictJSON

/// Cuts values that would make a leaf too large, and remembers their names for `trunc`.
///
/// ```swift
/// var cut = ValueCut()
/// writer.key("host")
/// writer.string(cut.string(host, named: "act.host", limit: 256))
/// // … members after `t` …
/// if !cut.names.isEmpty { writer.key("trunc"); cut.writeNames(to: &writer) }
/// ```
public struct ValueCut: Sendable {
    /// The names of the values that were cut, in order of first appearance.
    public private(set) var names: [String] = []

    /// Starts with nothing cut.
    public init() {}

    /// The value itself, or the longest prefix of whole characters within the limit.
    ///
    /// - Parameters:
    ///   - value: What may be too long.
    ///   - name: What `trunc` calls it: the path of the member, joined with dots.
    ///   - limit: The most bytes of UTF-8.
    /// - Returns: The value, or its prefix.
    public mutating func string(_ value: String, named name: StaticString, limit: Int) -> String {
        guard value.utf8.count > limit else { return value }
        note("\(name)")
        // A scalar starts at every byte that is not 10xxxxxx.
        var end = value.utf8.index(value.utf8.startIndex, offsetBy: max(0, limit))
        while end > value.utf8.startIndex, value.utf8[end] & 0xC0 == 0x80 { end = value.utf8.index(before: end) }
        return String(value[..<end])
    }

    /// The elements themselves, or as many of the first ones as the limit allows.
    public mutating func elements<Element>(
        _ values: [Element], named name: StaticString, limit: Int
    ) -> ArraySlice<Element> {
        guard values.count > limit else { return values[...] }
        note("\(name)")
        return values.prefix(limit)
    }

    /// Remembers that a value was cut or left out by other means.
    public mutating func note(_ name: String) {
        if !names.contains(name) { names.append(name) }
    }

    /// Writes the names as the value of `trunc`.
    public func writeNames(to writer: inout JSONWriter) {
        writer.beginArray()
        for name in names { writer.string(name) }
        writer.endArray()
    }
}
