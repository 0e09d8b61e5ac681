// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Testing

@testable import PolicyTools

@Suite("Formatting files: only what must change is written")
struct FormatRunTests {
    private let loose = "permit(principal,action,resource);"
    private let tidy = "permit (principal, action, resource);\n"

    @Test("files and directories are formatted in order, and nothing is written unless asked")
    func reads() throws {
        let directory = try CaseDirectory(["b.cedar": loose, "a/c.cedar": tidy, "a/d.txt": "x"])
        let result = FormatRun(paths: [directory.path], isWriting: false)
        #expect(result.problems.isEmpty)
        #expect(result.files.map(\.path) == ["\(directory.path)/a/c.cedar", "\(directory.path)/b.cedar"])
        #expect(result.files.map(\.isChanged) == [false, true])
        #expect(result.files.allSatisfy { $0.formatted == Array(tidy.utf8) })
        #expect(directory.text("b.cedar") == loose)
    }

    @Test("written files keep their mode, links stay links, what is broken stays as it is")
    func writes() throws {
        let directory = try CaseDirectory(["a.cedar": loose, "broken.cedar": "permit("])
        let mode = [FileAttributeKey.posixPermissions: 0o640]
        try FileManager.default.setAttributes(mode, ofItemAtPath: "\(directory.path)/a.cedar")
        try directory.link("l.cedar", to: "a.cedar")
        let paths = ["l.cedar", "broken.cedar"].map { "\(directory.path)/\($0)" }
        let result = FormatRun(paths: paths, isWriting: true)
        #expect(directory.text("a.cedar") == tidy)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory.path)/a.cedar")
        #expect(attributes[.posixPermissions] as? Int == 0o640)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(directory.path)/l.cedar") == "a.cedar")
        #expect(directory.text("broken.cedar") == "permit(")
        #expect(result.problems.map(\.line) == [1])
        #expect(FormatRun(paths: [directory.path + "/a.cedar"], isWriting: true).files.map(\.isChanged) == [false])
    }

    @Test("paths that are missing or hold no policies are problems", arguments: ["none", ""])
    func missing(_ name: String) throws {
        let directory = try CaseDirectory(["x.txt": ""])
        #expect(FormatRun(paths: ["\(directory.path)/\(name)"], isWriting: false).problems.count == 1)
    }

    @Test("the JSON form lists files and problems")
    func json() throws {
        let directory = try CaseDirectory(["a.cedar": loose, "b.cedar": "permit("])
        let object = try JSONValue.parse(FormatRun(paths: [directory.path], isWriting: false).json(includingText: true))
        let file = try #require(object.objectValue?["files"]?.arrayValue?.first?.objectValue)
        #expect(file["changed"]?.boolValue == true)
        #expect(file["text"]?.stringValue == tidy)
        let problem = try #require(object.objectValue?["problems"]?.arrayValue?.first?.objectValue)
        #expect(problem["file"]?.stringValue == "\(directory.path)/b.cedar")
        #expect(problem["line"]?.int64Value == 1 && problem["column"]?.int64Value == 8)
    }
}
