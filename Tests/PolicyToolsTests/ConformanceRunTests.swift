// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Testing

@testable import PolicyTools

@Suite("Conformance cases: what is checked, what fails, what is printed", .timeLimit(.minutes(30)))
struct ConformanceRunTests {
    private func run(_ files: [String: String], options: ConformanceRun.Options = .init()) throws -> ConformanceReport {
        let directory = try CaseDirectory(files)
        return try ConformanceRun(paths: [directory.path], options: options).run()
    }

    private func run(_ json: String) throws -> ConformanceReport { try run(SampleCase.files(json)) }

    @Test("a sound case passes, and every request, validation and load counts as a check")
    func passes() throws {
        let report = try run(SampleCase.json(["shouldValidate": "true", "expectLoad": #"{"schema":"ok"}"#]))
        #expect(report.failures.isEmpty)
        #expect((report.passed, report.failed, report.checks, report.requests) == (1, 0, 3, 1))
        #expect(report.exitCode == 0)
    }

    @Test(
        "decision, determining policies and errors are compared, the latter two as sets",
        arguments: [
            ([:], true), (["decision": "\"deny\""], false), (["reason": "[]"], false),
            (["errors": #"["policy0"]"#], false), (["reason": #"["policy0","policy0"]"#], true),
            (["reason": #"["policy1"]"#], false),
            (["context": #"{"n":3}"#, "decision": "\"deny\"", "reason": #"["policy1"]"#], true),
            (["principal": #"{"type":"User","id":"b"}"#, "decision": "\"deny\"", "reason": "[]"], true),
        ] as [([String: String], Bool)])
    func compares(_ fields: [String: String], _ passes: Bool) throws {
        let report = try run(SampleCase.json(requests: [SampleCase.request(fields)]))
        #expect(report.failures.isEmpty == passes)
        #expect(report.exitCode == (passes ? 0 : 1))
    }

    @Test("a failing request names its place, its description and both outcomes")
    func line() throws {
        let wrong = SampleCase.request(["description": #""a \"b\"""#, "decision": "\"deny\"", "reason": #"["é","b"]"#])
        let report = try run(SampleCase.json(requests: [SampleCase.request(), wrong]))
        #expect(
            report.failures.map(\.description) == [
                #"FAIL case.json request 1 "a \"b\"": expected deny reason=[b,"é"] errors=[] actual allow reason=[policy0] errors=[]"#
            ])
    }

    @Test(
        "requests are checked against the schema unless the case says otherwise",
        arguments: [
            (["principal": #"{"type":"Doc","id":"a"}"#], false),
            (["resource": #"{"type":"User","id":"a"}"#], false),
            (["context": "{}"], false), (["context": #"{"n":1,"m":1}"#], false), (["context": #"{"n":"x"}"#], false),
            (["action": #"{"type":"Action","id":"none"}"#], false),
            (["principal": #"{"type":"User b","id":"a"}"#], false), (["principal": #""User::a""#], false),
        ] as [([String: String], Bool)])
    func validates(_ fields: [String: String], _ passes: Bool) throws {
        #expect(try run(SampleCase.json(requests: [SampleCase.request(fields)])).failures.isEmpty == passes)
    }

    @Test("a request that is not validated is decided whatever its types")
    func unvalidated() throws {
        let fields = [
            "principal": #"{"type":"Doc","id":"a"}"#, "validateRequest": "false", "decision": "\"deny\"",
            "reason": "[]",
        ]
        #expect(try run(SampleCase.json(requests: [SampleCase.request(fields)])).failures.isEmpty)
    }

    @Test(
        "fields that are unknown, missing or of the wrong kind fail the case",
        arguments: [
            ["x": "1"], ["policyFormat": "\"xml\""], ["schemaFormat": "1"], ["shouldValidate": "1"],
            ["expectLoad": "[]"], ["expectLoad": #"{"x":"ok"}"#], ["expectLoad": #"{"schema":true}"#],
            ["policies": "1"], ["policies": ""], ["entities": ""], ["schema": ""], ["Policies": "\"p.cedar\""],
        ])
    func caseFields(_ fields: [String: String]) throws {
        let report = try run(SampleCase.json(fields))
        #expect((report.passed, report.failed) == (0, 1))
    }

    @Test("an unknown field is called one")
    func unknownField() throws {
        #expect(try run(SampleCase.json(["x": "1"])).failures.map(\.actual) == ["unknown field `x`"])
        let request = SampleCase.json(requests: [SampleCase.request(["Reason": "[]"])])
        #expect(try run(request).failures.map(\.actual) == ["unknown field `requests[0].Reason`"])
    }

    @Test(
        "fields of requests that are missing or of the wrong kind fail the case",
        arguments: [
            ["principal": ""], ["action": ""], ["resource": ""], ["decision": ""], ["decision": "\"Allow\""],
            ["reason": ""], ["errors": ""], ["reason": "[1]"], ["errors": "{}"], ["validateRequest": "\"true\""],
            ["description": "1"],
        ])
    func requestFields(_ fields: [String: String]) throws {
        #expect(try run(SampleCase.json(requests: [SampleCase.request(fields)])).failed == 1)
    }

    @Test(
        "inputs load or fail as the case says; entities are judged only with a schema",
        arguments: [
            (["expectLoad": #"{"policies":"ok","schema":"ok","entities":"ok"}"#], [:], true),
            (["expectLoad": #"{"policies":"error"}"#], [:], false),
            (["expectLoad": #"{"policies":"error"}"#], ["p.cedar": "permit"], true),
            (["expectLoad": #"{"policies":"ok"}"#], ["p.cedar": "permit"], false),
            (["expectLoad": #"{"policies":"ok"}"#], ["s.cedarschema": "entity"], true),
            (["expectLoad": #"{"schema":"error","entities":"ok"}"#], ["s.cedarschema": "entity"], true),
            (["expectLoad": #"{"entities":"ok"}"#], ["e.json": "{}"], false),
            (["expectLoad": #"{"entities":"error"}"#], ["e.json": "{}"], true),
            (["expectLoad": "{}"], ["p.cedar": "permit"], true),
            ([:], ["p.cedar": "permit"], false), ([:], ["s.cedarschema": "entity"], false),
            ([:], ["e.json": "{}"], false),
            (["shouldValidate": "false"], [:], false),
            (["shouldValidate": "false"], ["p.cedar": "permit(principal, action, resource) when { context.x };"], true),
            (["shouldValidate": "true", "expectLoad": "{}"], [:], true),
        ] as [([String: String], [String: String], Bool)])
    func loads(_ fields: [String: String], _ files: [String: String], _ passes: Bool) throws {
        let all = SampleCase.files(SampleCase.json(fields, requests: [])).merging(files) { $1 }
        #expect(try run(all).failures.isEmpty == passes)
    }

    @Test("a load failure names line and column")
    func loadLine() throws {
        let report = try run(SampleCase.files(SampleCase.json(requests: []), policies: "permit(principal\n,);"))
        #expect(report.failures.count == 1)
        #expect(
            report.failures[0].description.hasPrefix("FAIL case.json load policies: expected ok actual error: 2:2 "))
    }

    @Test("policies and schemas in JSON are read as such")
    func formats() throws {
        let policies =
            #"{"staticPolicies":{"a b":{"effect":"permit","principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"},"conditions":[]}},"templates":{},"templateLinks":[]}"#
        let schema =
            #"{"":{"entityTypes":{"User":{},"Doc":{}},"actions":{"read":{"appliesTo":{"principalTypes":["User"],"resourceTypes":["Doc"]}}}}}"#
        let json = SampleCase.json(
            ["policyFormat": "\"json\"", "schemaFormat": "\"json\"", "shouldValidate": "true"],
            requests: [SampleCase.request(["context": "{}", "reason": #"["a b"]"#])])
        #expect(try run(SampleCase.files(json, policies: policies, schema: schema)).failures.isEmpty)
    }

    @Test("other JSON files are no cases; a damaged case is one that fails")
    func otherFiles() throws {
        var files = SampleCase.files(SampleCase.json())
        files["list.json"] = "[]"
        files["object.json"] = #"{"requests":1}"#
        files["no.json"] = "{"
        for name in ["x.entities.json", "x.policies.json", "x.schema.json"] {
            files[name] = SampleCase.json(["x": "1"])
        }
        #expect(try run(files).passed == 1)
        files["damaged.json"] = String(SampleCase.json().dropLast())
        let report = try run(files)
        #expect((report.passed, report.failed) == (1, 1))
    }

    @Test("without a case the last line still counts, and the status is 2")
    func noCase() throws {
        let report = try run(["x.json": "[]"])
        #expect(report.lines().last == "0 passed, 0 failed")
        #expect(report.exitCode == 2)
    }

    @Test("the listing follows the names of the cases, however many run at once, and its limit does not change counts")
    func order() throws {
        var files = SampleCase.files(SampleCase.json(["x": "1"]))
        for index in 0..<40 { files["d\(index % 7)/c\(index).json"] = SampleCase.json(["x": "1"]) }
        let (one, many) = (try run(files, options: .init(jobs: 1)), try run(files, options: .init(jobs: 8)))
        #expect(one.failures == many.failures)
        let names = one.failures.map(\.name)
        #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(names.count == 41)
        let lines = one.lines(maximumFailures: 3)
        #expect(lines.count == 5)
        #expect(lines[3].hasPrefix("cases: 41, checks: 41, requests: 41, elapsed: "))
        #expect(lines[4] == "0 passed, 41 failed")
    }

    @Test("the JSON form is one object with counts and failures")
    func json() throws {
        let report = try run(SampleCase.json(requests: [SampleCase.request(["decision": "\"deny\""])]))
        let object = try #require(JSONValue.parse(report.json()).objectValue)
        #expect(["passed", "failed", "checks", "requests"].map { object[$0]?.int64Value } == [0, 1, 1, 1])
        #expect(object["seconds"]?.numberValue != nil)
        let failure = try #require(object["failures"]?.arrayValue?.first?.objectValue)
        #expect(failure["case"]?.stringValue == "case.json")
        #expect(failure["check"]?.stringValue == #"request 0 "r""#)
        #expect(failure["expected"]?.stringValue == "deny reason=[policy0] errors=[]")
        #expect(failure["actual"]?.stringValue == "allow reason=[policy0] errors=[]")
    }

    @Test("a case that takes too long fails, and the others run on")
    func hang() {
        let release = DispatchSemaphore(value: 0)
        let candidates = ["a", "slow", "z"].map { ConformanceRun.Candidate(name: $0, source: .file($0)) }
        let run = ConformanceRun(candidates: candidates, options: .init(jobs: 1, timeLimit: 4)) { candidate, _ in
            if candidate.name == "slow" { release.wait() }
            return ConformanceRun.CaseResult(checks: 1)
        }
        let report = run.run()
        release.signal()
        #expect(report.failures.map(\.name) == ["slow"])
        #expect(report.failures.map(\.check) == ["time"])
        #expect((report.passed, report.failed) == (2, 1))
    }

    // MARK: Files

    @Test(
        "referenced files are found from the directory, from a parent, from the case and from archives",
        arguments: ["", "tests", "tests/multi", "tests/multi/case.json", "all.tar"])
    func resolution(_ path: String) throws {
        let names = [
            "policies": "\"tests/p.cedar\"", "schema": "\"sample/s.cedarschema\"", "entities": "\"sample/e.json\"",
        ]
        let json = SampleCase.json(names)
        let files = [
            "tests/multi/case.json": json, "tests/p.cedar": SampleCase.policies,
            "sample/s.cedarschema": SampleCase.schema, "sample/e.json": "[]",
        ]
        let directory = try CaseDirectory(files)
        if path == "all.tar" {
            var builder = TarBuilder()
            for (name, content) in files.sorted(by: { $0.key < $1.key }) { builder.add(name, content) }
            try directory.write(builder.archive, to: "all.tar")
        }
        let report = try ConformanceRun(paths: ["\(directory.path)/\(path)"]).run()
        #expect(report.failures.isEmpty)
        #expect(report.passed == 1)
    }

    @Test("the innermost directory wins only after the path itself, and the given root before all")
    func precedence() throws {
        var files = SampleCase.files("{}", policies: "permit")
        for (name, content) in SampleCase.files(SampleCase.json()) { files["d/\(name)"] = content }
        let directory = try CaseDirectory(files)
        #expect(try ConformanceRun(paths: [directory.path]).run().failed == 1)
        let rooted = ConformanceRun.Options(root: "\(directory.path)/d")
        #expect(try ConformanceRun(paths: [directory.path], options: rooted).run().failed == 0)
    }

    @Test(
        "files that are nowhere, and names that reach outside, fail the case",
        arguments: ["nowhere", "../p.cedar", "/etc/passwd", ""])
    func missing(_ name: String) throws {
        let report = try run(SampleCase.json(["policies": "\"\(name)\""]))
        #expect(report.failures.map(\.check).first == "load files")
    }

    @Test("links that leave the directory, and pipes, are refused")
    func refused() throws {
        let outside = try CaseDirectory(["x.json": "{}"])
        for target in [
            "\(outside.path)/x.json", "../\(URL(fileURLWithPath: outside.path).lastPathComponent)", "nowhere",
        ] {
            let directory = try CaseDirectory(SampleCase.files(SampleCase.json()))
            try directory.link("l", to: target)
            #expect(throws: ToolError.self) { try ConformanceRun(paths: [directory.path]) }
        }
        let directory = try CaseDirectory(SampleCase.files(SampleCase.json()))
        #expect(mkfifo("\(directory.path)/pipe", 0o600) == 0)
        #expect(throws: ToolError.self) { try ConformanceRun(paths: [directory.path]) }
    }

    @Test("links inside the directory are followed to files")
    func innerLinks() throws {
        let directory = try CaseDirectory(SampleCase.files(SampleCase.json(["policies": "\"linked.cedar\""])))
        try directory.link("linked.cedar", to: "p.cedar")
        try directory.link("loop", to: ".")
        #expect(try ConformanceRun(paths: [directory.path]).run().passed == 1)
    }

    @Test(
        "paths that cannot be read, are damaged or of no known kind are usage errors",
        arguments: ["none", "x.tar.gz", "x.txt"])
    func unreadable(_ name: String) throws {
        let directory = try CaseDirectory(["x.tar.gz": "not an archive", "x.txt": ""])
        #expect(throws: ToolError.self) { try ConformanceRun(paths: ["\(directory.path)/\(name)"]) }
    }
}
