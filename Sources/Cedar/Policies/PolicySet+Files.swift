// SPDX-License-Identifier: Apache-2.0

extension PolicySource {
    /// Whether a file of a policy directory holds policies: `.cedar` text, `.cedar.json`, or the links of templates,
    /// `links.json` and `<name>.links.json`.
    ///
    /// What is hidden, or lies in something hidden, is none: Kubernetes keeps every version of a ConfigMap under a name that
    /// begins with a dot, and links to the files of one.
    public static func isPolicyFile(_ path: String) -> Bool {
        let names = path.split(separator: "/")
        guard let name = names.last, !names.contains(where: { $0.hasPrefix(".") }) else {
            return false
        }
        return [".cedar", ".cedar.json", ".links.json"].contains { name.hasSuffix($0) } || name == "links.json"
    }

    /// The forms of a file.
    fileprivate enum Form { case text, json, links }

    /// What `.cedar` does not decide, the first byte does: no text can begin with a brace or a bracket.
    fileprivate var form: Form {
        if file.hasSuffix(".cedar") { return .text }
        switch bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
        case UInt8(ascii: "{"): return .json
        case UInt8(ascii: "["): return .links
        default: return file.hasSuffix("links.json") ? .links : file.hasSuffix(".json") ? .json : .text
        }
    }
}

extension PolicySet {
    /// Parses files of all forms into one set, collecting every error of all of them.
    ///
    /// A file is Cedar text; JSON of a policy set or of one policy; or a JSON array of links, as `templateLinks` of a
    /// policy set has them, whose templates may stand in any of the files. Policies of a set in JSON have the ids that
    /// they have there; a single policy in JSON is named as one of a text is.
    ///
    /// - Parameters:
    ///   - files: The files; their order decides nothing but the order of policies and findings.
    ///   - naming: How policies get their ids where JSON does not give one.
    ///   - limits: They hold for each file, and the number of policies also for all together.
    /// - Returns: The set, unless there is an error, and every finding.
    public static func parse(
        files: [PolicySource], naming: PolicyNaming = .annotation, limits: PolicyLimits = PolicyLimits()
    ) -> PolicyParseResult {
        let texts = parse(files.filter { $0.form == .text }, naming: naming, limits: limits)
        var set = texts.policies ?? PolicySet()
        var diagnostics = texts.diagnostics
        for source in files where source.form == .json {
            let result = json(source, naming: naming, limits: limits)
            diagnostics += result.diagnostics
            guard let read = result.policies else { continue }
            do throws(PolicySetError) { try set.merge(read) } catch {
                diagnostics.append(diagnostic(for: error, in: source))
            }
        }
        // Without all templates, links would be said to be wrong.
        if !diagnostics.contains(where: { $0.severity == .error }) {
            for source in files where source.form == .links {
                diagnostics += PolicyJSONReader.links(source, limits: limits, into: &set)
            }
        }
        let count = set.policies.count + set.templates.count + set.links.count
        if count > limits.maximumPolicies, let last = files.last {
            diagnostics.append(
                Diagnostic(
                    location: SourceLocation(file: last.file, line: 1, column: 1, offset: 0),
                    problem: "there are more than \(limits.maximumPolicies) policies in all"))
        }
        let failed = diagnostics.contains { $0.severity == .error }
        return PolicyParseResult(policies: failed ? nil : set, diagnostics: diagnostics)
    }

    private static func json(
        _ source: PolicySource, naming: PolicyNaming, limits: PolicyLimits
    ) -> PolicyParseResult {
        parse(anyJSON: source, limits: limits) { json in
            switch naming {
            case .sequential: "policy0"
            case .annotation: PolicyID(json["annotations"]?["id"]?.stringValue ?? "\(source.file)#0")
            }
        }
    }

    private static func diagnostic(for error: PolicySetError, in source: PolicySource) -> Diagnostic {
        switch error {
        case .duplicateID(let id, let first, let second):
            Diagnostic(
                location: second, problem: "the policy id `\(id)` is already used at \(first)", expected: "another id")
        case .unknownTemplate, .slotsDoNotFit:
            Diagnostic(
                location: SourceLocation(file: source.file, line: 1, column: 1, offset: 0), problem: error.description)
        }
    }
}
