// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON

/// OCSF's own definitions of the classes and objects that our events use.
///
/// An event holds nothing that its class does not define, everything that it requires, and only values of the defined
/// types and enumerations; attributes of a profile only if the event names the profile.
struct OCSFSchema {
    private let schema: JSONObject

    init() throws {
        let url = Bundle.module.url(forResource: "OCSF/ocsf-1.7.0", withExtension: "json")
        guard let url, let object = try JSONValue.parse(Array(Data(contentsOf: url))).objectValue else {
            throw CocoaError(.fileReadCorruptFile)
        }
        schema = object
    }

    /// What in an event is not as the schema says.
    func problems(_ event: JSONObject) -> [String] {
        let uid = event["class_uid"]?.int64Value ?? 0
        guard let definition = schema["classes"]?.objectValue?[String(uid)]?.objectValue else {
            return ["class \(uid)"]
        }
        let metadata = event["metadata"]?.objectValue
        let profiles = Set(metadata?["profiles"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        let known = Set(definition["profiles"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        var problems = profiles.subtracting(known).map { "the class has no profile `\($0)`" }
        if definition["category_uid"] != event["category_uid"] { problems.append("category_uid") }
        if metadata?["version"] != schema["version"] { problems.append("metadata.version") }
        return problems + check(event, definition, profiles, "")
    }

    private func check(
        _ object: JSONObject, _ definition: JSONObject, _ profiles: Set<String>, _ path: String
    ) -> [String] {
        var problems: [String] = []
        let attributes = definition["attributes"]?.objectValue ?? JSONObject()
        func isInForce(_ attribute: JSONObject) -> Bool { attribute["p"]?.stringValue.map(profiles.contains) ?? true }
        for member in attributes.members {
            guard let attribute = member.value.objectValue, isInForce(attribute) else { continue }
            if attribute["r"] == "required", object[member.key] == nil {
                problems.append("\(path)\(member.key) is required")
            }
        }
        for member in object.members {
            guard let attribute = attributes[member.key]?.objectValue else {
                problems.append("\(path)\(member.key) is not defined")
                continue
            }
            if !isInForce(attribute) { problems.append("\(path)\(member.key) is of a profile that is not named") }
            if attribute["d"] == true { problems.append("\(path)\(member.key) is deprecated") }
            problems += check(member.value, attribute, profiles, path + member.key)
        }
        let wanted = definition["constraints"]?.objectValue?["at_least_one"]?.arrayValue?.compactMap(\.stringValue)
        if let wanted, !wanted.contains(where: { object[$0] != nil }) {
            problems.append("\(path) needs one of \(wanted.joined(separator: ", "))")
        }
        return problems
    }

    private func check(
        _ value: JSONValue, _ attribute: JSONObject, _ profiles: Set<String>, _ path: String
    ) -> [String] {
        guard attribute["a"] == true else { return checkOne(value, attribute, profiles, path) }
        guard let elements = value.arrayValue else { return ["\(path) is not an array"] }
        return elements.flatMap { checkOne($0, attribute, profiles, path + "[]") }
    }

    private func checkOne(
        _ value: JSONValue, _ attribute: JSONObject, _ profiles: Set<String>, _ path: String
    ) -> [String] {
        let type = attribute["t"]?.stringValue ?? ""
        if let name = attribute["o"]?.stringValue {
            guard let object = value.objectValue else { return ["\(path) is not an object"] }
            guard let definition = schema["objects"]?.objectValue?[name]?.objectValue else {
                return ["\(path): the extract of the schema lacks the object `\(name)`"]
            }
            // Without attributes of its own, anything may be in it.
            let isOpen = definition["attributes"]?.objectValue?.isEmpty ?? true
            return isOpen ? [] : check(object, definition, profiles, path + ".")
        }
        var problems: [String] = []
        if !isOf(type, value) { problems.append("\(path) is not of the type \(type)") }
        if let allowed = attribute["e"]?.arrayValue?.compactMap(\.stringValue) {
            let text = value.stringValue ?? value.int64Value.map { String($0) } ?? ""
            if !allowed.contains(text) { problems.append("\(path) has no value `\(text)`") }
        }
        return problems
    }

    private func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch type {
        case "boolean_t": return value.boolValue != nil
        case "integer_t": return value.int64Value.map { Int32(exactly: $0) != nil } ?? false
        case "long_t": return value.int64Value != nil
        case "json_t": return true
        case "string_t": return value.stringValue != nil
        default: break
        }
        guard let definition = schema["types"]?.objectValue?[type]?.objectValue,
            let base = definition["type"]?.stringValue, isOf(base, value)
        else { return false }
        guard let text = value.stringValue else { return true }
        if let limit = definition["max_len"]?.int64Value, text.count > Int(limit) { return false }
        guard let pattern = definition["regex"]?.stringValue else { return true }
        return text.range(of: pattern, options: .regularExpression) != nil
    }
}
