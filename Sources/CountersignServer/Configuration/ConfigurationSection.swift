// SPDX-License-Identifier: Apache-2.0

import Yams

/// One thing that is wrong with a file.
package struct ConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file as the operator named it.
    package let file: String
    /// From 1; 0 when the whole file is meant.
    package let line: Int
    /// From 1; 0 where the line says enough.
    package let column: Int
    /// Such as `providers.acme.issuer`; empty when the whole file is meant.
    package let path: String
    /// What is wrong and what would be accepted.
    package let message: String
    /// Whether the service starts all the same.
    package let isWarning: Bool

    package init(file: String, line: Int, path: String, message: String, isWarning: Bool = false, column: Int = 0) {
        self.isWarning = isWarning
        self.column = column
        self.file = file
        self.line = line
        self.path = path
        self.message = message
    }

    /// `file:line: path: message`.
    package var description: String {
        let place = line > 0 ? "\(file):\(line):" + (column > 0 ? "\(column): " : " ") : "\(file): "
        return place + (isWarning ? "warning: " : "") + (path.isEmpty ? "" : "\(path): ") + message
    }
}

/// Collects every problem of a configuration, so that all are told at once.
final class ConfigurationProblems {
    private(set) var all: [ConfigurationProblem] = []
    /// Every key that was looked for, by its full path.
    private(set) var read: Set<String> = []
    /// Those among them that one value from outside of the file can replace.
    private(set) var replaceable: Set<String> = []

    func add(_ problem: ConfigurationProblem) { all.append(problem) }

    func note(_ path: String, replaceable isReplaceable: Bool) {
        read.insert(path)
        if isReplaceable { replaceable.insert(path) }
    }
}

/// One mapping of the YAML file while it is read: remembers which keys were asked for.
///
/// Overrides (environment and `--set`) replace scalar values by their full path.
struct ConfigurationSection {
    /// The path of this section; empty at the top.
    let path: String
    let line: Int
    let file: String
    let overrides: [String: String]
    private let mapping: Node.Mapping
    private let problems: ConfigurationProblems
    private var known: [String] = []

    init(
        path: String, line: Int, file: String, mapping: Node.Mapping, overrides: [String: String],
        problems: ConfigurationProblems
    ) {
        (self.path, self.line, self.file) = (path, line, file)
        (self.mapping, self.overrides, self.problems) = (mapping, overrides, problems)
    }

    /// The keys that stand in the file, in its order.
    var keys: [String] { mapping.keys.compactMap(\.string) }

    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Where a key stands; the line of the section if it is not there.
    func line(of key: String) -> Int { mapping.first { $0.key.string == key }?.key.mark?.line ?? line }

    func problem(_ key: String, _ message: String) {
        problems.add(ConfigurationProblem(file: file, line: line(of: key), path: path(of: key), message: message))
    }

    /// Says of every key that nobody asked for that it is not known.
    func rejectUnknownKeys() {
        for (key, _) in mapping where !known.contains(key.string ?? "") {
            let name = key.string ?? "?"
            let list = known.sorted().joined(separator: ", ")
            problem(name, "is not a known key; known keys: \(list)")
        }
    }

    /// Whether the key has a value, in the file or from outside of it.
    func has(_ key: String) -> Bool { keys.contains(key) || overrides[path(of: key)] != nil }

