// SPDX-License-Identifier: Apache-2.0

import AuditLog

/// What commands act on: the parts of the running service, or of a log that a command opened itself.
package struct ControlContext: Sendable {
    let audit: AuditTrail
    /// The service; `nil` when no process runs and the command opened the log for itself.
    let service: ServiceState?
    /// Who asks.
    let caller: ControlCaller

    /// The log.
    func log() throws(ControlProblem) -> AuditLog {
        guard let log = audit.log else {
            throw ControlProblem(.notPossible, "the audit log is off (`audit.mode: off`)")
        }
        return log
    }
}

/// The local user at the other end of the socket, as the kernel tells (never as the request says).
package struct ControlCaller: Sendable, Hashable {
    let userID: UInt32
    let processID: Int32
}
