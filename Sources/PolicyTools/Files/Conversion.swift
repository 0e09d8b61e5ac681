// SPDX-License-Identifier: Apache-2.0

import Cedar
import StrictJSON

/// Turns policies and schemas from Cedar's syntax into JSON and back.
package struct Conversion {
    /// The result; `nil` if there are problems.
    package private(set) var output: [UInt8]?
    /// Why there is no result, and warnings.
    package private(set) var problems: [FileProblem] = []

    /// Converts a file to the other form than it has.
    ///
    /// - Parameters:
    ///   - path: The file, or `-` for standard input.
    ///   - isSchema: Whether it is a schema; `nil` to tell by the file's name.
    ///   - keepsIDs: Whether ids in JSON and `@id` annotations in text stand for one another.
    package init(path: String, isSchema: Bool? = nil, keepsIDs: Bool = false) {
        guard let bytes = PolicyPaths.read(path, &problems) else { return }
        let result: [UInt8]? =
            isSchema ?? Self.namesSchema(path)
            ? schema(bytes, path) : policies(bytes, path, keepsIDs ? .annotation : .sequential)
        if !problems.contains(where: { $0.severity == .error }) { output = result }
    }

    private static func namesSchema(_ path: String) -> Bool {
        [".cedarschema", ".cedarschema.json", ".schema.json"].contains { path.hasSuffix($0) }
    }

    private mutating func schema(_ bytes: [UInt8], _ path: String) -> [UInt8]? {
        guard let schema = PolicyInput.schema(bytes, file: path, &problems) else { return nil }
        return PolicyInput.isJSON(bytes) ? Array(schema.cedarText().utf8) : IndentedJSON.text(schema.json())
    }

    private mutating func policies(_ bytes: [UInt8], _ path: String, _ naming: PolicyNaming) -> [UInt8]? {
        guard let set = PolicyInput.policies(bytes, file: path, naming: naming, &problems) else { return nil }
        return PolicyInput.isJSON(bytes) ? text(set, path, namesPolicies: naming == .annotation) : json(set, path)
    }

    private mutating func text(_ set: PolicySet, _ path: String, namesPolicies: Bool) -> [UInt8]? {
        problems += set.textProblems.map { FileProblem(file: path, message: $0) }
        let text = set.cedarText(namesPolicies: namesPolicies)
        let source = PolicySource(file: path, text: text)
        let formatter = PolicyFormatter(limits: PolicyLimits(maximumBytes: source.bytes.count))
        guard case .formatted(let bytes) = formatter.format(source) else { return source.bytes }
        return bytes
    }

    private mutating func json(_ set: PolicySet, _ path: String) -> [UInt8]? {
        let bytes = set.json()
        // Long chains of operators nest in JSON, and readers have limits.
        let again = PolicySet.parse(json: bytes, file: path, limits: PolicyLimits(maximumBytes: bytes.count))
        guard again.policies?.json() == bytes else {
            let reason = again.diagnostics.first.map { ": \($0.problem)" } ?? ""
            problems.append(FileProblem(file: path, message: "its JSON could not be read back\(reason)"))
            return nil
        }
        return IndentedJSON.text(bytes)
    }

    /// The run as a JSON object: `output`, or `problems`.
    package func json() -> [UInt8] {
        var object = JSONObject()
        object["problems"] = .array(problems.map(\.json))
        if let output { object["output"] = .string(String(decoding: output, as: UTF8.self)) }
        return JSONValue.object(object).canonicalBytes()
    }
}
