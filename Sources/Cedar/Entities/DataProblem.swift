// SPDX-License-Identifier: Apache-2.0

/// A problem in data, with the path that leads to it from the outermost value.
struct DataProblem: Error, Sendable {
    private(set) var path: [JSONStep]
    let problem: String

    init(_ problem: String, at path: JSONStep...) { (self.path, self.problem) = (path, problem) }

    func inside(_ step: JSONStep) -> DataProblem {
        var result = self
        result.path.insert(step, at: 0)
        return result
    }

    /// The path in words, such as `[0].attrs.name`.
    var pathText: String {
        var text = ""
        for step in path {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let name): text += (text.isEmpty ? "" : ".") + name
            }
        }
        return text
    }

    /// The problem with its path in front.
    var text: String { path.isEmpty ? problem : "\(pathText): \(problem)" }
}
