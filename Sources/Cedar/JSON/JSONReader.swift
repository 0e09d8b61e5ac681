// SPDX-License-Identifier: Apache-2.0

/// Reads one JSON text from front to back, and goes on behind whatever is wrong.
///
/// Arrays and objects that are open are kept in a list, not on the stack. What is missing is made up for by a `null`, so
/// that names and values alternate in every object even where the text has neither.
struct JSONReader {
    /// Something that is wrong, and what would be right.
    struct Problem {
        let offset: Int
        let text: String
        let expected: String
        /// Where the bracket stands that the end of the text leaves open.
        var bracket: Int?
    }

    /// An array or object that is not closed yet.
    private struct Container {
        enum State {
            /// Nothing stands in it yet.
            case opened
            case behindComma
            case behindValue
            /// Behind something that was wrong: whether a comma follows is left open.
            case behindFault
        }

        let place: Int
        let isObject: Bool
        var state = State.opened
    }

    static let nameInWords = "a member name in quotes"
    static let valueInWords = "a value"

    let bytes: [UInt8]
    private let limits: DataLimits
    private(set) var entries: [JSONDocument.Entry] = []
    private(set) var problems: [Problem] = []
    /// How deeply arrays and objects nest.
    private(set) var depth = 0
    var position = 0
    private var open: [Container] = []

    init(_ bytes: [UInt8], limits: DataLimits) { (self.bytes, self.limits) = (bytes, limits) }

    private var isFull: Bool { problems.count >= limits.findings }

    mutating func run() {
        guard bytes.count <= limits.bytes else {
            return report("longer than \(limits.bytes) bytes", at: 0)
        }
        checkEncoding()
        entries.reserveCapacity(bytes.count / 8)
        skipSpace()
        guard position < bytes.count else {
            return report("the text ends too early", expected: Self.valueInWords, at: position)
        }
        let isRead = value()
        while !open.isEmpty, !isFull {
            skipSpace()
            guard position < bytes.count else { return reportEnd() }
            step(bytes[position])
        }
        skipSpace()
        if isRead, open.isEmpty, position < bytes.count { report("something follows the value", at: position) }
    }

    // MARK: Problems

    /// One place has one problem: the first that is found.
    mutating func report(_ text: String, expected: String = "", at offset: Int) {
        guard !isFull, problems.last?.offset != offset else { return }
        problems.append(Problem(offset: offset, text: text, expected: expected))
    }

    /// Reports what stands here; the end of the text is reported as such by ``run()``.
    mutating func reportUnexpected(_ expected: String) {
        guard position < bytes.count else { return }
        var end = position + 1
        if !Self.isPunctuation(bytes[position]) {
            while end < min(bytes.count, position + 24), !Self.isSpace(bytes[end]), !Self.isPunctuation(bytes[end]) {
                end += 1
            }
        }
        let text = String(decoding: bytes[position..<end], as: UTF8.self)
        let shown = end == position + 1 && text == "\"" ? text : CedarString.escaped(text)
        report("unexpected `\(shown)`", expected: expected, at: position)
    }

    private mutating func reportEnd() {
        guard let last = open.last, !isFull else { return }
        let bracket = Int(entries[last.place].start)
        problems.append(Problem(offset: bytes.count, text: "the text ends too early", expected: "", bracket: bracket))
    }

    /// Every problem with its line and column, in the order of the text.
    func diagnostics(_ lines: LineTable) -> [Diagnostic] {
        var (offsets, result): (Set<Int>, [Diagnostic]) = ([], [])
        for problem in problems.sorted(by: { $0.offset < $1.offset }) where offsets.insert(problem.offset).inserted {
            var expected = problem.expected
            if let bracket = problem.bracket {
                let place = lines.location(at: bracket)
                let closing = bytes[bracket] == UInt8(ascii: "{") ? "`}` for the `{`" : "`]` for the `[`"
                expected = "\(closing) in line \(place.line), column \(place.column)"
            }
            result.append(
                Diagnostic(location: lines.location(at: problem.offset), problem: problem.text, expected: expected))
        }
        return result
    }

    private mutating func checkEncoding() {
        var start = 0
        while start < bytes.count, !isFull {
            do throws(UTF8.ValidationError) {
                _ = try UTF8Span(validating: bytes.span.extracting(start...))
                break
            } catch {
                report("not valid UTF-8", at: start + error.byteOffsets.lowerBound)
                start += max(error.byteOffsets.upperBound, 1)
            }
        }
        guard bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { return }
        report("a byte order mark in front of the text", expected: "none", at: 0)
        position = 3
    }

    // MARK: Arrays and objects

