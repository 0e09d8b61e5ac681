// SPDX-License-Identifier: Apache-2.0

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
    /// - Returns: What keeps requests from being asked, in the order of the file, at most 100 unless said otherwise; nothing if they may be.
    public func diagnose(
        requests bytes: [UInt8], file: String, limits: DataLimits = DataLimits()
    ) -> [Diagnostic] {
        let parsed = JSONDocument.parse(bytes, file: file, limits: limits)
        guard let document = parsed.document else { return parsed.diagnostics }
        let found = DeepStack.run(depth: document.depth) { () -> [Diagnostic] in
            var diagnosis = RequestDiagnosis(schema: self, maximumFindings: limits.findings)
            diagnosis.run(document.root)
            return diagnosis.findings
        }
        return found ?? [Diagnostic(location: document.root.location, problem: "there is no memory to read it")]
    }
}

/// Finds what keeps the requests of a file from being asked.
private struct RequestDiagnosis {
    private static let names = ["principal", "action", "resource", "context"]
    /// What a file of worked requests says besides: for readers, the entities, and what is to be decided.
    private static let besides = ["title", "why", "entities", "decision", "determining", "errors"]

    private let schema: Schema
    private let maximumFindings: Int
    private(set) var findings: [Diagnostic] = []

    init(schema: Schema, maximumFindings: Int) { (self.schema, self.maximumFindings) = (schema, maximumFindings) }

    mutating func run(_ json: JSONNode) {
        guard let elements = json.arrayValue else { return request(json) }
        for element in elements where findings.count < maximumFindings { request(element) }
    }

    private mutating func request(_ json: JSONNode) {
        guard let object = json.objectValue else {
            return report("expected a request as an object, got \(json.kind.rawValue)", at: json)
        }
        let before = findings.count
        for member in object where !(Self.names + Self.besides).contains(where: { member.isNamed($0) }) {
            let known = Self.names.map { "`\($0)`" }.joined(separator: ", ")
            report("`\(CedarString.escaped(member.key))` is no part of a request; parts: \(known)", at: member.value)
        }
        let principal = uid("principal", json)
        let action = uid("action", json)
        let resource = uid("resource", json)
        guard let principal, let action, let resource, findings.count == before else { return }
        check(Request(principal: principal, action: action, resource: resource), of: json)
    }

    private mutating func check(_ request: Request, of json: JSONNode) {
        guard let action = schema.model.action(request.action) else {
            return report(RequestError.unknownAction(request.action), in: json)
        }
        let context = json["context"]
        do throws(DataProblem) {
            let record =
                try context.map { json throws(DataProblem) in try schema.context(json, of: action) } ?? Record()
            do throws(RequestError) { _ = try schema.checkedAction(of: request) } catch {
                return report(error, in: json)
            }
            try schema.check(record, of: action)
        } catch {
            let problem = RequestError.context(path: error.pathText, problem: error.problem)
            report(problem.description, at: context?.following(error.path) ?? json)
        }
    }

    private mutating func uid(_ name: String, _ json: JSONNode) -> EntityUID? {
        guard let part = json[name] else {
            report("`\(name)` is missing", at: json)
            return nil
        }
        do throws(DataProblem) { return try ValueReader.uid(part) } catch {
            report("`\(name)`: \(error.problem)", at: part)
            return nil
        }
    }

    private mutating func report(_ error: RequestError, in json: JSONNode) {
        let part =
            switch error {
            case .unknownAction: "action"
            case .unknownType(let part, _), .notListed(let part, _, _), .doesNotApply(let part, _, _, _): part.rawValue
            case .context: "context"
            }
        report(error.description, at: json[part] ?? json)
    }

    private mutating func report(_ problem: String, at node: JSONNode) {
        findings.append(Diagnostic(location: node.location, problem: problem))
    }
}
