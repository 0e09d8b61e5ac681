// SPDX-License-Identifier: Apache-2.0

private import Synchronization

/// A JSON text that was read as a whole, and in which every value knows where it stands.
///
/// Policies, schemas, entities and requests are read from here. The values lie in one array in the order of the text, so
/// that reading recurses nowhere whatever the text nests; strings are made when they are asked for.
///
/// ```swift
/// let document = try JSONDocument.parse(bytes, file: "entities.json").get()
/// let first = document.root.arrayValue?.first?["uid"]
/// print(first?.location ?? "none")  // entities.json:1:10
/// ```
public final class JSONDocument: Sendable {
    /// One value, or the name of a member, in front of what it holds.
    struct Entry: Sendable {
        /// Where it begins and where it ends, quotation marks and brackets included.
        var (start, end): (UInt32, UInt32)
        /// The place of what follows it and all that it holds.
        var next: UInt32
        /// How many elements or members it has.
        var count: UInt32 = 0
        var kind: JSONNode.Kind
        /// Whether a string is what stands between its quotation marks: it has no escapes.
        var isPlain = true
    }

    /// The name that places in the text carry.
    public let file: String
    let bytes: [UInt8]
    let entries: [Entry]
    /// How deeply arrays and objects nest.
    let depth: Int
    private let knownLines = Mutex<LineTable?>(nil)

    /// Takes what a reader has found no fault with.
    private init(_ reader: JSONReader, file: String) {
        self.file = file
        (bytes, entries, depth) = (reader.bytes, reader.entries, reader.depth)
    }

    /// Reads one JSON text, strictly by RFC 8259 and I-JSON (RFC 7493).
    ///
    /// Refused are repeated names of members, invalid UTF-8, halves of surrogate pairs, a byte order mark, control characters
    /// in strings, comments, and anything behind the value. Reading goes on behind whatever is wrong, so that the result
    /// names everything; time and memory are linear in the length of the text.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - file: The name that it goes by in findings.
    ///   - limits: Bounds on the text.
    /// - Returns: The document, or every reason why there is none.
    public static func parse(
        _ bytes: [UInt8], file: String, limits: DataLimits = DataLimits()
    ) -> JSONParseResult {
        var reader = JSONReader(bytes, limits: limits)
        reader.run()
        guard !reader.problems.isEmpty else {
            return JSONParseResult(document: JSONDocument(reader, file: file), diagnostics: [])
        }
        let lines = LineTable(file: file, bytes: bytes.count <= limits.bytes ? bytes : [])
        return JSONParseResult(document: nil, diagnostics: reader.diagnostics(lines))
    }

    /// The value of the whole text.
    public var root: JSONNode { JSONNode(document: self, index: 0) }

    /// Lines and columns, found out when they are asked for first.
    var lines: LineTable {
        knownLines.withLock { known in
            if let known { return known }
            let table = LineTable(file: file, bytes: bytes)
            known = table
            return table
        }
    }
}

extension JSONDocument.Entry {
    private var content: Range<Int> { Int(start + 1)..<Int(end - 1) }

    /// What a string says.
    func text(in bytes: [UInt8]) -> String {
        isPlain ? String(decoding: bytes[content], as: UTF8.self) : JSONEscape.unescaped(bytes[content])
    }

    /// Whether a string says just this.
    func says(_ text: String, in bytes: [UInt8]) -> Bool {
        isPlain ? text.isSame(as: bytes[content]) : self.text(in: bytes).hasSameBytes(as: text)
    }

    /// Whether two strings say the same.
    func isSameText(as other: Self, in bytes: [UInt8]) -> Bool {
        guard isPlain, other.isPlain else { return text(in: bytes).hasSameBytes(as: other.text(in: bytes)) }
        return content.count == other.content.count && bytes[content].elementsEqual(bytes[other.content])
    }
}

/// What reading a JSON text gave.
public struct JSONParseResult: Sendable {
    /// The document; `nil` as soon as there is one error.
    public let document: JSONDocument?
    /// Every error, in the order of the text.
    public let diagnostics: [Diagnostic]

    /// The document, or all findings as one error.
    public func get() throws(DiagnosticsError) -> JSONDocument {
        guard let document else { throw DiagnosticsError(diagnostics: diagnostics) }
        return document
    }
}

/// Bounds on data in JSON: entities, requests and their contexts.
public struct DataLimits: Sendable, Hashable {
    /// The most bytes that one text may have; more than 2 GiB counts as 2 GiB.
    public var maximumBytes: Int
    /// How deeply arrays and objects may nest; more than 512 counts as 512.
    public var maximumNesting: Int
    /// The most findings that are kept; there is always room for one.
    public var maximumDiagnostics: Int

    /// 64 MiB, nesting 256, 100 findings unless said otherwise.
    public init(maximumBytes: Int = 1 << 26, maximumNesting: Int = 256, maximumDiagnostics: Int = 100) {
        self.maximumBytes = maximumBytes
        self.maximumNesting = maximumNesting
        self.maximumDiagnostics = maximumDiagnostics
    }

    /// The length that is accepted: places in the text are numbers of 32 bits.
    var bytes: Int { min(maximumBytes, 1 << 31) }
    /// The nesting that is accepted.
    var nesting: Int { min(max(maximumNesting, 0), 512) }
    /// How many findings are kept.
    var findings: Int { max(maximumDiagnostics, 1) }
}
