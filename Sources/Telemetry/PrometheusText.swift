// SPDX-License-Identifier: Apache-2.0

/// Prometheus' text exposition format (version 0.0.4) while it is written.
package struct PrometheusText {
    package private(set) var text = ""
    private let help: [String: String]

    init(help: [String: String]) { self.help = help }

    /// Opens a family: its help and its type.
    package mutating func begin(_ name: String, _ type: String) {
        if let sentence = help[name] { text += "# HELP \(name) \(sentence)\n" }
        text += "# TYPE \(name) \(type)\n"
    }

    /// A family with one gauge per set of labels.
    package mutating func gauge(_ name: String, _ samples: [(labels: [(String, String)], value: Double)]) {
        guard !samples.isEmpty else { return }
        begin(name, "gauge")
        for sample in samples { self.sample(name, Self.labels(sample.labels), Self.number(sample.value)) }
    }

    /// A family with one counter that is kept elsewhere.
    package mutating func counter(_ name: String, _ value: UInt64) {
        begin(name, "counter")
        sample(name, "", String(value))
    }

    /// A family with counters that are kept elsewhere.
    package mutating func counters(_ name: String, _ samples: [(labels: [(String, String)], value: UInt64)]) {
        guard !samples.isEmpty else { return }
        begin(name, "counter")
        for sample in samples { self.sample(name, Self.labels(sample.labels), String(sample.value)) }
    }

    mutating func sample(_ name: String, _ labels: String, _ value: String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// Labels as they stand between braces, values escaped.
    static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { [UInt8(ascii: "\\"), UInt8(ascii: "\""), 0x0A].contains($0) }) else {
            return value
        }
        return value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int64(value)) }
        return String(value)
    }
}
