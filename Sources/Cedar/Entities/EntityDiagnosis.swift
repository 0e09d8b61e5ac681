// SPDX-License-Identifier: Apache-2.0

public import StrictJSON

/// What reading an entities file gave.
public struct EntityParseResult: Sendable {
    /// The store; `nil` as soon as there is one error.
    public let entities: EntityStore?
    /// Every finding, in the order of the file; at most 100.
    public let diagnostics: [Diagnostic]
}

extension EntityStore {
    /// Reads an entities file and says of everything that is wrong where it stands.
    ///
    /// - Parameters:
    ///   - bytes: The JSON.
    ///   - file: The name that findings carry.
    ///   - schema: What the entities must conform to, if anything.
    ///   - limits: What the JSON may be.
    /// - Returns: The store, unless there is an error, and every finding.
    public static func parse(
        json bytes: [UInt8], file: String, schema: Schema? = nil,
        limits: JSONLimits = JSONLimits(maximumBytes: 1 << 26, maximumDepth: 256)
    ) -> EntityParseResult {
        let problem: EntityError
        do throws(EntityError) {
            let store =
                if let schema { try parse(json: bytes, schema: schema, limits: limits) } else {
                    try parse(json: bytes, limits: limits)
                }
            return EntityParseResult(entities: store, diagnostics: [])
        } catch { problem = error }
        let found = DeepStack.run { () -> [Diagnostic] in
            var diagnosis = EntityDiagnosis(bytes: bytes, file: file, schema: schema)
            diagnosis.run(problem, limits)
            return diagnosis.findings
        }
        let whole = SourceLocation(file: file, line: 1, column: 1, offset: 0)
        return EntityParseResult(
            entities: nil, diagnostics: found ?? [Diagnostic(location: whole, problem: problem.description)])
    }
}

/// Finds everything that keeps an entities file from being read, once it is known that something does.
struct EntityDiagnosis {
    private static let maximumFindings = 100

    private let schema: Schema?
    private let offsets: JSONOffsets
    private let lines: LineTable
    private let bytes: [UInt8]
    private(set) var findings: [Diagnostic] = []

    init(bytes: [UInt8], file: String, schema: Schema?) {
        self.bytes = bytes
        self.schema = schema
        offsets = JSONOffsets(bytes)
        lines = LineTable(file: file, bytes: bytes)
    }

    /// Looks at every entity; `problem` is what stands if none of them is wrong by itself.
    mutating func run(_ problem: EntityError, _ limits: JSONLimits) {
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue.parse(bytes, limits: limits) } catch {
            return report("\(error.problem)", at: error.offset)
        }
        guard let elements = json.arrayValue else {
            return report("expected an array of entities, got \(json.kind)", at: offsets.offset(of: []))
        }
        var places: [EntityUID: Int] = [:]
        for (index, element) in elements.enumerated() where findings.count < Self.maximumFindings {
            do throws(DataProblem) {
                let entity = try entity(element)
                if case .duplicate(entity.uid) = problem, places[entity.uid] != nil {
                    report(problem.description, at: offsets.offset(of: [index]))
                }
                places[entity.uid] = index
                try schema?.model.check(entity)
            } catch {
                report(error, in: element, index)
            }
        }
        guard findings.isEmpty else { return }
        switch problem {
        case .duplicate(let uid), .cycle(let uid), .conformance(let uid, _):
            report(problem.description, at: offsets.offset(of: places[uid].map { [$0] } ?? []))
        case .json: report(problem.description, at: offsets.offset(of: []))
        }
    }

    private func entity(_ json: JSONValue) throws(DataProblem) -> Entity {
        if let schema { return try schema.entity(json) }
        return try ValueReader.entity(json)
    }

    private mutating func report(_ problem: DataProblem, in element: JSONValue, _ index: Int) {
        let path = "[\(index)]" + (problem.path.isEmpty || problem.path.hasPrefix("[") ? "" : ".") + problem.path
        report(
            "`\(CedarString.escaped(path))`: \(problem.problem)",
            at: offsets.offset(of: [index] + Self.indices(of: problem.path[...], in: element)))
    }

    private mutating func report(_ problem: String, at offset: Int) {
        findings.append(Diagnostic(location: lines.location(at: offset), problem: problem))
    }

    /// The children that a path in words leads through, as far as it can be followed.
    static func indices(of path: Substring, in json: JSONValue) -> [Int] {
        var (rest, value, indices) = (path.utf8, json, [Int]())
        while !rest.isEmpty {
            if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst() }
            switch value {
            case .array(let elements):
                guard rest.first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")),
                    let index = Int(String(decoding: rest.dropFirst()[..<end], as: UTF8.self)),
                    elements.indices.contains(index)
                else { return indices }
                indices.append(index)
                value = elements[index]
                rest = rest[rest.index(after: end)...]
            case .object(let object):
                // Names may hold dots: the longest that fits is meant.
                let fitting = object.members.enumerated().filter { rest.starts(with: $0.element.key.utf8) }
                guard let (index, member) = fitting.max(by: { $0.element.key.utf8.count < $1.element.key.utf8.count })
                else { return indices }
                indices.append(index)
                value = member.value
                rest = rest.dropFirst(member.key.utf8.count)
            case .null, .bool, .number, .string: return indices
            }
        }
        return indices
    }
}
