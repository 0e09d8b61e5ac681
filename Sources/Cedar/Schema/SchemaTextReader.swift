// SPDX-License-Identifier: Apache-2.0

/// Reads a schema in Cedar's own syntax; names stay unresolved.
struct SchemaTextReader {
    typealias Abandoned = TokenReader.Abandoned
    typealias Definition = SchemaDefinition

    var reader: TokenReader
    /// What can be used, but surely says something other than meant.
    var warnings: [Diagnostic] = []
    private var empty = Definition.Namespace(name: "")
    private var named: [Definition.Namespace] = []

    init(_ source: PolicySource, limits: SchemaLimits) {
        reader = TokenReader(
            source: source,
            limits: PolicyLimits(
                maximumBytes: limits.maximumBytes, maximumNesting: limits.nesting,
                maximumDiagnostics: limits.maximumDiagnostics))
    }

    var diagnostics: [Diagnostic] { reader.diagnostics }

    var definition: Definition {
        let isUsed = !(empty.commonTypes.isEmpty && empty.entityTypes.isEmpty && empty.actions.isEmpty)
        return Definition((isUsed ? [empty] : []) + named)
    }

    mutating func run() {
        while !reader.isAtEnd {
            do throws(Abandoned) {
                let annotations = try reader.annotations()
                if reader.isWord("namespace") {
                    try namespace(annotations)
                } else {
                    try bareDeclaration(annotations)
                }
            } catch {
                recover()
            }
        }
    }

    private mutating func bareDeclaration(_ annotations: Annotations) throws(Abandoned) {
        // Moved out and back, so that the arrays are never copied.
        var namespace = Definition.Namespace(name: "")
        swap(&namespace, &empty)
        defer { swap(&namespace, &empty) }
        try declaration(annotations, in: &namespace)
    }

    /// Passes the rest of a declaration that could not be read.
    private mutating func recover() {
        reader.nesting = 0
        reader.skipPastSemicolon()
    }

    func origin(at offset: Int) -> SchemaOrigin { SchemaOrigin(.text(reader.lines.location(at: offset))) }

    private mutating func namespace(_ annotations: Annotations) throws(Abandoned) {
        reader.advance()
        let start = reader.current.start
        var name = try reader.identifier("the name of a namespace")
        while reader.take(.pathSeparator) {
            name += "::"
            name += try reader.identifier("an identifier")
        }
        try reader.expect(.openBrace, or: "`::`")
        var namespace = Definition.Namespace(name: name, annotations: annotations)
        namespace.origin = origin(at: start)
        while !reader.take(.closeBrace) {
            if reader.isAtEnd { throw reader.unexpected("`}` at the end of namespace `\(name)`") }
            do throws(Abandoned) {
                let annotations = try reader.annotations()
                if reader.isWord("namespace") {
                    throw reader.fail(
                        at: reader.current.start, "namespaces do not nest", expected: "`namespace \(name)::...` outside"
                    )
                }
                try declaration(annotations, in: &namespace)
            } catch {
                recover()
            }
        }
        named.append(namespace)
    }

    private mutating func declaration(
        _ annotations: Annotations, in namespace: inout Definition.Namespace
    ) throws(Abandoned) {
        if reader.takeWord("entity") {
            namespace.entityTypes += try entityTypes(annotations)
        } else if reader.takeWord("action") {
            namespace.actions += try actions(annotations)
        } else if reader.takeWord("type") {
            namespace.commonTypes.append(try commonType(annotations))
        } else {
            throw reader.unexpected("`entity`, `action`, `type`, `namespace` or an annotation")
        }
    }

    private mutating func commonType(_ annotations: Annotations) throws(Abandoned) -> Definition.CommonType {
        let start = reader.current.start
        let name = try reader.identifier("the name of a type")
        try reader.expect(.assign)
        var result = Definition.CommonType(name, try type(), annotations: annotations)
        result.origin = origin(at: start)
        try reader.expect(.semicolon)
        return result
    }

    private mutating func entityTypes(_ annotations: Annotations) throws(Abandoned) -> [Definition.EntityType] {
        var names: [(name: String, start: Int)] = []
        repeat {
            let start = reader.current.start
            names.append((try reader.identifier("the name of an entity type"), start))
        } while reader.take(.comma)
        let content = try reader.isWord("enum") ? enumeration() : standardContent()
        return names.map { item in
            var result = Definition.EntityType(item.name, content, annotations: annotations)
            result.origin = origin(at: item.start)
            return result
        }
    }

    private mutating func enumeration() throws(Abandoned) -> Definition.EntityType.Content {
        reader.advance()
        try reader.expect(.openBracket)
        var ids: [String] = []
        repeat { ids.append(try reader.string("the id of an entity as a string")) } while reader.take(.comma)
        try reader.expect(.closeBracket, or: "`,`")
        try reader.expect(.semicolon)
        return .enumerated(ids)
    }

