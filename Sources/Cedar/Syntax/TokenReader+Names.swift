// SPDX-License-Identifier: Apache-2.0

extension TokenReader {
    /// Reads annotations; a repeated name is reported.
    mutating func annotations() throws(Abandoned) -> Annotations {
        var entries: [Annotations.Entry] = []
        var names: Set<ByteKey> = []
        while isSymbol(.at) {
            advance()
            guard current.kind == .identifier else { throw unexpected("the name of an annotation") }
            let (name, start) = (text(of: current), current.start)
            advance()
            var value: String?
            if take(.openParenthesis) {
                value = try string("the annotation's text as a string")
                try expect(.closeParenthesis)
            }
            if !names.insert(ByteKey(name)).inserted { report(at: start, "annotation `@\(name)` stands twice") }
            entries.append(Annotations.Entry(name: name, value: value))
        }
        return Annotations(entries)
    }

    /// Reads `A::B::T`.
    mutating func typeName() throws(Abandoned) -> EntityTypeName {
        var name = try identifier("the name of an entity type")
        while isSymbol(.pathSeparator) {
            advance()
            name += "::"
            name += try identifier("an identifier")
        }
        return EntityTypeName(normalized: name)
    }

    /// Reads `A::B::T::"id"`.
    mutating func entityUID() throws(Abandoned) -> EntityUID {
        let name = try identifier("an entity such as `User::\"alice\"`")
        return try entityUID(after: name)
    }

    /// Reads the rest of an entity after its first identifier.
    mutating func entityUID(after first: String) throws(Abandoned) -> EntityUID {
        var name = first
        while true {
            try expect(.pathSeparator)
            if current.kind == .string {
                return EntityUID(type: EntityTypeName(normalized: name), id: try string())
            }
            name += "::"
            name += try identifier("an identifier or a string")
        }
    }
}
