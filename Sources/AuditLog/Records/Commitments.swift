// SPDX-License-Identifier: Apache-2.0

import Crypto
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
    private var array: [UInt8] = []
    /// Names and members of the entries, one after another.
    private var text: [UInt8] = []
    /// Ordered by name.
    private var entries: [Entry] = []
    private var scratch: [UInt8] = []

    /// Makes an empty set, with room for the values of a usual decision.
    public init() {
        array.reserveCapacity(2048)
        text.reserveCapacity(1024)
        entries.reserveCapacity(12)
        scratch.reserveCapacity(1024)
    }

    /// Takes all values out and keeps the memory for those of the next record.
    public mutating func removeAll() {
        array.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
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
        add(name) { $0.append(contentsOf: value) }
    }

    /// Commits to a value given as canonical JSON.
    ///
    /// - Returns: `false` if a value of this name is there already; the first one stays.
    @discardableResult
    public mutating func add(_ name: StaticString, json value: [UInt8]) -> Bool {
        add(name) { $0.append(contentsOf: value) }
    }

    /// Commits to a value given as canonical JSON.
    ///
    /// - Returns: `false` if a value of this name is there already; the first one stays.
    @discardableResult
    public mutating func add(_ name: StaticString, json value: some Sequence<UInt8>) -> Bool {
        add(name) { $0.append(contentsOf: value) }
    }

    /// Commits to a value, under a name known only at run time.
    ///
    /// - Returns: `false` if a value of this name is there already; the first one stays.
    @discardableResult
    public mutating func add(named name: String, value: JSONValue) -> Bool {
        start()
        let start = scratch.count
        JSONWriter.appendQuoted(name, to: &scratch)
        let quotedName = start..<scratch.count
        scratch.append(UInt8(ascii: ","))
        value.appendCanonical(to: &scratch)
        return finish(name: Array(name.utf8), quotedName)
    }

    /// Writes the object of the commitments, sorted by name, as the value of `sd`.
    public func writeObject(to writer: inout JSONWriter) {
        writer.beginObject()
        for entry in entries { writer.rawMembers(text[entry.member]) }
        writer.endObject()
    }

    /// The JSON array of the disclosures, for ``AuditRecord/disclosures``; nothing if no value was added.
    public var disclosures: [UInt8] { array }

    private mutating func add(_ name: StaticString, _ appendValue: (inout [UInt8]) -> Void) -> Bool {
        start()
        return name.withUTF8Buffer { name in
            let start = scratch.count
            scratch.append(UInt8(ascii: "\""))
            scratch.append(contentsOf: name)
            scratch.append(UInt8(ascii: "\""))
            let quotedName = start..<scratch.count
            scratch.append(UInt8(ascii: ","))
            appendValue(&scratch)
            return finish(name: name, quotedName)
        }
    }

    private mutating func start() {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(UInt8(ascii: "["))
        scratch.append(UInt8(ascii: "\""))
        withUnsafeBytes(of: RandomPool.next128()) { Base64.append($0, .urlSafe, to: &scratch) }
        scratch.append(UInt8(ascii: "\""))
        scratch.append(UInt8(ascii: ","))
    }

    private mutating func finish(name: some Collection<UInt8>, _ quotedName: Range<Int>) -> Bool {
        var place = entries.count
        while place > 0 {
            let other = text[entries[place - 1].name]
            if other.elementsEqual(name) { return false }
            guard name.lexicographicallyPrecedes(other) else { break }
            place -= 1
        }
        scratch.append(UInt8(ascii: "]"))
        if array.isEmpty { array.append(UInt8(ascii: "[")) } else { array[array.count - 1] = UInt8(ascii: ",") }
        array.append(UInt8(ascii: "\""))
        let disclosure = array.count
        scratch.withUnsafeBytes { Base64.append($0, .urlSafe, to: &array) }
        let digest = array.withUnsafeBytes { buffer in
            var hash = SHA256()
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[disclosure...]))
            return hash.finalize()
        }
        array.append(UInt8(ascii: "\""))
        array.append(UInt8(ascii: "]"))
        let start = text.count
        text.append(contentsOf: name)
        let member = text.count
        text.append(contentsOf: scratch[quotedName])
        text.append(UInt8(ascii: ":"))
        text.append(UInt8(ascii: "\""))
        digest.withUnsafeBytes { Base64.append($0, .urlSafe, to: &text) }
        text.append(UInt8(ascii: "\""))
        entries.insert(Entry(name: start..<member, member: member..<text.count), at: place)
        return true
    }
}
