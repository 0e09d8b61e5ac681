// SPDX-License-Identifier: Apache-2.0

import StrictJSON
import Testing

@Suite("Canonical JSON: RFC 8785")
struct CanonicalJSONTests {
    private func canonical(_ text: String) throws -> String {
        String(decoding: try JSONValue.parse(Array(text.utf8)).canonicalBytes(), as: UTF8.self)
    }

    @Test("the example of RFC 8785, section 3.2.2, comes out as printed there")
    func example() throws {
        let text = """
            {"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/", "literals": [null, true, false]}
            """
        let expected =
            #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#
            + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#
        #expect(try canonical(text) == expected)
    }

    @Test("names are sorted by UTF-16 code units (section 3.2.3)")
    func sorting() throws {
        let text = #"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#
        let keys = try #require(
            try JSONValue.parse(Array(try canonical(text).utf8)).objectValue?.members.map(\.value.int64Value)
        )
        #expect(keys == [2, 4, 6, 7, 1, 5, 3])
    }

    @Test("any names are found and sorted as a comparison of all their code units says")
    func anyNames() {
        let pieces = ["a", "b", "abcdefgh", "\u{0}", "z", "é", "€", "\u{FB33}", "😀", "e\u{301}", "_"]
        var generator = SplitMix(state: 5)
        for _ in 0..<2000 {
            var object = JSONObject()
            var names: [String] = []
            for _ in 0..<Int.random(in: 0...30, using: &generator) {
                let name = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                    pieces[Int.random(in: 0..<(Bool.random(using: &generator) ? 3 : pieces.count), using: &generator)]
                }.joined()
                if !names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { names.append(name) }
                object[name] = .string(name)
            }
            let sorted = names.sorted { $0.utf16.lexicographicallyPrecedes($1.utf16) }
            #expect(object.membersInCanonicalOrder.map { Array($0.key.utf8) } == sorted.map { Array($0.utf8) })
            #expect(names.allSatisfy { object[$0] == .string($0) })
            #expect(object["absent"] == nil && object.count == names.count)
        }
    }

    @Test(
        "numbers are written as ECMAScript does",
        arguments: [
            ("0.0", "0"), ("-0", "0"), ("1.0", "1"), ("1e21", "1e+21"), ("1e20", "100000000000000000000"),
            ("123456789012345680000.0", "123456789012345680000"), ("1e-6", "0.000001"), ("1e-7", "1e-7"),
            ("5e-324", "5e-324"), ("1.7976931348623157e308", "1.7976931348623157e+308"), ("-1.5e-9", "-1.5e-9"),
            ("9007199254740993", "9007199254740993"),
        ]
    )
    func numbers(text: String, expected: String) throws {
        #expect(try canonical(text) == expected)
    }

    @Test("the writer and the canonical form agree when the names come sorted")
    func writer() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.int(-12)
        writer.bool(true)
        writer.null()
        writer.endArray()
        writer.key(any: "b\"")
        writer.string("tab\tnul\u{0}")
        writer.key("c")
        writer.raw(Array("{}".utf8))
        writer.endObject()
        #expect(try JSONValue.parse(writer.bytes).canonicalBytes() == writer.bytes)
    }
}
