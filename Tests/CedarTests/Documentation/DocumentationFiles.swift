// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The files of the repository that documentation is made of, found from this one.
enum DocumentationFiles {
    static let root: URL = (0..<4).reduce(URL(filePath: #filePath).resolvingSymlinksInPath()) { url, _ in
        url.deletingLastPathComponent()
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
    }

    static func names(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: path).path).sorted()
    }

    /// All Swift sources below a folder, as one text.
    static func sources(below path: String) throws -> String {
        let folder = root.appending(path: path)
        let names = try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }
        return try names.filter { $0.hasSuffix(".swift") }.sorted()
            .map { String(decoding: try Data(contentsOf: folder.appending(path: $0)), as: UTF8.self) }
            .joined(separator: "\n")
    }
}

/// A page in Markdown, as far as tests look at it.
struct Page {
    /// A fenced block.
    struct Block {
        let language: String
        /// The file that the comment in the line above names; `nil` without such a comment.
        let file: String?
        /// With the final line break.
        let text: String
    }

    let lines: [Substring]

    init(_ path: String) throws {
        lines = try DocumentationFiles.text(path).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Blocks whose fences stand at the start of a line.
    var blocks: [Block] {
        var blocks: [Block] = []
        var open: (language: String, file: String?, lines: [Substring])?
        for (index, line) in lines.enumerated() {
            guard line.hasPrefix("```") else {
                open?.lines.append(line)
                continue
            }
            if let block = open {
                blocks.append(
                    Block(language: block.language, file: block.file, text: block.lines.map { $0 + "\n" }.joined()))
                open = nil
            } else {
                open = (String(line.dropFirst(3)), index > 0 ? Self.file(lines[index - 1]) : nil, [])
            }
        }
        return blocks
    }

    /// `<!-- Examples/… -->` names a file.
    private static func file(_ line: Substring) -> String? {
        guard line.hasPrefix("<!-- Examples/"), line.hasSuffix(" -->") else { return nil }
        return String(line.dropFirst(5).dropLast(4))
    }

    /// The rows of tables, the head's apart, between one heading of the second level and the next.
    func rows(below heading: String) -> [String] {
        let section = lines.drop { !$0.hasPrefix("## \(heading)") }.dropFirst().prefix { !$0.hasPrefix("## ") }
        return section.filter { $0.hasPrefix("| ") && !$0.hasPrefix("| request |") }.map(String.init)
    }
}
