// SPDX-License-Identifier: Apache-2.0

import StrictJSON
import Testing

@testable import PolicyTools

@Suite("Converting files: the other form says the same, or there is none")
struct ConversionTests {
    private func convert(_ text: String, name: String = "x", isSchema: Bool? = nil, keepsIDs: Bool = false) throws
        -> Conversion
    {
        let directory = try CaseDirectory([name: text])
        return Conversion(path: "\(directory.path)/\(name)", isSchema: isSchema, keepsIDs: keepsIDs)
    }

    private func output(_ conversion: Conversion) throws -> String {
        String(decoding: try #require(conversion.output, "\(conversion.problems)"), as: UTF8.self)
    }

    @Test("text becomes JSON and is the same text again")
    func policies() throws {
        let text = """
            permit (principal, action, resource)
            when { context.a && (context.b || context has c) };

            forbid (
              principal in ?principal,
              action,
              resource
            );

            """
        let json = try output(convert(text))
        #expect(json.hasPrefix("{\n  \"staticPolicies\": {\n    \"policy0\": {\n      \"effect\": \"permit\","))
        #expect(try output(convert(json)) == text)
    }

    @Test("ids and @id annotations stand for one another when asked")
    func ids() throws {
        let text = "@id(\"a b\")\npermit (principal, action, resource);\n"
        let json = try output(convert(text, keepsIDs: true))
        #expect(json.contains("\"a b\": {"))
        #expect(!(try output(convert(text))).contains("\"a b\": {"))
        let bare = json.replacing(#""id": "a b""#, with: #""x": null"#)
        #expect(try output(convert(bare, keepsIDs: true)) == "@x\n" + text)
        // What was converted without ids has numbers for ids, which must not replace those that the policies carry.
        #expect(try output(convert(output(convert(text)), keepsIDs: true)) == text)
        #expect(try output(convert(bare)) == "@x\npermit (principal, action, resource);\n")
    }

    @Test("schemas are told by their name or by the caller")
    func schemas() throws {
        for (name, isSchema) in [("a.cedarschema", nil), ("x", true)] as [(String, Bool?)] {
            let json = try output(convert(SampleCase.schema, name: name, isSchema: isSchema))
            #expect(json.contains("\"entityTypes\": {"))
            let text = try output(convert(json, name: "a.cedarschema.json"))
            #expect(try output(convert(text, isSchema: true)) == json)
        }
    }

    @Test(
        "what has no text is refused",
        arguments: [
            #"{"staticPolicies":{},"templates":{"t":PLAIN},"templateLinks":[]}"#,
            #"{"staticPolicies":{"a":BARE_CALL},"templates":{},"templateLinks":[]}"#,
        ])
    func inexpressible(_ json: String) throws {
        let start =
            #"{"effect":"permit","principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"},"conditions":"#
        let plain = json.replacing("PLAIN", with: start + "[]}")
            .replacing("BARE_CALL", with: start + #"[{"kind":"when","body":{"isIpv4":[]}}]}"#)
        let conversion = try convert(plain)
        #expect(conversion.output == nil && conversion.problems.count == 1)
    }

    @Test("what JSON cannot hold in its depth is refused")
    func tooDeep() throws {
        let chain = "context" + String(repeating: " && context", count: 2000)
        let conversion = try convert("permit(principal, action, resource) when { \(chain) };")
        #expect(conversion.output == nil && conversion.problems.count == 1)
    }

    @Test("problems of the input come with their places")
    func problems() throws {
        let conversion = try convert("permit(\n")
        #expect(conversion.output == nil)
        #expect(conversion.problems.map(\.line) == [2])
        let object = try JSONValue.parse(conversion.json()).objectValue
        #expect(object?["problems"]?.arrayValue?.count == 1 && object?["output"] == nil)
    }

    @Test(
        "JSON is laid out without changing it",
        arguments: [
            ("{}", "{}\n"), ("[[],{}]", "[\n  [],\n  {}\n]\n"),
            (#"{"a,\"{":[1,2]}"#, "{\n  \"a,\\\"{\": [\n    1,\n    2\n  ]\n}\n"),
        ])
    func indents(_ json: String, _ wanted: String) {
        #expect(String(decoding: IndentedJSON.text(Array(json.utf8)), as: UTF8.self) == wanted)
    }
}
