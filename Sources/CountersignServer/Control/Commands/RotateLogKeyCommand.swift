// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Foundation
import StrictJSON

/// `audit.rotate_key`: lets the key that `audit.next_key` names sign, together with the old one for 30 days.
///
/// The configuration file is read again: it must name the key already, so that the next start finds it whatever
/// happens. A file that is not there is made, with mode 0600.
package struct RotateLogKeyCommand: Sendable {
    static let name = "audit.rotate_key"

    package var reason: String
    package var ticket: String?

    package init(reason: String, ticket: String?) { (self.reason, self.ticket) = (reason, ticket) }

    init(_ arguments: inout ControlArguments) throws(ControlProblem) {
        reason = try arguments.string("reason")
        ticket = try arguments.optionalString("ticket")
    }

    var arguments: JSONObject {
        var object = JSONObject()
        object.append("reason", .string(reason))
        if let ticket { object.append("ticket", .string(ticket)) }
        return object
    }

    func perform(in context: ControlContext) async throws(ControlProblem) -> JSONObject {
        let configuration = try context.source.read()
        guard let path = configuration.audit.nextKey else {
            throw ControlProblem(
                .notPossible,
                "`audit.next_key` of `\(configuration.file)` must name the file of the new key, beside `audit.key`")
        }
        let key: LogSigningKey
        do throws(AuditLogError) {
            key =
                FileManager.default.fileExists(atPath: path)
                ? try LogSigningKey.load(path: path, outside: configuration.data)
                : try LogSigningKey.create(
                    path: path, origin: configuration.audit.origin, outside: configuration.data)
        } catch {
            throw ControlProblem(.failed, "\(error)")
        }
        let notes = context.notes(reason: reason, ticket: ticket)
        let receipt = try await context.onLog { log throws(AuditLogError) in try await log.rotate(to: key, notes: notes)
        }
        var result = ControlContext.result(of: receipt)
        result.append("key", .string(key.verifierKey.description))
        if let until = try context.log().status.rotationUntil {
            result.append("both_until", .string(until.description))
        }
        return result
    }
}
