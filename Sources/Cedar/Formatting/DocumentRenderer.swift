// SPDX-License-Identifier: Apache-2.0

/// Chooses the line breaks of documents and writes the text.
///
/// A group is written on one line if it fits, together with what follows up to the next possible break.
struct DocumentRenderer {
    private enum Mode { case flat, broken }
    private typealias Command = (indent: Int, mode: Mode, document: Document)

    let texts: [String]
    let comments: TokenComments
    let width: Int
    private(set) var output: [UInt8] = []
    private var column = 0
    /// Indentation that the next text on this line gets; `nil` once there is text.
    private var pendingIndent: Int? = 0
    private var hasPendingSpace = false
    /// A comment ended the line, so nothing may follow on it.
    private var lineIsClosed = false

    init(texts: [String], comments: TokenComments, width: Int) {
        self.texts = texts
        self.comments = comments
        self.width = width
    }

    mutating func render(_ document: Document) {
        var stack: [Command] = [(0, .broken, document)]
        while let (indent, mode, document) = stack.popLast() {
            switch document.kind {
            case .empty: break
            case .token(let index): write(index, indent)
            case .space: hasPendingSpace = true
            case .line(let blank):
                if mode == .broken { startLine(indent) } else if blank { hasPendingSpace = true }
            case .hardLine: startLine(indent)
            case .concatenation(let parts): for part in parts.reversed() { stack.append((indent, mode, part)) }
            case .nested(let more, let inner): stack.append((indent + more, mode, inner))
            case .group(let inner):
                let isFlat = mode == .flat || (!inner.hasInnerComment && fits(inner, indent, before: stack))
                stack.append((indent, isFlat ? .flat : .broken, inner))
            }
        }
    }

    /// Writes an empty line, then goes on at the margin.
    mutating func blankLine() {
        startLine(0)
        output.append(UInt8(ascii: "\n"))
    }

    /// Writes comments that stand before no token.
    mutating func writeComments(_ texts: [String]) {
        for text in texts {
            write(comment: text, 0)
        }
    }

    /// Ends the last line.
    mutating func finish() { if column > 0 { startLine(0) } }

    // MARK: Writing

    private mutating func startLine(_ indent: Int) {
        if column > 0 { output.append(UInt8(ascii: "\n")) }
        column = 0
        pendingIndent = indent
        hasPendingSpace = false
        lineIsClosed = false
    }

    private mutating func write(_ index: Int, _ indent: Int) {
        let entry = comments.entries[index]
        for comment in entry.leading { write(comment: comment, indent) }
        if lineIsClosed { startLine(indent) }
        write(texts[index])
        if let comment = entry.trailing {
            hasPendingSpace = true
            write(comment)
            lineIsClosed = true
        }
    }

    private mutating func write(comment: String, _ indent: Int) {
        if column > 0 { startLine(indent) }
        write(comment)
        startLine(indent)
    }

    private mutating func write(_ text: String) {
        if let indent = pendingIndent {
            output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
            column = indent
            pendingIndent = nil
        } else if hasPendingSpace {
            output.append(UInt8(ascii: " "))
            column += 1
        }
        hasPendingSpace = false
        output.append(contentsOf: text.utf8)
        // A string may hold line breaks; it counts as one long line all the same.
        column += DisplayWidth.of(text)
    }

    // MARK: Fitting

    private func fits(_ document: Document, _ indent: Int, before rest: [Command]) -> Bool {
        var room = width - (pendingIndent ?? column) - (hasPendingSpace ? 1 : 0)
        if lineIsClosed || document.opensWithComment { room = width - indent }
        var (own, next, isFirst): ([Command], Int, Bool) = ([(indent, .flat, document)], rest.count, true)
        while room >= 0 {
            let command: Command
            if let inner = own.popLast() {
                command = inner
            } else if next > 0 {
                next -= 1
                command = rest[next]
            } else {
                return true
            }
            switch command.document.kind {
            case .empty: break
            case .token(let index):
                let entry = comments.entries[index]
                // A comment before the token begins a new line, one behind it ends this one.
                if !isFirst, !entry.leading.isEmpty { return true }
                isFirst = false
                room -= DisplayWidth.of(texts[index])
                if entry.trailing != nil { return room >= 0 }
            case .space: room -= 1
            case .line(let blank):
                if command.mode == .broken { return true }
                if blank { room -= 1 }
            case .hardLine: return true
            case .concatenation(let parts):
                for part in parts.reversed() { own.append((command.indent, command.mode, part)) }
            case .nested(let more, let inner): own.append((command.indent + more, command.mode, inner))
            case .group(let inner): own.append((command.indent, command.mode, inner))
            }
        }
        return false
    }
}
