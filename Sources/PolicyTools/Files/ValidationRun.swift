// SPDX-License-Identifier: Apache-2.0

import Cedar
import StrictJSON

/// Checks files of policies, entities and requests against a schema.
package struct ValidationRun {
    /// Everything that was found, errors and warnings.
    package private(set) var problems: [FileProblem] = []
    /// Whether every input could be read.
    package private(set) var isReadable = true
    /// How many static policies, templates and links were checked.
    package private(set) var policyCount = 0

    /// Whether there is nothing but warnings.
    package var isValid: Bool { !problems.contains { $0.severity == .error } }

    /// Reads and checks.
    ///
    /// - Parameters:
    ///   - paths: Files, directories with policy files, or `-` for standard input.
    ///   - schema: The schema's file.
    ///   - entities: Files of entities.
    ///   - requests: Files of requests, one or an array of them each.
    package init(paths: [String], schema: String, entities: [String] = [], requests: [String] = []) {
        let parsedSchema = PolicyPaths.read(schema, &problems).flatMap {
            PolicyInput.schema($0, file: schema, &problems)
        }
        let policyFiles = PolicyPaths.expand(
            paths, kind: "`.cedar`, `.cedar.json` or `links.json`", &problems, where: PolicySource.isPolicyFile)
        let sources = policyFiles.compactMap { path in
            PolicyPaths.read(path, &problems).map { PolicySource(file: path, bytes: $0) }
        }
        let parsed = PolicySet.parse(files: sources, limits: PolicyInput.policyLimits)
        problems += parsed.diagnostics.map { FileProblem($0) }
        let policies = parsed.policies ?? PolicySet()
        let entityFiles = Self.read(entities, &problems)
        let requestFiles = Self.read(requests, &problems)
        isReadable = isValid
        guard let parsedSchema else { return }
        policyCount = policies.policies.count + policies.templates.count + policies.links.count
        let result = parsedSchema.validate(policies)
        problems += (result.errors + result.warnings).map { FileProblem($0) }
        for (path, bytes) in entityFiles {
            let result = EntityStore.parse(json: bytes, file: path, schema: parsedSchema)
            problems += result.diagnostics.map { FileProblem($0) }
        }
        for (path, bytes) in requestFiles {
            problems += parsedSchema.diagnose(requests: bytes, file: path).map { FileProblem($0) }
        }
    }

    private static func read(_ paths: [String], _ problems: inout [FileProblem]) -> [(path: String, bytes: [UInt8])] {
        var files: [(path: String, bytes: [UInt8])] = []
        for path in paths { if let bytes = PolicyPaths.read(path, &problems) { files.append((path, bytes)) } }
        return files
    }

    /// The run as a JSON object: `valid`, `policies` and `problems`.
    package func json() -> [UInt8] {
        let whole: JSONValue = [
            "valid": .bool(isValid), "policies": .number(JSONNumber(Int64(policyCount))),
            "problems": .array(problems.map(\.json)),
        ]
        return whole.canonicalBytes()
    }
}
