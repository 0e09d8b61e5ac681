// SPDX-License-Identifier: Apache-2.0

import Cedar

extension ConformanceCase {
    private static let limits = DataLimits(maximumBytes: 1 << 27, maximumNesting: 512)

    /// Reads a file; `nil` if it is no case: no JSON object, or one without an array of requests.
    ///
    /// - Throws: `DiagnosticsError` with every error of syntax.
    init?(_ bytes: [UInt8], file: String) throws(DiagnosticsError) {
        let root = try JSONDocument.parse(bytes, file: file, limits: Self.limits).get().root
        guard let object = root.objectValue, let list = object["requests"]?.arrayValue else { return nil }
        requestCount = list.count
        for member in object { field(member.key, member.value) }
        for input in Input.allCases where files[input] == nil {
            problems.append("field `\(input.rawValue)` is missing")
        }
        for (index, json) in list.enumerated() { request(json, index) }
    }

    private enum Field: String {
        case policies, entities, schema, policyFormat, schemaFormat, shouldValidate, requests, expectLoad
    }

    private mutating func field(_ name: String, _ value: JSONNode) {
        switch Self.known(name, Field.init(rawValue:)) {
        case .policies: file(.policies, value)
        case .entities: file(.entities, value)
        case .schema: file(.schema, value)
        case .policyFormat: policyFormat = format(name, value)
        case .schemaFormat: schemaFormat = format(name, value)
        case .shouldValidate:
            shouldValidate = value.boolValue
            if shouldValidate == nil { problems.append("field `shouldValidate` is no boolean") }
        case .requests: break
        case .expectLoad: loads(value)
        case nil: problems.append("unknown field `\(PlainText.line(name))`")
        }
    }

    /// A name among those of an enum, compared by bytes.
    private static func known<Known: RawRepresentable<String>>(
        _ name: String, _ make: (String) -> Known?
    ) -> Known? {
        guard let known = make(name), known.rawValue.utf8.elementsEqual(name.utf8) else { return nil }
        return known
    }

    private mutating func file(_ input: Input, _ value: JSONNode) {
        guard let name = value.stringValue else {
            problems.append("field `\(input.rawValue)` is no string")
            return
        }
        files[input] = name
    }

    private mutating func format(_ name: String, _ value: JSONNode) -> Format {
        guard let format = value.stringValue.flatMap({ Self.known($0, Format.init(rawValue:)) }) else {
            problems.append("field `\(name)` is neither `cedar` nor `json`")
            return .cedar
        }
        return format
    }

    private mutating func loads(_ value: JSONNode) {
        guard let object = value.objectValue else {
            problems.append("field `expectLoad` is no object")
            return
        }
        var expected: [Input: Bool] = [:]
        for member in object {
            guard let input = Self.known(member.key, Input.init(rawValue:)) else {
                problems.append("unknown field `expectLoad.\(PlainText.line(member.key))`")
                continue
            }
            if member.value.isString("ok") {
                expected[input] = true
            } else if member.value.isString("error") {
                expected[input] = false
            } else {
                problems.append("field `expectLoad.\(member.key)` is neither `ok` nor `error`")
            }
        }
        expectedLoads = expected
    }

    // MARK: Requests

    private enum RequestField: String {
        case description, principal, action, resource, context, validateRequest, decision, reason, errors
    }

    private mutating func request(_ json: JSONNode, _ index: Int) {
        let before = problems.count
        guard let object = json.objectValue else {
            problems.append("request \(index) is no object")
            return
        }
        for member in object where Self.known(member.key, RequestField.init(rawValue:)) == nil {
            problems.append("unknown field `requests[\(index)].\(PlainText.line(member.key))`")
        }
        let description = object["description"].map { text($0, "description", index) } ?? ""
        var isValidated = true
        if let value = object["validateRequest"] {
            isValidated = value.boolValue ?? true
            if value.boolValue == nil { problems.append("field `requests[\(index)].validateRequest` is no boolean") }
        }
        let word = required(object, "decision", index).flatMap { text($0, "decision", index) } ?? ""
        let decision = Self.known(word, Decision.init(rawValue:))
        if decision == nil, problems.count == before {
            problems.append("field `requests[\(index)].decision` is neither `allow` nor `deny`")
        }
        let reason = ids(object, "reason", index)
        let errors = ids(object, "errors", index)
        guard let principal = required(object, "principal", index), let action = required(object, "action", index),
            let resource = required(object, "resource", index), let decision, problems.count == before
        else { return }
        requests.append(
            Request(
                description: description ?? "", principal: principal, action: action, resource: resource,
                context: object["context"], isValidated: isValidated,
                expected: Outcome(decision: decision, reason: reason, errors: errors)))
    }

    private mutating func required(_ object: JSONNode.Members, _ name: String, _ index: Int) -> JSONNode? {
        guard let value = object[name] else {
            problems.append("field `requests[\(index)].\(name)` is missing")
            return nil
        }
        return value
    }

    private mutating func text(_ value: JSONNode, _ name: String, _ index: Int) -> String? {
        guard let text = value.stringValue else {
            problems.append("field `requests[\(index)].\(name)` is no string")
            return nil
        }
        return text
    }

    private mutating func ids(_ object: JSONNode.Members, _ name: String, _ index: Int) -> [PolicyID] {
        guard let value = required(object, name, index) else { return [] }
        guard let list = value.arrayValue else {
            problems.append("field `requests[\(index)].\(name)` is no array")
            return []
        }
        return list.compactMap { text($0, name, index) }.map { PolicyID($0) }
    }
}
