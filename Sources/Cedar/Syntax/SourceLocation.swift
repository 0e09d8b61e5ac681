// SPDX-License-Identifier: Apache-2.0

/// A place in a policy or schema text.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    /// The name that the caller gave to the text.
    public let file: String
    /// The line, from 1; lines end at LF.
    public let line: Int
    /// The column, from 1, counted in Unicode scalars.
    public let column: Int
    /// The offset from the start of the text, in UTF-8 bytes.
    public let offset: Int

    /// Names a place.
    public init(file: String, line: Int, column: Int, offset: Int) {
        self.file = file
        self.line = line
        self.column = column
        self.offset = offset
    }

    /// `file:line:column`.
    public var description: String { "\(file):\(line):\(column)" }
}
