// SPDX-License-Identifier: Apache-2.0

extension SchemaTextReader {
    /// Reads a type; each one nests a level deeper.
    mutating func type() throws(Abandoned) -> Definition.TypeExpression {
        reader.nesting += 1
        defer { reader.nesting -= 1 }
        guard reader.nesting <= reader.limits.maximumNesting else {
            throw reader.fail(
                at: reader.current.start, "types nest more deeply than \(reader.limits.maximumNesting) levels")
        }
        if reader.isSymbol(.openBrace) { return .record(try attributes()) }
        if reader.isWord("Set"), reader.peek().kind == .symbol(.less) {
            reader.advance()
            reader.advance()
            let element = try type()
            try reader.expect(.greater)
            return .set(element)
        }
        return .named(try path("a type: a name, `Set<...>` or `{...}`"))
    }

    /// Reads `{name: type, ...}`; of a repeated name the last counts.
    mutating func attributes() throws(Abandoned) -> [Definition.Attribute] {
        try reader.expect(.openBrace)
        var result: [Definition.Attribute] = []
        var places: [ByteKey: Int] = [:]
        while !reader.isSymbol(.closeBrace) {
            let annotations = try reader.annotations()
            let start = reader.current.start
            let name = try name("the name of an attribute")
            let isOptional = reader.take(.question)
            try reader.expect(.colon, or: isOptional ? "" : "`?`")
            let attribute = Definition.Attribute(
                name, try type(), isRequired: !isOptional, annotations: annotations)
            if let place = places[ByteKey(name)] {
                warn(at: start, "attribute `\(CedarString.escaped(name))` stands twice; the last one counts")
                result[place] = attribute
            } else {
                places[ByteKey(name)] = result.count
                result.append(attribute)
            }
            if !reader.take(.comma) { break }
        }
        try reader.expect(.closeBrace, or: "`,`")
        return result
    }

    private mutating func warn(at offset: Int, _ problem: String) {
        guard warnings.count < reader.limits.maximumDiagnostics else { return }
        warnings.append(Diagnostic(severity: .warning, location: reader.lines.location(at: offset), problem: problem))
    }

    /// Reads an identifier or a string; `__cedar` is no name of a type here, and allowed.
    mutating func name(_ meaning: String) throws(Abandoned) -> String {
        if reader.current.kind == .string { return try reader.string() }
        return reader.takeWord("__cedar") ? "__cedar" : try reader.identifier(meaning)
    }

    /// Reads `A::B::T`; unlike in a declaration, `__cedar` may stand first.
    mutating func path(_ meaning: String) throws(Abandoned) -> Definition.Reference {
        let start = reader.current.start
        var path: String
        if reader.takeWord("__cedar") { path = "__cedar" } else { path = try reader.identifier(meaning) }
        while reader.take(.pathSeparator) {
            path += "::"
            path += try reader.identifier("an identifier")
        }
        return Definition.Reference(path, origin: origin(at: start))
    }
}
