// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// The text of a disclosure file: one line `{"i":<leaf index>,"d":["<disclosure>",…]}` for each entry.
enum DisclosureLines {
    /// The lines without some fields of some entries; a line of which nothing is left goes whole.
    ///
    /// What cannot be read of a named entry goes too: it can prove nothing, but may be personal.
    static func without(_ fields: Set<String>, of entries: Set<UInt64>, in bytes: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        for line in bytes.split(separator: 0x0A) {
            guard let index = Bundle.index(ofLine: line), entries.contains(index) else {
                kept += line
                kept.append(0x0A)
                continue
            }
            let rest = texts(ofLine: line).filter { text in name(of: text).map { !fields.contains($0) } ?? false }
            guard !rest.isEmpty else { continue }
            let array = JSONValue.array(rest.map { .string($0) }).canonicalBytes()
            kept += "{\"i\":\(index),\"d\":".utf8
            kept += array
            kept += "}\n".utf8
        }
        return kept
    }

    /// The names that a line opens.
    static func names(ofLine line: ArraySlice<UInt8>) -> [String] { texts(ofLine: line).compactMap(name(of:)) }

    /// The disclosures of a line.
    static func texts(ofLine line: ArraySlice<UInt8>) -> [String] {
        (try? JSONValue.parse(Array(line)).objectValue?["d"]?.arrayValue?.compactMap(\.stringValue)) ?? []
    }

    /// Whether a line opens `sub` to a value.
    static func discloses(subject: String, line: ArraySlice<UInt8>) -> Bool {
        texts(ofLine: line).contains { text in
            let parts = parts(of: text)
            return parts?.name == "sub" && parts?.value.stringValue == subject
        }
    }

    private static func name(of text: String) -> String? { parts(of: text)?.name }

    private static func parts(of text: String) -> (name: String, value: JSONValue)? {
        guard let bytes = Base64.decode(text.utf8, .urlSafe), let array = try? JSONValue.parse(bytes).arrayValue,
            array.count == 3, let name = array[1].stringValue
        else { return nil }
        return (name, array[2])
    }
}
