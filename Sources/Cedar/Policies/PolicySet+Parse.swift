// SPDX-License-Identifier: Apache-2.0

extension PolicySet {
    /// Parses several texts into one set, collecting every error of all of them.
    public static func parse(
        _ sources: [PolicySource], naming: PolicyNaming = .annotation, limits: PolicyLimits = PolicyLimits()
    ) -> PolicyParseResult {
        var set = PolicySet()
        var diagnostics: [Diagnostic] = []
        var total = 0
        for source in sources {
            let parser = PolicyParser.read(source, limits: limits)
            diagnostics += parser.reader.diagnostics
            for (number, body) in parser.bodies.enumerated() {
                let id = Self.id(
                    of: body, number: naming == .sequential ? total : number, naming: naming, file: source.file)
                total += 1
                do {
                    try set.add(Policy(id: id, body: body))
                } catch {
                    diagnostics.append(Self.diagnostic(for: error, at: body.location))
                }
            }
            if total > limits.maximumPolicies {
                let location = SourceLocation(file: source.file, line: 1, column: 1, offset: 0)
                diagnostics.append(
                    Diagnostic(
                        location: location, problem: "there are more than \(limits.maximumPolicies) policies in all"))
                break
            }
        }
        let failed = diagnostics.contains { $0.severity == .error }
        return PolicyParseResult(policies: failed ? nil : set, diagnostics: diagnostics)
    }

    private static func id(of body: PolicyBody, number: Int, naming: PolicyNaming, file: String) -> PolicyID {
        switch naming {
        case .sequential: PolicyID("policy\(number)")
        case .annotation: PolicyID(body.annotations["id"] ?? "\(file)#\(number)")
        }
    }

    private static func diagnostic(for error: PolicySetError, at location: SourceLocation) -> Diagnostic {
        switch error {
        case .duplicateID(let id, let first, _):
            Diagnostic(
                location: location, problem: "the policy id `\(id)` is already used at \(first)",
                expected: "another `@id(\"...\")`")
        case .unknownTemplate, .slotsDoNotFit:
            Diagnostic(location: location, problem: error.description)
        }
    }
}
