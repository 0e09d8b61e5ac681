// SPDX-License-Identifier: Apache-2.0

import Cedar
import StrictJSON
import Testing

/// Two readers stand side by side: Cedar's own, which goes on behind errors, and the service's.
@Suite("JSON readers: Cedar's and the service's accept the same and read the same values")
struct JSONReadersTests {
    @Test("generated documents", arguments: 0..<200)
    func documents(_ seed: Int) throws {
        var generator = AwkwardJSON(seed: seed)
        for _ in 0..<20 {
            let text = generator.document()
            let value = try #require(try? JSONValue.parse(text), "\(String(decoding: text, as: UTF8.self))")
            let result = JSONDocument.parse(text, file: "j", limits: Self.limits)
            let root = try #require(result.document?.root, "\(result.diagnostics)")
            #expect(Self.isSame(value, root), "\(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test("documents with a few bytes replaced, removed, doubled or exchanged", arguments: 0..<200)
    func damaged(_ seed: Int) {
        var generator = AwkwardJSON(seed: 1000 + seed)
        for _ in 0..<50 {
            let text = generator.damaged(generator.document())
            let value = try? JSONValue.parse(text)
            let root = JSONDocument.parse(text, file: "j", limits: Self.limits).document?.root
            switch (value, root) {
            case (let value?, let root?): #expect(Self.isSame(value, root), "\(String(decoding: text, as: UTF8.self))")
            case (nil, nil): break
            case (_?, nil), (nil, _?):
                Issue.record("only one of the two reads \(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    private static let limits = DataLimits(
        maximumBytes: JSONLimits.standard.maximumBytes, maximumNesting: JSONLimits.standard.maximumDepth)

    private static func isSame(_ value: JSONValue, _ node: JSONNode) -> Bool {
        guard value.kind == node.kind.rawValue, value.int64Value == node.int64Value else { return false }
        switch value {
        case .null, .number: return true
        case .bool(let flag): return node.boolValue == flag
        case .string(let text):
            return node.isString(text) && node.stringValue?.utf8.elementsEqual(text.utf8) == true
        case .array(let elements):
            guard let others = node.arrayValue, others.count == elements.count else { return false }
            return zip(elements, others).allSatisfy { isSame($0, $1) }
        case .object(let object):
            guard let others = node.objectValue, others.count == object.count else { return false }
            return zip(object.members, others).allSatisfy { mine, other in
                mine.key.utf8.elementsEqual(other.key.utf8) && other.isNamed(mine.key)
                    && isSame(mine.value, other.value) && node[mine.key]?.offset == other.value.offset
            }
        }
    }
}

/// Makes JSON that is right in unusual ways.
private struct AwkwardJSON {
    private var state: UInt64

    init(seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 }

    /// A number below `count`.
    private mutating func pick(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % count
    }

    private mutating func one(_ choices: [String]) -> String { choices[pick(choices.count)] }

    mutating func document() -> [UInt8] { Array((space() + value(depth: 0) + space()).utf8) }

    private mutating func space() -> String { one(["", "", "", " ", "\n", "\r\n", "\t  "]) }

    private mutating func value(depth: Int) -> String {
        switch pick(depth > 6 ? 5 : 8) {
        case 0: one(["true", "false", "null"])
        case 1, 2:
            one([
                "0", "-0", "7", "-12", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.5",
                "-0.0e-0", "1E+9", "123456789012345678901234567890", "10", "-9223372036854775809",
            ])
        case 3, 4: string()
        case 5: list(depth, "[", "]") { $0.value(depth: depth + 1) }
        case 6: String(repeating: "[", count: 50) + value(depth: 7) + String(repeating: "]", count: 50)
        default: object(depth)
        }
    }

    private mutating func list(
        _ depth: Int, _ open: String, _ close: String, _ item: (inout Self) -> String
    ) -> String {
        var items: [String] = []
        for _ in 0..<pick(5) { items.append(space() + item(&self) + space()) }
        return open + (items.isEmpty ? space() : items.joined(separator: ",")) + close
    }

    private mutating func object(_ depth: Int) -> String {
        var number = 0
        // A number in front keeps names apart, whatever the escapes say; long objects are looked through otherwise.
        let many = pick(8) == 0 ? 40 : 0
        let extra = (0..<many).map { "\"m\($0)\":\($0)," }.joined()
        let rest = list(depth, "", "") { generator in
            number += 1
            let name = generator.string().dropFirst()
            return "\"\(number)\(name)\(generator.space()):\(generator.space())\(generator.value(depth: depth + 1))"
        }
        let isEmpty = rest.allSatisfy(\.isWhitespace)
        return "{" + (isEmpty ? String(extra.dropLast()) : extra) + rest + "}"
    }

    private mutating func string() -> String {
        var text = "\""
        for _ in 0..<pick(6) {
            text += one([
                "a", "é", "e\u{301}", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u0000", "\\u00E9", "\\ud83D\\uDE00",
                "\\b\\f",
                "\u{7F}", "\u{FEFF}", "plain text that is longer than eight bytes", "\\u0041", "{[,:]}", "//",
            ])
        }
        return text + "\""
    }

    /// The same with one to three changes.
    mutating func damaged(_ text: [UInt8]) -> [UInt8] {
        var text = text
        let bytes = Array("{}[],:\"\\ \n0-.eEtn/u".utf8) + [0x00, 0x1F, 0x7F, 0xC3, 0xA9, 0xED, 0xFF]
        for _ in 0...pick(3) where !text.isEmpty {
            let place = pick(text.count)
            switch pick(4) {
            case 0: text[place] = bytes[pick(bytes.count)]
            case 1: text.remove(at: place)
            case 2: text.insert(bytes[pick(bytes.count)], at: place)
            default: text.swapAt(place, pick(text.count))
            }
        }
        return text
    }
}
