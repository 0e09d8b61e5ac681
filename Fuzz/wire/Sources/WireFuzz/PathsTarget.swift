// SPDX-License-Identifier: Apache-2.0

import DecisionEngine

/// Paths and templates: what is read has no second reading, and written out again it is the same path.
enum PathsTarget {
    static func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        if let template = try? PathTemplate(text) {
            expect(Set(template.parameters).count == template.parameters.count, "a parameter twice")
        }
        guard let path = try? CanonicalPath(text) else { return }
        for segment in path.segments {
            expect(segment != "." && segment != "..", "a dot segment")
            expect(!segment.utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 == 0x2F || $0 == 0x5C }, "`\(segment)`")
        }
        let written = "/" + path.segments.map(escaped).joined(separator: "/")
        guard written.utf8.count <= 8192 else { return }
        let again = try? CanonicalPath(written)
        expect(again?.segments.map { Array($0.utf8) } == path.segments.map { Array($0.utf8) }, "`\(written)` differs")
    }

    private static func escaped(_ segment: String) -> String {
        segment.utf8.reduce(into: "") { text, byte in
            let digits = String(byte, radix: 16)
            text += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
        }
    }
}
