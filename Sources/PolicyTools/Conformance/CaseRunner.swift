// SPDX-License-Identifier: Apache-2.0

import Cedar

/// Runs one case: loads its inputs, validates its policies, decides its requests.
struct CaseRunner {
    let name: String
    let source: CaseSource
    let root: String?
    private(set) var failures: [CaseFailure] = []
    private(set) var checks = 0
    private(set) var requests = 0

    private var policies: Loaded<PolicySet>?
    private var schema: Loaded<Schema>?
    private var entities: Loaded<EntityStore>?

    private enum Loaded<Value> {
        case value(Value)
        case problem(String)

        var value: Value? {
            switch self {
            case .value(let value): value
            case .problem: nil
            }
        }

        /// How loading ended: `ok`, or `error:` and the reason.
        var outcome: String {
            switch self {
            case .value: "ok"
            case .problem(let text): "error: \(text)"
            }
        }
    }

    /// Policies of a case file may be as large as archives allow; the depth stays within the usual bounds.
    private static let policyLimits = PolicyLimits(maximumBytes: 1 << 26)

    init(name: String, source: CaseSource, root: String?) {
        self.name = name
        self.source = source
        self.root = root
    }

    /// Runs the case; `false` if the file is no case.
    mutating func run() -> Bool {
        let bytes: [UInt8]
        do throws(ToolError) { bytes = try source.contents(of: name) } catch {
            fail("case", expected: "a readable file", actual: "error: \(error)")
            return true
        }
        let definition: ConformanceCase
        do throws(DiagnosticsError) {
            guard let read = try ConformanceCase(bytes, file: name) else { return false }
            definition = read
        } catch {
            // A file that is not JSON is no case, but a case that is damaged must not pass unnoticed.
            guard bytes.contains("\"requests\"".utf8) else { return false }
            fail("case", expected: "JSON", actual: "error: \(Self.text(error.diagnostics))")
            return true
        }
        checks = definition.checkCount
        requests = definition.requestCount
        guard definition.problems.isEmpty else {
            for problem in definition.problems { fail("case", expected: "a well-formed case", actual: problem) }
            return true
        }
        load(definition)
        if let shouldValidate = definition.shouldValidate { validate(shouldValidate) }
        for (index, request) in definition.requests.enumerated() { check(request, index) }
        return true
    }

    private mutating func fail(_ check: String, expected: String, actual: String) {
        failures.append(CaseFailure(name, check, expected: expected, actual: actual))
    }

    // MARK: Loading

    private mutating func load(_ definition: ConformanceCase) {
        let names = ConformanceCase.Input.allCases.compactMap { definition.files[$0] }
        let files: [[UInt8]]
        do throws(ToolError) {
            guard let found = try source.files(names, namedBy: name, root: root) else {
                let list = names.map { "`\($0)`" }.joined(separator: ", ")
                fail("load files", expected: "\(list) below one root", actual: "no root has them all")
                return
            }
            files = found
        } catch {
            fail("load files", expected: "files below the root", actual: "error: \(error)")
            return
        }
        let everything = definition.expectedLoads == nil || !definition.requests.isEmpty
        let named = definition.expectedLoads ?? [:]
        func isWanted(_ input: ConformanceCase.Input) -> Bool { everything || named[input] != nil }
        if isWanted(.policies) || definition.shouldValidate != nil {
            policies = Self.policies(files[0], names[0], definition.policyFormat)
        }
        if isWanted(.schema) || isWanted(.entities) || definition.shouldValidate != nil {
            schema = Self.schema(files[1], names[1], definition.schemaFormat)
        }
        if isWanted(.entities), let schema = schema?.value { entities = Self.entities(files[2], schema) }
        let outcomes: [(ConformanceCase.Input, String?)] = [
            (.policies, policies?.outcome), (.schema, schema?.outcome), (.entities, entities?.outcome),
        ]
        for (input, outcome) in outcomes { judge(input, outcome, named[input], everything: everything) }
    }

    private mutating func judge(
        _ input: ConformanceCase.Input, _ outcome: String?, _ expected: Bool?, everything: Bool
    ) {
        // What was not loaded is not judged: entities without a schema, inputs that nothing asks for.
        guard let outcome else { return }
        let loaded = outcome.hasPrefix("ok")
        guard let wanted = expected ?? (everything ? true : nil), loaded != wanted else { return }
        fail("load \(input.rawValue)", expected: wanted ? "ok" : "error", actual: outcome)
    }

