// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// Reads policies from JSON and collects problems.
///
/// What cannot be read is reported at its path and yields `nil`; its neighbours are read all the same.
struct PolicyJSONReader {
    /// One step from a value to a value inside it.
    struct Step {
        let name: String
        let index: Int
    }

    let offsets: JSONOffsets
    let limits: PolicyLimits
    let lines: LineTable
    private let bytes: [UInt8]
    private var path: [Step] = []
    private(set) var diagnostics: [Diagnostic] = []
    /// How many expressions enclose the one at hand.
    var depth = 0
    /// Where the policy at hand begins.
    var policyOffset = 0

    /// JSON inside JSON: an operator takes two levels, so this is more than expressions may nest.
    private static let maximumJSONDepth = 512
    /// Locating a problem walks the text; this many are located.
    private static let maximumDiagnostics = 100

    init(bytes: [UInt8], file: String, limits: PolicyLimits) {
        self.bytes = bytes
        self.limits = limits
        offsets = JSONOffsets(bytes)
        lines = LineTable(file: file, bytes: bytes.count <= limits.maximumBytes ? bytes : [])
    }

    mutating func json() -> JSONValue? {
        let bounds = JSONLimits(maximumBytes: limits.maximumBytes, maximumDepth: Self.maximumJSONDepth)
        do throws(JSONError) { return try JSONValue.parse(bytes, limits: bounds) } catch {
            diagnostics.append(Diagnostic(location: lines.location(at: error.offset), problem: "\(error.problem)"))
            return nil
        }
    }

    /// Reads a text, on a large stack if it nests deeply.
    static func result(
        _ bytes: [UInt8], file: String, limits: PolicyLimits, _ read: (inout Self) -> PolicySet?
    ) -> PolicyParseResult {
        var reader = PolicyJSONReader(bytes: bytes, file: file, limits: limits)
        let depth = bytes.count <= limits.maximumBytes ? reader.offsets.deepestNesting : 0
        let set = DeepStack.run(depth: depth) { read(&reader) }
        if set == nil { reader.report("it nests deeply and there is no stack for it") }
        return PolicyParseResult(
            policies: reader.diagnostics.isEmpty ? set.flatMap { $0 } : nil, diagnostics: reader.diagnostics)
    }

    // MARK: Problems

    mutating func report(_ problem: String, expected: String = "") {
        guard diagnostics.count < min(limits.maximumDiagnostics, Self.maximumDiagnostics) else { return }
        let location = lines.location(at: currentOffset)
        diagnostics.append(
            Diagnostic(location: location, problem: "\(pathText): \(problem)", expected: expected))
    }

    private var pathText: String {
        guard !path.isEmpty else { return "the whole" }
        var text = ""
        for step in path {
            if step.name.hasPrefix("[") || text.isEmpty { text += step.name } else { text += "." + step.name }
        }
        return "`\(text)`"
    }

    /// Where the value at hand begins.
    var currentOffset: Int { offsets.offset(of: path.map(\.index)) }

    // MARK: Walking

    mutating func enter(_ step: Step) { path.append(step) }
    mutating func leave(_ count: Int) { path.removeLast(min(count, path.count)) }

    mutating func inside<Result>(_ step: Step, _ body: (inout Self) -> Result?) -> Result? {
        path.append(step)
        defer { path.removeLast() }
        return body(&self)
    }

    /// Reads a member that must be there.
    mutating func member<Result>(
        _ name: String, of object: JSONObject, _ body: (inout Self, JSONValue) -> Result?
    ) -> Result? {
        guard let index = object.members.firstIndex(where: { $0.key.hasSameBytes(as: name) }) else {
            report("`\(name)` is missing")
            return nil
        }
        let value = object.members[index].value
        return inside(Step(name: name, index: index)) { reader in body(&reader, value) }
    }

    /// Reads every element; `nil` if one cannot be read.
    mutating func elements<Result>(
        of array: [JSONValue], _ body: (inout Self, JSONValue) -> Result?
    ) -> [Result]? {
        var results: [Result] = []
        results.reserveCapacity(array.count)
        for (index, element) in array.enumerated() {
            let result = inside(Step(name: "[\(index)]", index: index)) { reader in body(&reader, element) }
            if let result { results.append(result) }
        }
        return results.count == array.count ? results : nil
    }

    /// Reads every member; `nil` if one cannot be read.
    mutating func members<Result>(
        of object: JSONObject, _ body: (inout Self, _ index: Int, JSONObject.Member) -> Result?
    ) -> [Result]? {
        var results: [Result] = []
        results.reserveCapacity(object.count)
        for (index, member) in object.members.enumerated() {
            let step = Step(name: CedarString.escaped(member.key), index: index)
            if let result = inside(step, { reader in body(&reader, index, member) }) { results.append(result) }
        }
        return results.count == object.count ? results : nil
    }

    mutating func object(_ json: JSONValue, as meaning: String = "an object") -> JSONObject? {
        guard let object = json.objectValue else {
            report("expected \(meaning), got \(json.kind)")
            return nil
        }
        return object
    }

    mutating func array(_ json: JSONValue) -> [JSONValue]? {
        guard let array = json.arrayValue else {
            report("expected an array, got \(json.kind)")
            return nil
        }
        return array
    }

    mutating func string(_ json: JSONValue) -> String? {
        guard let string = json.stringValue else {
            report("expected a string, got \(json.kind)")
            return nil
        }
        return string
    }

    /// Reports every member whose name is none of the known ones.
    mutating func rejectUnknown(_ object: JSONObject, known: [String]) {
        for (index, member) in object.members.enumerated()
        where !known.contains(where: { $0.hasSameBytes(as: member.key) }) {
            let step = Step(name: CedarString.escaped(member.key), index: index)
            let _: Void? = inside(step) { reader in
                reader.report("unknown field", expected: known.map { "`\($0)`" }.joined(separator: ", "))
            }
        }
    }

    // MARK: Values

    mutating func uid(_ json: JSONValue) -> EntityUID? {
        do throws(DataProblem) { return try ValueReader.uid(json) } catch {
            report(error.path.isEmpty ? error.problem : "\(error.path): \(error.problem)")
            return nil
        }
    }

    mutating func typeName(_ json: JSONValue) -> EntityTypeName? {
        guard let text = string(json) else { return nil }
        guard let name = EntityTypeName(text) else {
            report(
                "`\(CedarString.escaped(text))` is no entity type", expected: "a name such as `User` or `Acme::User`")
            return nil
        }
        return name
    }
}