    /// Reads on inside the innermost array or object; passes one byte at least.
    private mutating func step(_ byte: UInt8) {
        let top = open.count - 1
        let (isObject, state) = (open[top].isObject, open[top].state)
        switch byte {
        case UInt8(ascii: "}"), UInt8(ascii: "]"): return close(byte)
        case UInt8(ascii: ","):
            if state == .opened || state == .behindComma {
                reportUnexpected(isObject ? Self.nameInWords : Self.valueInWords)
            }
            open[top].state = .behindComma
            position += 1
            return
        default: break
        }
        if state == .behindValue {
            reportUnexpected(isObject ? "`,` or `}`" : "`,` or `]`")
            // Only the comma is missing if something begins here.
            guard Self.beginsValue(byte) else {
                open[top].state = .behindFault
                return skipFault()
            }
        }
        open[top].state = .behindValue
        entries[open[top].place].count += 1
        if !(isObject ? member() : value()) { open[top].state = .behindFault }
    }

    /// Reads a name, a colon and a value; `false` if one of them is wrong.
    private mutating func member() -> Bool {
        let isRead = bytes[position] == UInt8(ascii: "\"") ? string() : missingName()
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: ":") {
            position += 1
            skipSpace()
            return value() && isRead
        }
        if isRead { reportUnexpected("`:`") }
        // Where a value begins, only the colon is missing, or the name.
        let isPlain = isRead && position < bytes.count && Self.beginsValue(bytes[position])
        if isPlain || position < bytes.count && Self.isOpening(bytes[position]) { return value() && isRead }
        append(.null, from: position)
        return false
    }

    /// Passes what stands in the place of a name; a bracket is left for the value.
    private mutating func missingName() -> Bool {
        reportUnexpected(Self.nameInWords)
        if !Self.isOpening(bytes[position]) { skipFault() }
        append(.null, from: position)
        return false
    }

    mutating func openContainer(_ kind: JSONNode.Kind) {
        open.append(Container(place: entries.count, isObject: kind == .object))
        append(kind, from: position)
        depth = max(depth, open.count)
        // What nests still deeper is passed over without another word.
        if open.count == limits.nesting + 1 {
            report("nested deeper than \(limits.nesting) levels", at: position)
        }
        position += 1
    }

    private mutating func close(_ byte: UInt8) {
        guard let last = open.last else { return }
        if last.state == .behindComma { reportUnexpected(last.isObject ? Self.nameInWords : Self.valueInWords) }
        let closesObject = byte == UInt8(ascii: "}")
        if last.isObject != closesObject {
            reportUnexpected(last.isObject ? "`,` or `}`" : "`,` or `]`")
            // Those that it does not fit miss their own; if it fits none, it is one too many.
            guard let fitting = open.lastIndex(where: { $0.isObject == closesObject }) else {
                position += 1
                return
            }
            // What would end the whole text before its time is of the wrong sort instead.
            if fitting > 0 || isBlank(from: position + 1) {
                while open.count > fitting + 1 { closeLast() }
            }
        }
        position += 1
        closeLast()
    }

    private func isBlank(from start: Int) -> Bool { bytes[start...].allSatisfy(Self.isSpace) }

    private mutating func closeLast() {
        guard let container = open.popLast() else { return }
        entries[container.place].end = UInt32(position)
        entries[container.place].next = UInt32(entries.count)
        if container.isObject { checkNames(of: container.place) }
    }

    /// Up to this number of members each name is compared with all in front of it.
    private static let fewMembers = 16

    private mutating func checkNames(of object: Int) {
        let count = entries[object].count
        var (names, place): (Set<ByteKey>, Int) = ([], object + 1)
        while count > 1, place < entries.count {
            let name = entries[place]
            if name.kind == .string {
                let isNew =
                    count <= Self.fewMembers
                    ? !hasName(name, from: object + 1, to: place) : names.insert(ByteKey(name.text(in: bytes))).inserted
                if !isNew {
                    let text = CedarString.escaped(name.text(in: bytes))
                    report("member name `\(text)` stands twice in one object", at: Int(name.start))
                }
            }
            place = Int(entries[place + 1].next)
        }
    }

    private func hasName(_ name: JSONDocument.Entry, from first: Int, to end: Int) -> Bool {
        var place = first
        while place < end {
            if entries[place].kind == .string, entries[place].isSameText(as: name, in: bytes) { return true }
            place = Int(entries[place + 1].next)
        }
        return false
    }

    mutating func append(_ kind: JSONNode.Kind, from start: Int, isPlain: Bool = true) {
        entries.append(
            JSONDocument.Entry(
                start: UInt32(start), end: UInt32(position), next: UInt32(entries.count + 1), kind: kind,
                isPlain: isPlain))
    }
}
