// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("JSON reading: RFC 8259 and RFC 7493, every value with its place")
struct JSONDocumentTests {
    private func root(_ text: String, _ limits: DataLimits = DataLimits()) throws -> JSONNode {
        try JSONDocument.parse(Array(text.utf8), file: "j", limits: limits).get().root
    }

    private func isRead(_ text: String, _ limits: DataLimits = DataLimits()) -> Bool {
        JSONDocument.parse(Array(text.utf8), file: "j", limits: limits).document != nil
    }

    @Test("reads every kind of value, and members in their order")
    func kinds() throws {
        let json = try root(#" {"b":[1,true,false,null,[]],"a":{"":"x"}, "c": "\u00e9\n\ud83d\ude00\/"} "#)
        let object = try #require(json.objectValue)
        #expect(object.map(\.key) == ["b", "a", "c"])
        let elements = try #require(json["b"]?.arrayValue)
        #expect(elements.map(\.kind) == [.number, .boolean, .boolean, .null, .array])
        #expect(elements.map(\.boolValue) == [nil, true, false, nil, nil])
        #expect(elements.count == 5 && elements.first?.int64Value == 1)
        #expect(json["a"]?[""]?.stringValue == "x")
        #expect(json["c"]?.stringValue == "é\n😀/")
        #expect(json["d"] == nil && json["b"]?["a"] == nil)
    }

    @Test("names are compared after unescaping and byte for byte")
    func names() throws {
        let json = try root("{\"\\u0061\":1,\"\u{E9}\":2,\"e\u{301}\":3}")
        #expect(json["a"]?.int64Value == 1)
        #expect(json["\u{E9}"]?.int64Value == 2)
        #expect(json["e\u{301}"]?.int64Value == 3)
        #expect(!isRead(#"{"a":1,"\u0061":2}"#))
    }

    @Test("a value knows its file, line and column, counted in scalars")
    func places() throws {
        let json = try root("{\n  \"é😀\": {\"b\": [7,\n    8]}}")
        let list = try #require(json["é😀"]?["b"])
        #expect(json.location.description == "j:1:1")
        #expect(json["é😀"]?.location.description == "j:2:9")
        #expect(list.arrayValue?.map(\.location.description) == ["j:2:16", "j:3:5"])
        #expect(json.following([.key("é😀"), .key("b"), .index(1)]).location.description == "j:3:5")
        #expect(json.following([.key("é😀"), .key("x"), .index(1)]).location.description == "j:2:9")
        #expect(json.following([.key("é😀"), .key("b"), .index(2)]).offset == list.offset)
    }

    @Test("an integer is only what is written as one of 64 bits")
    func integers() throws {
        for value in [0, 1, -1, 10, Int64.max, .min] { #expect(try root("\(value)").int64Value == value) }
        for text in ["9223372036854775808", "-9223372036854775809", "1.0", "1e3", "1E+3", "-0", "1e-1", "0.5"] {
            #expect(try root(text).int64Value == nil)
            #expect(try root("[{\"a\":\(text)}]").holdsForeignNumber)
        }
        #expect(try !root(#"{"1.0":["1.0",1]}"#).holdsForeignNumber)
        #expect(try root("[[1],1.5]").arrayValue?.first?.holdsForeignNumber == false)
    }

    @Test("what a text may nest, and how long it may be, is held before anything is read")
    func limits() throws {
        let deep = String(repeating: "[", count: 256) + String(repeating: "]", count: 256)
        #expect(isRead(deep))
        #expect(try root(deep).document.depth == 256)
        #expect(!isRead("[" + deep + "]"))
        #expect(isRead("[1,2,3]", DataLimits(maximumBytes: 7)))
        let long = JSONDocument.parse(Array("[1,2,3".utf8), file: "j", limits: DataLimits(maximumBytes: 5))
        #expect(long.diagnostics.map(\.description) == ["j:1:1: error: longer than 5 bytes"])
    }

    @Test("limits beyond what can be held are held all the same")
    func limitsOfLimits() {
        func deep(_ count: Int) -> String {
            String(repeating: "[", count: count) + String(repeating: "]", count: count)
        }
        let limits = DataLimits(maximumBytes: .max, maximumNesting: .max, maximumDiagnostics: .min)
        #expect(isRead(deep(512), limits) && !isRead(deep(513), limits))
        #expect(!isRead("1", DataLimits(maximumBytes: .min)) && !isRead("[]", DataLimits(maximumNesting: -1)))
        let found = JSONDocument.parse(Array("[1 2 3".utf8), file: "j", limits: limits).diagnostics
        #expect(found.map(\.problem) == ["unexpected `2`"])
    }

    @Test(
        "hundreds of thousands of brackets are refused with few words on a 512 KiB stack", arguments: ["[", "{\"a\":"])
    func hostileNesting(_ bracket: String) {
        let text = String(repeating: bracket, count: 300_000)
        let found = SmallStack.run { JSONDocument.parse(Array(text.utf8), file: "j").diagnostics.map(\.problem) }
        #expect(found == ["nested deeper than 256 levels", "the text ends too early"])
    }

    @Test("objects of very many members are searched for repeated names")
    func manyMembers() {
        let members = (0..<20_000).map { "\"k\($0)\":\($0)" }
        #expect(isRead("{\(members.joined(separator: ","))}"))
        let twice = JSONDocument.parse(
            Array("{\(members.joined(separator: ",")),\n\"k7\":0,\"k\\u0038\":0}".utf8), file: "j")
        #expect(
            twice.diagnostics.map(\.description) == [
                "j:2:1: error: member name `k7` stands twice in one object",
                "j:2:8: error: member name `k8` stands twice in one object",
            ])
    }
}
