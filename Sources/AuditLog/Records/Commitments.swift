// SPDX-License-Identifier: Apache-2.0

import CNettle
public import StrictJSON

/// Salted commitments to the personal data of one record, in the construction of SD-JWT.
///
/// For each value 128 random bits are drawn; base64url of `["<salt>","<name>",<value>]` is the disclosure, and the
/// leaf carries the base64url of its SHA-256 under the value's name in `sd`. Costs about a third of a microsecond a value.
///
/// ```swift
/// var commitments = Commitments()
/// commitments.add("sub", string: "alice")
/// writer.key("sd")
/// commitments.writeObject(to: &writer)  // {"sub":"…43 characters…"}
/// let record = AuditRecord(leaf: writer.bytes, counterOffset: offset, disclosures: commitments.disclosures)
/// ```
public struct Commitments: Sendable {
    private struct Entry {
        /// The name as it is, for the order.
        var name: Range<Int>
        /// The member of `sd`: the quoted name, a colon, the quoted digest.
        var member: Range<Int>
    }

    /// The JSON array of the disclosures, or nothing.
    private var array = ByteSink(capacity: 2048)
    /// Names and members of the entries, one after another.
    private var text = ByteSink(capacity: 1024)
    /// Ordered by name.
    private var entries: [Entry] = []
    /// The disclosure that is being made, before its encoding.
    private var plain = ByteSink(capacity: 1024)

    /// Makes an empty set, with room for the values of a usual decision.
    public init() { entries.reserveCapacity(12) }

    /// Takes all values out and keeps the memory for those of the next record.
    public mutating func removeAll() {
        array.removeAll()
        text.removeAll()
        entries.removeAll(keepingCapacity: true)
    }

    /// Whether no value was added; then the record has no `sd`.
    public var isEmpty: Bool { entries.isEmpty }

    /// Commits to a string.
    ///
    /// - Returns: `false` if a value of this name is there already; the first one stays.
    @discardableResult
    public mutating func add(_ name: StaticString, string value: String) -> Bool {
        add(name) { JSONWriter.appendQuoted(value, to: &$0) }
    }

    /// Commits to a value given as canonical JSON.
    ///
    /// - Returns: `false` if a value of this name is there already; the first one stays.
    @discardableResult
    public mutating func add(_ name: StaticString, json value: UnsafeRawBufferPointer) -> Bool {
        add(name) { $0.append(value) }
    }

    /// Commits to a value given as canonical JSON.
    ///
    /// - Returns: `false` if a value of this name is there already; the first one stays.
    @discardableResult
    public mutating func add(_ name: StaticString, json value: [UInt8]) -> Bool {
        add(name) { $0.append(value) }
    }

    /// Commits to a value, under a name known only at run time.
    ///
    /// - Returns: `false` if a value of this name is there already; the first one stays.
    @discardableResult
    public mutating func add(named name: String, value: JSONValue) -> Bool {
        start()
        let start = plain.count
        JSONWriter.appendQuoted(name, to: &plain)
        let quotedName = start..<plain.count
        plain.append(UInt8(ascii: ","))
        plain.append(value.canonicalBytes())
        return name.utf8Span.span.withUnsafeBytes { finish($0, quotedName) }
    }

    /// Writes the object of the commitments, sorted by name, as the value of `sd`.
    public func writeObject(to writer: inout JSONWriter) {
        writer.beginObject()
        text.withUnsafeBytes { text in
            for entry in entries { writer.rawMembers(UnsafeRawBufferPointer(rebasing: text[entry.member])) }
        }
        writer.endObject()
    }

    /// The JSON array of the disclosures, for ``AuditRecord/disclosures``; nothing if no value was added.
    public var disclosures: [UInt8] { array.bytes }

    /// Reads the JSON array of the disclosures where it lies; nothing if no value was added.
    public func withDisclosures<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        array.withUnsafeBytes(body)
    }

    @inline(__always)
    private mutating func add(_ name: StaticString, _ appendValue: (inout ByteSink) -> Void) -> Bool {
        start()
        let start = plain.count
        let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        plain.append(quoted: name, suffix: UInt8(ascii: ","))
        let quotedName = start..<plain.count - 1
        appendValue(&plain)
        return finish(name, quotedName)
    }

    private mutating func start() {
        plain.removeAll()
        plain.append("[\"")
        withUnsafeBytes(of: RandomPool.next128()) { Base64.append($0, .urlSafe, to: &plain) }
        plain.append("\",")
    }

    private mutating func finish(_ name: UnsafeRawBufferPointer, _ quotedName: Range<Int>) -> Bool {
        guard let place = place(of: name) else { return false }
        plain.append(UInt8(ascii: "]"))
        if array.count == 0 { array.append("[\"") } else { array.replace(at: array.count - 1, with: UInt8(ascii: ",")) }
        if !entries.isEmpty { array.append(UInt8(ascii: "\"")) }
        let disclosure = array.count
        plain.withUnsafeBytes { Base64.append($0, .urlSafe, to: &array) }
        let start = text.count
        text.append(name)
        let member = text.count
        plain.withUnsafeBytes { text.append(UnsafeRawBufferPointer(rebasing: $0[quotedName])) }
        text.append(":\"")
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
            guard let start = digest.baseAddress else { return }
            array.withUnsafeBytes { array in
                let disclosure = UnsafeRawBufferPointer(rebasing: array[disclosure...])
                countersign_sha256(disclosure.baseAddress, disclosure.count, nil, 0, start)
            }
            Base64.append(UnsafeRawBufferPointer(digest), .urlSafe, to: &text)
        }
        text.append(UInt8(ascii: "\""))
        array.append("\"]")
        entries.insert(Entry(name: start..<member, member: member..<text.count), at: place)
        return true
    }

    /// Where a name belongs among the others; `nil` if it is there already.
    private func place(of name: UnsafeRawBufferPointer) -> Int? {
        text.withUnsafeBytes { text in
            var place = entries.count
            while place > 0 {
                let other = UnsafeRawBufferPointer(rebasing: text[entries[place - 1].name])
                if name.elementsEqual(other) { return nil }
                guard name.lexicographicallyPrecedes(other) else { break }
                place -= 1
            }
            return place
        }
    }
}
