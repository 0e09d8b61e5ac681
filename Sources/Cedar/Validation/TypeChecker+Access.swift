// SPDX-License-Identifier: Apache-2.0

extension TypeChecker {
    // MARK: Attributes and tags

    /// Checks what attributes are read from, and gives the record type that lists them.
    ///
    /// Whether what has no value has an attribute may be asked, but none can be read from it.
    private mutating func attributes(
        of node: NodeID, mayLackValue: Bool
    ) -> (record: TypeID, isEntity: Bool)? {
        guard let type = check(node).type else { return nil }
        switch types[type] {
        case .entity(let id): return (model[id].attributes, true)
        case .record: return (type, false)
        case .never: return mayLackValue ? nil : (.emptyRecord, false)
        case .yes, .no, .bool, .long, .string, .decimal, .ip, .datetime, .duration, .set: break
        }
        report(
            .unexpectedType, at: node, { "this is a `\($0.describe(type))`" },
            expected: { _ in "an entity or a record" })
        return nil
    }

    /// A required attribute of an entity may still be missing: the entity need not exist.
    mutating func has(_ receiver: NodeID, _ name: NameID) -> Typing {
        let capability = Capability(attribute: name, of: graph[receiver].shape)
        guard let (record, isEntity) = attributes(of: receiver, mayLackValue: true) else {
            return Typing(.bool, [capability])
        }
        guard let field = types.field(name, of: record) else { return Typing(.no) }
        let isCertain = field.isRequired && !isEntity || isActive(capability)
        return Typing(isCertain ? .yes : .bool, [capability])
    }

    mutating func attribute(_ node: NodeID, _ receiver: NodeID, _ name: NameID) -> Typing {
        guard let (record, isEntity) = attributes(of: receiver, mayLackValue: false) else { return Typing(nil) }
        guard let field = types.field(name, of: record) else {
            report(
                .attributeNotFound, at: node,
                { "there is no attribute `\(CedarString.escaped($0.types.names[name]))`" },
                expected: { $0.accepted(record) })
            return Typing(nil)
        }
        if !field.isRequired, !isActive(Capability(attribute: name, of: graph[receiver].shape)) {
            report(
                .unsafeOptionalAccess, at: node,
                {
                    "attribute `\(CedarString.escaped($0.types.names[name]))` of this \(isEntity ? "entity" : "record") is optional"
                }, expected: { _ in "a test with `has` before it" })
        }
        return Typing(field.type)
    }

    private func accepted(_ record: TypeID) -> String {
        let names = (types.fields(of: record) ?? []).prefix(20)
            .map { "`\(CedarString.escaped(types.names[$0.name]))`" }.sorted()
        return names.isEmpty ? "no attribute, as there are none" : names.joined(separator: ", ")
    }

    mutating func hasTag(_ receiver: NodeID, _ tag: NodeID) -> Typing {
        let type = entity(receiver, mayLackValue: false)
        expect(tag, .string)
        let capability = Capability(tag: graph[tag].shape, of: graph[receiver].shape)
        guard let type else { return Typing(.bool, [capability]) }
        if isActive(capability) { return Typing(.yes, [capability]) }
        return Typing(model[type].tags == nil ? .no : .bool, [capability])
    }

    mutating func getTag(_ node: NodeID, _ receiver: NodeID, _ tag: NodeID) -> Typing {
        let type = entity(receiver, mayLackValue: false)
        expect(tag, .string)
        guard let type else { return Typing(nil) }
        guard let tagType = model[type].tags else {
            report(.noTagsAllowed, at: node, { "a `\($0.model[type].name)` has no tags" })
            return Typing(nil)
        }
        if !isActive(Capability(tag: graph[tag].shape, of: graph[receiver].shape)) {
            report(
                .unsafeTagAccess, at: node, { _ in "the tag may be missing" },
                expected: { _ in "a test with `hasTag` before it" })
        }
        return Typing(tagType)
    }

    // MARK: Literals and calls

    mutating func setLiteral(_ node: NodeID, _ elements: Range<Int>) -> Typing {
        guard !elements.isEmpty else {
            report(
                .emptySet, at: node, { _ in "the type of an empty set is unknown" },
                expected: { _ in "at least one element" })
            return Typing(nil)
        }
        var bound: TypeID? = .never
        for index in elements {
            let type = check(graph.children[index]).type
            bound = requireBound(bound, type, at: node)
        }
        return Typing(bound.map { types.intern(.set($0)) })
    }

    mutating func recordLiteral(_ values: Range<Int>, _ names: Int) -> Typing {
        var fields: [TypeField] = []
        var isKnown = true
        for (place, index) in values.enumerated() {
            if let type = check(graph.children[index]).type {
                fields.append(TypeField(name: graph.fieldNames[names + place], type: type, isRequired: true))
            } else {
                isKnown = false
            }
        }
        return Typing(isKnown ? types.record(fields) : nil)
    }

    mutating func call(_ node: NodeID, _ function: ExtensionFunction, _ arguments: Range<Int>) -> Typing {
        if function == .unknown {
            report(.unknownFunction, at: node, { _ in "`unknown` has no value; reaching it is an error" })
        }
        let parameters = function.parameters
        // What has no value may stand wherever a value may.
        let result = Typing(function == .unknown ? .never : function.result.id)
        guard arguments.count == parameters.count else {
            let receiver = function.isFunction ? 0 : 1
            report(
                .wrongArgumentCount, at: node,
                { _ in "`\(function.rawValue)` is given \(arguments.count - receiver) arguments" },
                expected: { _ in "\(parameters.count - receiver)" })
            for index in arguments { _ = check(graph.children[index]) }
            return result
        }
        for (index, parameter) in zip(arguments, parameters) {
            let argument = graph.children[index]
            if let wanted = parameter.id { expect(argument, wanted) }
        }
        if function.isFunction, function != .unknown { checkConstructor(node, function, arguments) }
        return result
    }

    /// Extension values are made from literals, so that the validator can see that they are well formed.
    private mutating func checkConstructor(_ node: NodeID, _ function: ExtensionFunction, _ arguments: Range<Int>) {
        if let index = arguments.first, !graph[graph.children[index]].isLiteral {
            report(
                .nonLiteralConstructor, at: node, { _ in "`\(function.rawValue)` is called with something computed" },
                expected: { _ in "a string literal" })
        } else if let refusal = graph.refusals[node] {
            report(
                .invalidArgument, at: node, { _ in "`\(function.rawValue)` refuses this string" },
                expected: { _ in refusal })
        }
    }
}

extension ValueKind {
    /// The type of values of this kind, where that is one type.
    var id: TypeID? {
        switch self {
        case .bool: .bool
        case .long: .long
        case .string: .string
        case .decimal: .decimal
        case .ip: .ip
        case .datetime: .datetime
        case .duration: .duration
        case .entity, .set, .record: nil
        }
    }
}