    private mutating func standardContent() throws(Abandoned) -> Definition.EntityType.Content {
        var parents: [Definition.Reference] = []
        var shape: Definition.TypeExpression?
        var tags: Definition.TypeExpression?
        if reader.takeWord("in") { parents = try references(allowsNone: true) }
        if reader.take(.assign) {
            guard reader.isSymbol(.openBrace) else { throw reader.unexpected("`{`") }
        }
        if reader.isSymbol(.openBrace) { shape = .record(try attributes()) }
        if reader.takeWord("tags") { tags = try type() }
        try reader.expect(.semicolon, or: tags == nil ? "`in`, `{`, `tags` or `enum`" : "")
        return .standard(memberOf: parents, shape: shape, tags: tags)
    }

    /// Reads one path, or a list of them in brackets.
    private mutating func references(allowsNone: Bool) throws(Abandoned) -> [Definition.Reference] {
        guard reader.take(.openBracket) else { return [try path("an entity type")] }
        if allowsNone, reader.take(.closeBracket) { return [] }
        var result: [Definition.Reference] = []
        repeat { result.append(try path("an entity type")) } while reader.take(.comma)
        try reader.expect(.closeBracket, or: "`,`")
        return result
    }

    private mutating func actions(_ annotations: Annotations) throws(Abandoned) -> [Definition.Action] {
        var names: [(name: String, start: Int)] = []
        repeat {
            let start = reader.current.start
            names.append((try name("the name of an action"), start))
        } while reader.take(.comma)
        let groups = try reader.takeWord("in") ? actionReferences() : []
        let appliesTo = try reader.takeWord("appliesTo") ? appliesTo() : nil
        if reader.takeWord("attributes") {
            try reader.expect(.openBrace)
            try reader.expect(.closeBrace)
        }
        try reader.expect(.semicolon, or: appliesTo == nil ? "`in` or `appliesTo`" : "")
        return names.map { item in
            var result = Definition.Action(
                item.name, memberOf: groups, appliesTo: appliesTo, annotations: annotations)
            result.origin = origin(at: item.start)
            return result
        }
    }

    private mutating func actionReferences() throws(Abandoned) -> [Definition.ActionReference] {
        guard reader.take(.openBracket) else { return [try actionReference()] }
        var result: [Definition.ActionReference] = []
        repeat { result.append(try actionReference()) } while reader.take(.comma)
        try reader.expect(.closeBracket, or: "`,`")
        return result
    }

    private mutating func actionReference() throws(Abandoned) -> Definition.ActionReference {
        let start = reader.current.start
        var result: Definition.ActionReference
        if reader.current.kind == .string {
            result = Definition.ActionReference(try reader.string())
        } else {
            let name = try name("an action: a name, a string or `Action::\"...\"`")
            if reader.isSymbol(.pathSeparator) {
                let uid = try reader.entityUID(after: name)
                result = Definition.ActionReference(uid.id, type: uid.type.text)
            } else {
                result = Definition.ActionReference(name)
            }
        }
        result.origin = origin(at: start)
        return result
    }

    private mutating func appliesTo() throws(Abandoned) -> Definition.AppliesTo {
        let start = reader.current.start
        try reader.expect(.openBrace)
        var principals: [Definition.Reference]?
        var resources: [Definition.Reference]?
        var context: Definition.TypeExpression?
        repeat {
            let place = reader.current.start
            if reader.isSymbol(.closeBrace), principals != nil || resources != nil || context != nil { break }
            let isRepeated: Bool
            if reader.takeWord("principal") {
                isRepeated = principals != nil
                try reader.expect(.colon)
                principals = try references(allowsNone: false)
            } else if reader.takeWord("resource") {
                isRepeated = resources != nil
                try reader.expect(.colon)
                resources = try references(allowsNone: false)
            } else if reader.takeWord("context") {
                isRepeated = context != nil
                try reader.expect(.colon)
                context = try reader.isSymbol(.openBrace) ? .record(attributes()) : .common(path("a record type"))
            } else {
                throw reader.unexpected("`principal`, `resource` or `context`")
            }
            if isRepeated { reader.report(at: place, "this stands twice") }
        } while reader.take(.comma)
        try reader.expect(.closeBrace, or: "`,`")
        guard let principals, let resources else {
            let missing = principals == nil ? "principal" : "resource"
            throw reader.fail(at: start, "`\(missing)` is missing", expected: "`\(missing): [...]`")
        }
        return Definition.AppliesTo(principals: principals, resources: resources, context: context)
    }
}