    private static func policies(
        _ bytes: [UInt8], _ name: String, _ format: ConformanceCase.Format
    ) -> Loaded<PolicySet> {
        let result =
            switch format {
            case .cedar:
                PolicySet.parse([PolicySource(file: name, bytes: bytes)], naming: .sequential, limits: policyLimits)
            case .json: PolicySet.parse(json: bytes, file: name, limits: policyLimits)
            }
        return result.policies.map { .value($0) } ?? .problem(text(result.diagnostics))
    }

    private static func schema(
        _ bytes: [UInt8], _ name: String, _ format: ConformanceCase.Format
    ) -> Loaded<Schema> {
        let result =
            switch format {
            case .cedar: Schema.parse(text: bytes, file: name)
            case .json: Schema.parse(json: bytes, file: name)
            }
        return result.schema.map { .value($0) } ?? .problem(text(result.diagnostics))
    }

    private static func entities(_ bytes: [UInt8], _ schema: Schema) -> Loaded<EntityStore> {
        do throws(EntityError) { return .value(try EntityStore.parse(json: bytes, schema: schema)) } catch {
            return .problem(error.description)
        }
    }

    /// The first error, with line and column.
    private static func text(_ diagnostics: [Diagnostic]) -> String {
        guard let first = diagnostics.first(where: { $0.severity == .error }) else { return "no reason given" }
        return "\(first.location.line):\(first.location.column) \(first.problem)"
    }

    // MARK: Checks

    private mutating func validate(_ expected: Bool) {
        guard let policies = policies?.value, let schema = schema?.value else {
            fail("validate", expected: "\(expected)", actual: "error: policies and schema did not load")
            return
        }
        let passed = schema.validate(policies).passed
        if passed != expected { fail("validate", expected: "\(expected)", actual: "\(passed)") }
    }

    private var engine: PolicyEngine?

    private mutating func check(_ request: ConformanceCase.Request, _ index: Int) {
        let title = request.description.isEmpty ? "" : " " + PlainText.quoted(request.description)
        let check = "request \(index)\(title)"
        do {
            let (actual, oracle) = try decide(request)
            if actual != request.expected {
                fail(check, expected: "\(request.expected)", actual: "\(actual)")
            }
            if actual != oracle {
                fail("\(check) compiled engine", expected: "as the reference evaluator: \(oracle)", actual: "\(actual)")
            }
        } catch {
            fail(check, expected: "\(request.expected)", actual: "error: \(error)")
        }
    }

    private mutating func decide(
        _ request: ConformanceCase.Request
    ) throws -> (engine: ConformanceCase.Outcome, oracle: ConformanceCase.Outcome) {
        guard let policies = policies?.value, let schema = schema?.value, let entities = entities?.value else {
            throw RequestProblem(description: "policies, schema or entities did not load")
        }
        let action = try Self.uid(request.action, "action")
        let plain = Request(
            principal: try Self.uid(request.principal, "principal"), action: action,
            resource: try Self.uid(request.resource, "resource"),
            context: try request.context.map { try schema.context($0, action: action) } ?? Record())
        if request.isValidated { try schema.check(plain) }
        let engine = self.engine ?? PolicyEngine(policies: policies, entities: entities)
        self.engine = engine
        return (
            ConformanceCase.Outcome(try engine.authorize(plain)),
            ConformanceCase.Outcome(try engine.authorizeByReference(plain))
        )
    }

    private struct RequestProblem: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads `{"type", "id"}`, alone or inside `__entity`.
    private static func uid(_ json: JSONNode, _ field: String) throws(RequestProblem) -> EntityUID {
        let object = json["__entity"]?.objectValue ?? json.objectValue
        guard let type = object?["type"]?.stringValue, let id = object?["id"]?.stringValue else {
            throw RequestProblem(description: "\(field) is no entity such as {\"type\": ..., \"id\": ...}")
        }
        guard let uid = EntityUID(type, id) else {
            throw RequestProblem(description: "\(field): `\(type)` is no entity type")
        }
        return uid
    }
}
