// SPDX-License-Identifier: Apache-2.0

/// Reads policies from JSON and collects problems.
///
/// What cannot be read is reported at its path and yields `nil`; its neighbours are read all the same.
struct PolicyJSONReader {
    /// Where the value at hand stands: the step that led to it, and the value.
    private struct Place {
        let step: JSONStep
        let node: JSONNode
    }

    let limits: PolicyLimits
    let lines: LineTable
    private let root: JSONNode
    private var path: [Place] = []
    private(set) var diagnostics: [Diagnostic] = []
    /// How many expressions enclose the one at hand.
    var depth = 0
    /// Where the expression at hand begins.
    var expressionOffset = 0

    private init(_ document: JSONDocument, limits: PolicyLimits) {
        self.limits = limits
        (root, lines) = (document.root, document.lines)
    }

    /// Reads a text, if it is JSON.
    static func result(
        _ source: PolicySource, limits: PolicyLimits, _ read: (inout Self, JSONNode) -> PolicySet?
    ) -> PolicyParseResult {
        let parsed = JSONDocument.parse(source.bytes, file: source.file, limits: DataLimits(limits))
        guard let document = parsed.document else {
            return PolicyParseResult(policies: nil, diagnostics: parsed.diagnostics)
        }
        // On a large stack if it nests deeply.
        var reader = PolicyJSONReader(document, limits: limits)
        let set = DeepStack.run(depth: document.depth) { read(&reader, document.root) }
        if set == nil { reader.report("it nests deeply and there is no stack for it") }
        return PolicyParseResult(
            policies: reader.diagnostics.isEmpty ? set.flatMap { $0 } : nil, diagnostics: reader.diagnostics)
    }

    // MARK: Problems

    mutating func report(_ problem: String, expected: String = "") {
        guard diagnostics.count < limits.maximumDiagnostics else { return }
        let node = path.last?.node ?? root
        diagnostics.append(
            Diagnostic(location: node.location, problem: "\(pathText): \(problem)", expected: expected))
    }

    private var pathText: String {
        guard !path.isEmpty else { return "the whole" }
        var text = ""
        for place in path {
            switch place.step {
            case .index(let index): text += "[\(index)]"
            case .key(let name): text += (text.isEmpty ? "" : ".") + CedarString.escaped(name)
            }
        }
        return "`\(text)`"
    }

    // MARK: Walking

    mutating func enter(_ step: JSONStep, _ node: JSONNode) { path.append(Place(step: step, node: node)) }
    mutating func leave(_ count: Int) { path.removeLast(min(count, path.count)) }

    mutating func inside<Result>(_ step: JSONStep, _ node: JSONNode, _ body: (inout Self) -> Result?) -> Result? {
        enter(step, node)
        defer { leave(1) }
        return body(&self)
    }

    /// Reads a member that must be there.
    mutating func member<Result>(
        _ name: String, of object: JSONNode.Members, _ body: (inout Self, JSONNode) -> Result?
    ) -> Result? {
        guard let value = object[name] else {
            report("`\(name)` is missing")
            return nil
        }
        return inside(.key(name), value) { reader in body(&reader, value) }
    }

    /// Reads every element; `nil` if one cannot be read.
    mutating func elements<Result>(
        of array: some Sequence<JSONNode>, _ body: (inout Self, JSONNode) -> Result?
    ) -> [Result]? {
        var (results, count): ([Result], Int) = ([], 0)
        results.reserveCapacity(array.underestimatedCount)
        for element in array {
            if let result = inside(.index(count), element, { reader in body(&reader, element) }) {
                results.append(result)
            }
            count += 1
        }
        return results.count == count ? results : nil
    }

    /// Reads every member; `nil` if one cannot be read.
    mutating func members<Result>(
        of object: JSONNode.Members, _ body: (inout Self, String, JSONNode) -> Result?
    ) -> [Result]? {
        var results: [Result] = []
        results.reserveCapacity(object.count)
        for member in object {
            let (key, value) = (member.key, member.value)
            if let result = inside(.key(key), value, { reader in body(&reader, key, value) }) { results.append(result) }
        }
        return results.count == object.count ? results : nil
    }

    mutating func object(_ json: JSONNode, as meaning: String = "an object") -> JSONNode.Members? {
        guard let object = json.objectValue else {
            report("expected \(meaning), got \(json.kind.rawValue)")
            return nil
        }
        return object
    }

    mutating func array(_ json: JSONNode) -> JSONNode.Elements? {
        guard let array = json.arrayValue else {
            report("expected an array, got \(json.kind.rawValue)")
            return nil
        }
        return array
    }

    mutating func string(_ json: JSONNode) -> String? {
        guard let string = json.stringValue else {
            report("expected a string, got \(json.kind.rawValue)")
            return nil
        }
        return string
    }

    /// Reports every member whose name is none of the known ones.
    mutating func rejectUnknown(_ object: JSONNode.Members, known: [String]) {
        for member in object where !known.contains(where: { member.isNamed($0) }) {
            let _: Void? = inside(.key(member.key), member.value) { reader in
                reader.report("unknown field", expected: known.map { "`\($0)`" }.joined(separator: ", "))
            }
        }
    }

    // MARK: Values

    mutating func uid(_ json: JSONNode) -> EntityUID? {
        do throws(DataProblem) { return try ValueReader.uid(json) } catch {
            report(error.text)
            return nil
        }
    }

    mutating func typeName(_ json: JSONNode) -> EntityTypeName? {
        guard let text = string(json) else { return nil }
        guard let name = EntityTypeName(text) else {
            report(
                "`\(CedarString.escaped(text))` is no entity type", expected: "a name such as `User` or `Acme::User`")
            return nil
        }
        return name
    }
}

extension DataLimits {
    /// An operator takes two levels of JSON, so those are more than expressions may nest.
    fileprivate init(_ limits: PolicyLimits) {
        self.init(
            maximumBytes: limits.maximumBytes, maximumNesting: 512, maximumDiagnostics: limits.maximumDiagnostics)
    }
}
