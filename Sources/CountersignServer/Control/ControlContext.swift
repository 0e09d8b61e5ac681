// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

/// What commands act on: the parts of the running service, or of a log that a command opened itself.
package struct ControlContext: Sendable {
    let audit: AuditTrail
    /// The service; `nil` when no process runs and the command opened the log for itself.
    let service: ServiceState?
    /// Where the configuration stands.
    let source: ConfigurationSource
    /// Who asks.
    let caller: ControlCaller

    /// The log.
    func log() throws(ControlProblem) -> AuditLog {
        guard let log = audit.log else {
            throw ControlProblem(.notPossible, "the audit log is off (`audit.mode: off`)")
        }
        return log
    }

    /// Does something with the log; its errors become problems.
    func onLog<Result>(
        _ body: (AuditLog) async throws(AuditLogError) -> Result
    ) async throws(ControlProblem) -> Result {
        let log = try log()
        do throws(AuditLogError) { return try await body(log) } catch {
            switch error {
            case .notFound: throw ControlProblem(.notFound, "\(error)")
            case .held, .unusableKey, .invalidConfiguration, .severalIssuers:
                throw ControlProblem(.notPossible, "\(error)")
            case .alreadyInUse, .invalidOrigin, .exposedKey, .corrupted, .wouldFork, .storage, .diskFull, .queueFull,
                .turnedOff, .recordTooLarge, .invalidRecord, .closed:
                throw ControlProblem(.failed, "\(error)")
            }
        }
    }

    /// The members of an administrative record that say why, and who asked.
    func notes(reason: String, ticket: String?) -> JSONObject {
        var notes = JSONObject()
        notes.append("by", ["uid": .number(JSONNumber(Int64(caller.userID)))])
        notes.append("reason", .string(reason))
        if let ticket { notes.append("ticket", .string(ticket)) }
        return notes
    }

    static func result(of receipt: AuditReceipt) -> JSONObject {
        var result = JSONObject()
        if let index = receipt.leafIndex { result.append("record", .number(JSONNumber(Int64(clamping: index)))) }
        return result
    }
}

/// Where the configuration stands, to be read again.
struct ConfigurationSource: Sendable {
    let path: String
    let overrides: [String: String]

    func read() throws(ControlProblem) -> ServerConfiguration {
        let (configuration, problems) = ServerConfiguration.read(path, overrides: overrides)
        guard let configuration else {
            throw ControlProblem(.notPossible, problems.map(\.description).joined(separator: "\n"))
        }
        return configuration
    }
}

/// The local user at the other end of the socket, as the kernel tells (never as the request says).
package struct ControlCaller: Sendable, Hashable {
    let userID: UInt32
    let processID: Int32
}
