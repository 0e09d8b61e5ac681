// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("JSON writing: no white space, commas where they belong, no escape but those that JSON demands")
struct JSONTextTests {
    @Test("arrays and objects, empty and in one another")
    func structure() {
        var json = JSONText()
        json.beginObject()
        json.key("a")
        json.beginArray()
        json.int(.min)
        json.string("[")
        json.bool(true)
        json.null()
        json.beginObject()
        json.endObject()
        json.beginArray()
        json.endArray()
        json.endArray()
        json.key("b:")
        json.bool(false)
        json.key("{")
        json.string("")
        json.endObject()
        let wanted = #"{"a":[-9223372036854775808,"[",true,null,{},[]],"b:":false,"{":""}"#
        #expect(String(decoding: json.bytes, as: UTF8.self) == wanted)
    }

    @Test("the shortest escape of what needs one, in lower case")
    func escapes() {
        var json = JSONText()
        json.string("\"\\/\u{8}\t\n\u{C}\r\u{0}\u{B}\u{1F}\u{7F}é\u{2028}😀")
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == "\"\\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u000b\\u001f\u{7F}é\u{2028}😀\"")
    }

    @Test("every scalar below 256, and some beyond, is read back as it was")
    func roundTrip() throws {
        for value in Array(0...0xFF) + [0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x1_0000, 0x10_FFFF] as [UInt32] {
            let text = "a\(try #require(Unicode.Scalar(value)))b"
            var json = JSONText()
            json.string(text)
            let read = try JSONDocument.parse(json.bytes, file: "j").get().root
            #expect(read.isString(text))
        }
    }
}
