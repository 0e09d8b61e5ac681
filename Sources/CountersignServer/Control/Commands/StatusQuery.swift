// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// `status`: how the process stands, as `/status` of the admin listener says it.
package struct StatusQuery: Sendable {
    static let name = "status"

    package init() {}

    init(_ arguments: inout ControlArguments) throws(ControlProblem) {}

    var arguments: JSONObject { JSONObject() }

    func perform(in context: ControlContext) throws(ControlProblem) -> JSONObject {
        guard let service = context.service else {
            throw ControlProblem(.notRunning, "no process serves this directory")
        }
        guard let status = try? JSONValue.parse(service.json).objectValue else {
            throw ControlProblem(.failed, "the status cannot be told")
        }
        return status
    }
}
