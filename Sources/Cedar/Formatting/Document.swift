// SPDX-License-Identifier: Apache-2.0

/// A text whose line breaks are still open: tokens, places for breaks, and groups that stay on one line if they fit.
struct Document: Sendable {
    indirect enum Kind: Sendable {
        case empty
        case token(Int)
        case space
        /// A break if the group is broken; else a blank, or nothing.
        case line(blank: Bool)
        /// A break whatever the group.
        case hardLine
        case concatenation([Document])
        case nested(Int, Document)
        case group(Document)
    }

    let kind: Kind
    /// Whether the first token has comments before it.
    let opensWithComment: Bool
    /// Whether the last token has a comment behind it.
    let closesWithComment: Bool
    /// Whether there is a comment elsewhere, which breaks every group around it.
    let hasInnerComment: Bool

    private init(_ kind: Kind, opens: Bool = false, closes: Bool = false, inner: Bool = false) {
        self.kind = kind
        opensWithComment = opens
        closesWithComment = closes
        hasInnerComment = inner
    }

    static let empty = Document(.empty)
    static let space = Document(.space)
    static let line = Document(.line(blank: true))
    static let softLine = Document(.line(blank: false))
    static let hardLine = Document(.hardLine)

    static func token(_ index: Int, comments: TokenComments.Entry) -> Document {
        Document(.token(index), opens: !comments.leading.isEmpty, closes: comments.trailing != nil)
    }

    static func concatenation(_ parts: [Document]) -> Document {
        let inked = parts.filter(\.hasToken)
        let inner =
            inked.contains(where: \.hasInnerComment) || inked.dropFirst().contains(where: \.opensWithComment)
            || inked.dropLast().contains(where: \.closesWithComment)
        return Document(
            .concatenation(parts), opens: inked.first?.opensWithComment ?? false,
            closes: inked.last?.closesWithComment ?? false, inner: inner)
    }

    static func nested(_ indent: Int, _ parts: [Document]) -> Document {
        let whole = concatenation(parts)
        return Document(
            .nested(indent, whole), opens: whole.opensWithComment, closes: whole.closesWithComment,
            inner: whole.hasInnerComment)
    }

    static func group(_ parts: [Document]) -> Document {
        let whole = concatenation(parts)
        return Document(
            .group(whole), opens: whole.opensWithComment, closes: whole.closesWithComment, inner: whole.hasInnerComment)
    }

    private var hasToken: Bool {
        switch kind {
        case .empty, .space, .line, .hardLine: false
        case .token, .concatenation, .nested, .group: true
        }
    }
}
