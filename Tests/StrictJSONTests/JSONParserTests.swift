// SPDX-License-Identifier: Apache-2.0

import StrictJSON
import Testing

private func parse(_ text: String, limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
    try JSONValue.parse(Array(text.utf8), limits: limits)
}

@Suite("Strict JSON reading: RFC 8259 and RFC 7493")
struct JSONParserTests {
    @Test("reads every kind of value and keeps the order of members and the text of numbers")
    func readsValues() throws {
        let value = try parse(#" {"b":[1,-2.50e+3,true,false,null],"a":{"":"x"}} "#)
        let object = try #require(value.objectValue)
        #expect(object.members.map(\.key) == ["b", "a"])
        #expect(object["b"]?.arrayValue?[1].numberValue?.text == "-2.50e+3")
        #expect(object["b"]?.arrayValue?[1].numberValue?.double == -2500)
        #expect(object["a"]?.objectValue?[""]?.stringValue == "x")
    }

    @Test(
        "refuses what RFC 8259 refuses",
        arguments: [
            "", " ", "{", "[1", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "01", "-", "1.", ".5", "1e", "+1", "NaN",
            "Infinity", "tru", "nul", "\"\u{0}\"", "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"",
            "\"\\ud800\\u0041\"", "\"abc", "1 2", "{}{}", "'a'", "[1 2]", "\u{FEFF}1", "/**/1",
        ]
    )
    func refuses(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test("refuses a repeated name at any depth, compared after unescaping and byte for byte")
    func refusesRepeatedNames() throws {
        #expect(throws: JSONError.self) { try parse(#"{"a":1,"\u0061":2}"#) }
        #expect(throws: JSONError.self) { try parse(#"[{"x":{"a":1,"b":2,"a":3}}]"#) }
        let many = "{" + (0..<40).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        #expect(throws: JSONError.self) { try parse(many + ",\"k7\":0}") }
        #expect(try parse(many + "}").objectValue?.count == 40)
        let twoSpellings = try parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(twoSpellings.objectValue?["e\u{301}"]?.int64Value == 2)
    }

    @Test("says line and column of the problem")
    func position() throws {
        do {
            _ = try parse("{\n  \"a\": 1,\n  \"a\": 2\n}")
            Issue.record("accepted a repeated name")
        } catch {
            #expect(error.line == 3 && error.column == 3)
            #expect(error.problem == .duplicateKey("a"))
        }
    }

    @Test("refuses invalid UTF-8", arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue.parse([0x22] + bytes + [0x22]) }
        #expect(throws: JSONError.self) { try JSONValue.parse([0x22, 0x5C, 0x6E] + bytes + [0x22]) }
    }

    @Test("holds the limits of length and depth before it recurses")
    func limits() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try parse(deep) }
        #expect(throws: JSONError.self) { try parse("[" + deep + "]") }
        #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 500_000)) }
        #expect(throws: JSONError.self) { try parse("[1,2,3]", limits: JSONLimits(maximumBytes: 6, maximumDepth: 4)) }
    }

    @Test("an integer is only what is written as one")
    func integers() throws {
        #expect(try parse("9223372036854775807").int64Value == .max)
        #expect(try parse("-9223372036854775808").int64Value == .min)
        for text in ["9223372036854775808", "1.0", "1e3", "-0"] { #expect(try parse(text).int64Value == nil) }
    }

    @Test("any mutation of a text is either refused or read, and what is read can be written and read again")
    func mutations() throws {
        let seed = Array(#"{"iss":"https://a","aud":["x","\u00e9\n"],"exp":1800000000,"n":-1.5e3,"o":{"t":true}}"#.utf8)
        var generator = SplitMix(state: 7)
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let value = try? JSONValue.parse(bytes) else { continue }
            let canonical = value.canonicalBytes()
            #expect(try JSONValue.parse(canonical).canonicalBytes() == canonical)
        }
    }
}

/// A small deterministic generator, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
