// SPDX-License-Identifier: Apache-2.0

public import StrictJSON

extension Schema {
    /// Checks a file of requests, and says of everything that is wrong where it stands.
    ///
    /// A request is an object with `principal`, `action` and `resource`, each `{"type": ..., "id": ...}`, and `context`,
    /// an object (without it: empty); a file holds one, or an array of them. `title`, `why`, `entities`, `decision`,
    /// `determining` and `errors` may stand beside them, and are not looked at.
    ///
    /// - Parameters:
    ///   - bytes: The JSON.
    ///   - file: The name that findings carry.
    ///   - limits: What the JSON may be.
    /// - Returns: What keeps requests from being asked, in the order of the file, at most 100; nothing if they may be.
    public func diagnose(
        requests bytes: [UInt8], file: String,
        limits: JSONLimits = JSONLimits(maximumBytes: 1 << 26, maximumDepth: 256)
    ) -> [Diagnostic] {
        let found = DeepStack.run { () -> [Diagnostic] in
            var diagnosis = RequestDiagnosis(schema: self, bytes: bytes, file: file)
            diagnosis.run(limits)
            return diagnosis.findings
        }
        let whole = SourceLocation(file: file, line: 1, column: 1, offset: 0)
        return found ?? [Diagnostic(location: whole, problem: "there is no memory to read it")]
    }
}

/// Finds what keeps the requests of a file from being asked.
private struct RequestDiagnosis {
    private static let maximumFindings = 100
    private static let names = ["principal", "action", "resource", "context"]
    /// What a file of worked requests says besides: for readers, the entities, and what is to be decided.
    private static let besides = ["title", "why", "entities", "decision", "determining", "errors"]

    private let schema: Schema
    private let bytes: [UInt8]
    private let offsets: JSONOffsets
    private let lines: LineTable
    private(set) var findings: [Diagnostic] = []

    init(schema: Schema, bytes: [UInt8], file: String) {
        self.schema = schema
        self.bytes = bytes
        offsets = JSONOffsets(bytes)
        lines = LineTable(file: file, bytes: bytes)
    }

    mutating func run(_ limits: JSONLimits) {
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue.parse(bytes, limits: limits) } catch {
            return report("\(error.problem)", at: error.offset)
        }
        guard let elements = json.arrayValue else { return request(json, at: []) }
        for (index, element) in elements.enumerated() where findings.count < Self.maximumFindings {
            request(element, at: [index])
        }
    }

    private mutating func request(_ json: JSONValue, at place: [Int]) {
        guard let object = json.objectValue else {
            return report("expected a request as an object, got \(json.kind)", at: place)
        }
        let before = findings.count
        for (index, member) in object.members.enumerated()
        where !(Self.names + Self.besides).contains(where: { $0.hasSameBytes(as: member.key) }) {
            let known = Self.names.map { "`\($0)`" }.joined(separator: ", ")
            report("`\(CedarString.escaped(member.key))` is no part of a request; parts: \(known)", at: place + [index])
        }
        let principal = uid("principal", object, place)
        let action = uid("action", object, place)
        let resource = uid("resource", object, place)
        guard let principal, let action, let resource, findings.count == before else { return }
        do throws(RequestError) {
            let context = try schema.context(object["context"] ?? .object(JSONObject()), action: action)
            try schema.check(Request(principal: principal, action: action, resource: resource, context: context))
        } catch {
            report(error, in: object, place)
        }
    }

    private mutating func uid(_ name: String, _ object: JSONObject, _ place: [Int]) -> EntityUID? {
        guard let json = object[name] else {
            report("`\(name)` is missing", at: place)
            return nil
        }
        do throws(DataProblem) {
            return try ValueReader.uid(json)
        } catch {
            report("`\(name)`: \(error.problem)", at: place + Self.member(name, of: object))
            return nil
        }
    }

    private mutating func report(_ error: RequestError, in object: JSONObject, _ place: [Int]) {
        switch error {
        case .unknownAction: report(error.description, at: place + Self.member("action", of: object))
        case .unknownType(let part, _), .notListed(let part, _, _), .doesNotApply(let part, _, _, _):
            report(error.description, at: place + Self.member(part.rawValue, of: object))
        case .context(let path, _):
            let inside = object["context"].map { EntityDiagnosis.indices(of: path[...], in: $0) } ?? []
            report(error.description, at: place + Self.member("context", of: object) + inside)
        }
    }

    private static func member(_ name: String, of object: JSONObject) -> [Int] {
        object.members.firstIndex { $0.key.hasSameBytes(as: name) }.map { [$0] } ?? []
    }

    private mutating func report(_ problem: String, at place: [Int]) {
        report(problem, at: offsets.offset(of: place))
    }

    private mutating func report(_ problem: String, at offset: Int) {
        findings.append(Diagnostic(location: lines.location(at: offset), problem: problem))
    }
}
