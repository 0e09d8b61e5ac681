// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import PolicyTools

@Suite("Archives: read in memory, refused when damaged or when they reach outside")
struct TarArchiveTests {
    private func archive(_ fill: (inout TarBuilder) -> Void) throws -> TarArchive {
        var builder = TarBuilder()
        fill(&builder)
        return try TarArchive(builder.archive, path: "a.tar")
    }

    private func text(_ archive: TarArchive, _ path: String) -> String? {
        MemberPath(path).flatMap { archive.contents(of: $0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("files are found by their path, whatever dots and slashes the name has")
    func files() throws {
        let archive = try archive { tar in
            tar.add("./a/", kind: "5")
            tar.add("./a//b.json", "one")
            tar.add("c", String(repeating: "x", count: 1025))
            tar.add("c", "two")
        }
        #expect(text(archive, "a/b.json") == "one")
        #expect(text(archive, "c") == "two")
        #expect(text(archive, "a") == nil)
        #expect(Set(archive.files.map(\.text)) == ["a/b.json", "c"])
    }

    @Test("names of pax and GNU headers count for the next member only")
    func longNames() throws {
        let long = String(repeating: "d/", count: 90) + "é.json"
        let archive = try archive { tar in
            tar.addPax("path", long)
            tar.add("short", "pax")
            tar.add("././@LongLink", "gnu/\(long)\0", kind: "L")
            tar.add("short", "gnu")
            tar.add("short", "plain")
        }
        #expect(text(archive, long) == "pax")
        #expect(text(archive, "gnu/\(long)") == "gnu")
        #expect(text(archive, "short") == "plain")
    }

    @Test("names compare by bytes")
    func bytes() throws {
        let archive = try archive { $0.add("\u{E9}", "one") }
        #expect(text(archive, "\u{E9}") == "one")
        #expect(text(archive, "e\u{301}") == nil)
    }

    @Test("links inside the archive lead to their files, circles lead nowhere")
    func links() throws {
        let archive = try archive { tar in
            tar.add("a/file", "one")
            tar.add("a/soft", kind: "2", link: "./file")
            tar.add("b", kind: "2", link: "a")
            tar.add("a/up", kind: "2", link: "../a/file")
            tar.add("hard", kind: "1", link: "a/file")
            tar.add("x", kind: "2", link: "y")
            tar.add("y", kind: "2", link: "x")
            tar.add("deep", kind: "2", link: "deep/deep")
        }
        for path in ["a/soft", "b/file", "b/soft", "a/up", "hard"] { #expect(text(archive, path) == "one", "\(path)") }
        for path in ["x", "deep", "deep/x", "b"] { #expect(text(archive, path) == nil, "\(path)") }
    }

    @Test(
        "what reaches outside, and what is no file, is refused",
        arguments: [
            ("/etc/passwd", "0", ""), ("../x", "0", ""), ("a/../../x", "0", ""), ("a/..", "5", ""),
            ("l", "2", "/etc/passwd"), ("l", "2", "../x"), ("a/l", "2", "../../x"), ("l", "2", ""),
            ("h", "1", "/etc/passwd"), ("h", "1", "../x"), ("d", "3", ""), ("d", "4", ""), ("p", "6", ""),
            ("s", "S", ""), ("z", "Z", ""),
        ] as [(String, Character, String)])
    func refused(_ name: String, _ kind: Character, _ link: String) {
        #expect {
            _ = try archive { $0.add(name, kind: kind, link: link) }
        } throws: { error in
            guard case .refused = error as? ToolError else { return false }
            return true
        }
    }

    @Test("names of extended headers are checked too")
    func refusedLongNames() {
        #expect(throws: ToolError.self) {
            try archive { tar in
                tar.addPax("path", "../x")
                tar.add("short", "x")
            }
        }
        #expect(throws: ToolError.self) {
            try archive { tar in
                tar.add("L", "/etc/passwd", kind: "L")
                tar.add("short", "x")
            }
        }
    }

    @Test("damage is reported, never read past the end")
    func damaged() throws {
        var builder = TarBuilder()
        builder.add("file", String(repeating: "x", count: 2000))
        let sound = builder.archive
        for count in [0, 100, 512, 1000, 2560] {
            #expect(throws: ToolError.self) { try TarArchive(Array(sound.prefix(count)), path: "a.tar") }
        }
        var flipped = sound
        flipped[0] ^= 1
        #expect(throws: ToolError.self) { try TarArchive(flipped, path: "a.tar") }
        var huge = TarBuilder()
        huge.add("file", size: 1 << 32)
        #expect(throws: ToolError.self) { try TarArchive(huge.archive, path: "a.tar") }
        for (record, kind) in [("9999 path=x\n", "x"), ("0 path=x\n", "x"), ("x", "x"), ("7 path\n", "x")]
            as [(String, Character)]
        {
            #expect(throws: ToolError.self) { try archive { $0.add("pax", record, kind: kind) } }
        }
        #expect(throws: ToolError.self) { try archive { $0.addPax("size", "-1") } }
    }

    @Test("limits on members and bytes hold")
    func limits() throws {
        var builder = TarBuilder()
        for index in 0..<5 { builder.add("\(index)", "x") }
        let bytes = builder.archive
        _ = try TarArchive(bytes, path: "a.tar", limits: TarArchive.Limits(maximumMembers: 5))
        #expect(throws: ToolError.self) {
            try TarArchive(bytes, path: "a.tar", limits: TarArchive.Limits(maximumMembers: 4))
        }
        #expect(throws: ToolError.self) {
            try TarArchive(bytes, path: "a.tar", limits: TarArchive.Limits(maximumBytes: bytes.count - 1))
        }
    }

    @Test("random damage to a sound archive never traps", arguments: 0..<200)
    func fuzz(_ seed: Int) throws {
        var builder = TarBuilder()
        builder.addPax("path", "a/b/c.json")
        builder.add("x", "content")
        builder.add("l", kind: "2", link: "a/b")
        var bytes = builder.archive
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<(1 + seed % 4) {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        if let archive = try? TarArchive(bytes, path: "a.tar") {
            for path in archive.files { _ = archive.contents(of: path) }
        }
    }
}

@Suite("gzip: several members, damage and bombs")
struct GunzipTests {
    /// What `gzip -n` makes of `hello`.
    private let hello: [UInt8] = [
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 7, 0, 0x86, 0xA6, 0x10, 0x36, 5, 0, 0, 0,
    ]

    @Test("members in a row are one text")
    func members() throws {
        #expect(try Gunzip.inflate(hello, limit: 5) == Array("hello".utf8))
        #expect(try Gunzip.inflate(hello + hello, limit: 10) == Array("hellohello".utf8))
    }

    @Test("what is cut short, changed or followed by something else is refused")
    func damaged() {
        for count in 2..<hello.count {
            #expect(throws: Gunzip.Problem.self) { try Gunzip.inflate(Array(hello.prefix(count)), limit: 100) }
        }
        var changed = hello
        changed[20] ^= 1
        #expect(throws: Gunzip.Problem.notGzip) { try Gunzip.inflate(changed, limit: 100) }
        #expect(throws: Gunzip.Problem.self) { try Gunzip.inflate(hello + [0], limit: 100) }
    }

    @Test("the output never passes its limit by more than a chunk")
    func bomb() { #expect(throws: Gunzip.Problem.tooLarge(limit: 4)) { try Gunzip.inflate(hello, limit: 4) } }
}

/// A generator whose numbers follow from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
