// SPDX-License-Identifier: Apache-2.0

/// What reading an entities file gave.
public struct EntityParseResult: Sendable {
    /// The store; `nil` as soon as there is one error.
    public let entities: EntityStore?
    /// Every finding, in the order of the file; at most 100 unless said otherwise.
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
        json bytes: [UInt8], file: String, schema: Schema? = nil, limits: DataLimits = DataLimits()
    ) -> EntityParseResult {
        let parsed = JSONDocument.parse(bytes, file: file, limits: limits)
        guard let root = parsed.document?.root else {
            return EntityParseResult(entities: nil, diagnostics: parsed.diagnostics)
        }
        let problem: EntityError
        do throws(EntityError) {
            let store = if let schema { try schema.store(json: root) } else { try EntityStore(json: root) }
            return EntityParseResult(entities: store, diagnostics: [])
        } catch { problem = error }
        let found = DeepStack.run { () -> [Diagnostic] in
            var diagnosis = EntityDiagnosis(root: root, schema: schema, maximumFindings: limits.findings)
            diagnosis.run(problem)
            return diagnosis.findings
        }
        return EntityParseResult(
            entities: nil,
            diagnostics: found ?? [Diagnostic(location: root.location, problem: problem.description)])
    }
}

/// Finds everything that keeps an entities file from being read, once it is known that something does.
struct EntityDiagnosis {
    private let root: JSONNode
    private let schema: Schema?
    private let maximumFindings: Int
    private(set) var findings: [Diagnostic] = []

    init(root: JSONNode, schema: Schema?, maximumFindings: Int) {
        (self.root, self.schema, self.maximumFindings) = (root, schema, maximumFindings)
    }

    /// Looks at every entity; `problem` is what stands if none of them is wrong by itself.
    mutating func run(_ problem: EntityError) {
        guard let elements = root.arrayValue else { return report(problem.description, at: root) }
        var places: [EntityUID: JSONNode] = [:]
        for (index, element) in elements.enumerated() where findings.count < maximumFindings {
            do throws(DataProblem) {
                let entity = if let schema { try schema.entity(element) } else { try ValueReader.entity(element) }
                if case .duplicate(entity.uid) = problem, places[entity.uid] != nil {
                    report(problem.description, at: element)
                }
                places[entity.uid] = element
                try schema?.model.check(entity)
            } catch {
                let path = CedarString.escaped(error.inside(.index(index)).pathText)
                report("`\(path)`: \(error.problem)", at: element.following(error.path))
            }
        }
        guard findings.isEmpty else { return }
        switch problem {
        case .duplicate(let uid), .cycle(let uid), .conformance(let uid, _):
            report(problem.description, at: places[uid] ?? root)
        case .json: report(problem.description, at: root)
        }
    }

    private mutating func report(_ problem: String, at node: JSONNode) {
        findings.append(Diagnostic(location: node.location, problem: problem))
    }
}
