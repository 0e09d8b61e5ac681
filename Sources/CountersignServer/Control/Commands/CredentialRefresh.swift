// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// `credentials.refresh`: takes over changed API keys and revocations now; the answer means that they are in force and
/// that the audit log tells of them.
package struct CredentialRefresh: Sendable {
    static let name = "credentials.refresh"

    package init() {}

    init(_ arguments: inout ControlArguments) throws(ControlProblem) {}

    var arguments: JSONObject { JSONObject() }

    func perform(in context: ControlContext) async throws(ControlProblem) -> JSONObject {
        guard let service = context.service, let upkeep = service.credentials else {
            throw ControlProblem(.notRunning, "no process serves this directory")
        }
        await upkeep.refresh()
        let status = upkeep.status
        guard !status.isBroken else {
            throw ControlProblem(.failed, "the deny list cannot be read; the one before stays in force")
        }
        var result = JSONObject()
        result["revocations"] = .number(JSONNumber(Int64(status.entries)))
        return result
    }
}