    private mutating func node(_ key: String, replaceable: Bool = false) -> Node? {
        known.append(key)
        problems.note(path(of: key), replaceable: replaceable)
        guard let node = mapping[Node(key)] else { return nil }
        if case .scalar(let scalar) = node, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            return nil
        }
        return node
    }

    /// The text of a scalar; `nil` and a problem if it is something else.
    mutating func text(_ key: String) -> String? {
        if let override = overrides[path(of: key)] {
            _ = node(key, replaceable: true)
            return override
        }
        guard let node = node(key, replaceable: true) else { return nil }
        guard case .scalar(let scalar) = node else {
            problem(key, "must be a single value, not a list or a mapping")
            return nil
        }
        return scalar.string
    }

    mutating func string(_ key: String) -> String? {
        if let text = text(key) { return text }
        if !hasProblem(at: key) { problem(key, "is missing") }
        return nil
    }

    mutating func string(_ key: String, default value: String) -> String { text(key) ?? value }

    private func hasProblem(at key: String) -> Bool { problems.all.contains { $0.path == path(of: key) } }

    mutating func bool(_ key: String, default value: Bool) -> Bool {
        guard let text = text(key) else { return value }
        switch text {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            problem(key, "must be `true` or `false`, got `\(text)`")
            return value
        }
    }

    mutating func int(_ key: String, in range: ClosedRange<Int>, default value: Int) -> Int {
        guard let text = text(key) else { return value }
        guard let number = Int(text), range.contains(number) else {
            problem(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound), got `\(text)`")
            return value
        }
        return number
    }

    /// A size such as `64KiB`, `16MiB` or a plain number of bytes.
    mutating func bytes(_ key: String, in range: ClosedRange<Int>, default value: Int) -> Int {
        guard let text = text(key) else { return value }
        guard let number = ConfigurationUnits.bytes(text), range.contains(number) else {
            problem(
                key,
                "must be a size from \(range.lowerBound) to \(range.upperBound) bytes such as `64KiB`, got `\(text)`"
            )
            return value
        }
        return number
    }

    mutating func duration(_ key: String, in range: ClosedRange<Duration>, default value: Duration) -> Duration {
        guard let text = text(key) else { return value }
        guard let duration = ConfigurationUnits.duration(text) else {
            problem(key, "must be a number with a unit (ms, s, m, h, d) such as `30s`, got `\(text)`")
            return value
        }
        guard range.contains(duration) else {
            let (low, high) = (ConfigurationUnits.text(range.lowerBound), ConfigurationUnits.text(range.upperBound))
            problem(key, "must be between \(low) and \(high), got `\(text)`")
            return value
        }
        return duration
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Choice.Type, default value: Choice
    ) -> Choice where Choice.RawValue == String {
        guard let text = text(key) else { return value }
        guard let choice = Choice(rawValue: text) else {
            let list = Choice.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            problem(key, "must be one of \(list), got `\(text)`")
            return value
        }
        return choice
    }

    /// A list of strings; a single string counts as a list of one.
    mutating func strings(_ key: String) -> [String]? {
        if let override = overrides[path(of: key)] {
            _ = node(key, replaceable: true)
            return override.split(separator: ",").map(String.init)
        }
        guard let node = node(key, replaceable: true) else { return nil }
        if case .scalar(let scalar) = node { return [scalar.string] }
        guard case .sequence(let sequence) = node else {
            problem(key, "must be a list of strings, got a mapping")
            return nil
        }
        var values: [String] = []
        for (index, element) in sequence.enumerated() {
            guard case .scalar(let scalar) = element else {
                problems.add(
                    ConfigurationProblem(
                        file: file, line: element.mark?.line ?? line, path: "\(path(of: key))[\(index)]",
                        message: "must be a string"
                    )
                )
                continue
            }
            values.append(scalar.string)
        }
        return values
    }

    /// A mapping below this one; `nil` if it is absent.
    mutating func section(_ key: String) -> ConfigurationSection? {
        guard let node = node(key) else { return nil }
        return section(node, path: path(of: key), key: key)
    }

    /// A mapping below this one, empty if it is absent.
    mutating func sectionOrEmpty(_ key: String) -> ConfigurationSection {
        section(key)
            ?? ConfigurationSection(
                path: path(of: key), line: line, file: file, mapping: Node.Mapping([]), overrides: overrides,
                problems: problems
            )
    }

    /// The mappings in a mapping by name, in the order of the file.
    mutating func namedSections(_ key: String) -> [(name: String, section: ConfigurationSection)] {
        guard let parent = section(key) else { return [] }
        return parent.mapping.compactMap { entry in
            guard let name = entry.key.string, Self.isName(name) else {
                parent.problem(
                    entry.key.string ?? "?", "is not a usable name; names consist of letters, digits, `-`, `_` and `.`"
                )
                return nil
            }
            if case .scalar(let scalar) = entry.value, scalar.string.isEmpty || scalar.string == "~" {
                return (name, parent.emptyChild(name, line: entry.key.mark?.line))
            }
            return parent.section(entry.value, path: parent.path(of: name), key: name).map { (name, $0) }
        }
    }

    private func emptyChild(_ name: String, line: Int?) -> ConfigurationSection {
        ConfigurationSection(
            path: path(of: name), line: line ?? self.line, file: file, mapping: Node.Mapping([]), overrides: overrides,
            problems: problems
        )
    }

    /// The mappings in a list, in order.
    mutating func listedSections(_ key: String) -> [ConfigurationSection] {
        guard let node = node(key) else { return [] }
        guard case .sequence(let sequence) = node else {
            problem(key, "must be a list of mappings")
            return []
        }
        return sequence.enumerated().compactMap { index, element in
            section(element, path: "\(path(of: key))[\(index)]", key: key)
        }
    }

    /// The elements of a list that may be strings or mappings with one key each.
    mutating func stringsOrPairs(_ key: String) -> [(text: String, value: String?)]? {
        guard let node = node(key) else { return nil }
        if case .scalar(let scalar) = node { return [(scalar.string, nil)] }
        if case .mapping(let pairs) = node {
            return pairs.compactMap { pair in
                guard let name = pair.key.string, let value = pair.value.string else {
                    problem(key, "must hold `name: value`")
                    return nil
                }
                return (name, value)
            }
        }
        guard case .sequence(let sequence) = node else {
            problem(key, "must be a list, or pairs of `name: value`")
            return nil
        }
        var found: [(text: String, value: String?)] = []
        for element in sequence {
            if let text = element.string {
                found.append((text, nil))
            } else if case .mapping(let pairs) = element, pairs.count == 1, let pair = pairs.first,
                let name = pair.key.string, let value = pair.value.string
            {
                found.append((name, value))
            } else {
                problem(key, "must hold strings, or `name: value`")
            }
        }
        return found
    }

    private func section(_ node: Node, path: String, key: String) -> ConfigurationSection? {
        guard case .mapping(let mapping) = node else {
            problems.add(
                ConfigurationProblem(
                    file: file, line: node.mark?.line ?? line, path: path,
                    message: "must be a mapping of keys to values"
                )
            )
            return nil
        }
        return ConfigurationSection(
            path: path, line: node.mark?.line ?? line, file: file, mapping: mapping, overrides: overrides,
            problems: problems
        )
    }

    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 128
            && text.utf8.allSatisfy {
                0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 | 0x20
                    || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains($0)
            }
    }
}
