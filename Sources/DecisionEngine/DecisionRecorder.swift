// SPDX-License-Identifier: Apache-2.0

package import AuditLog
import NIOCore

/// Where records go.
package enum DecisionRecorder: Sendable {
    /// Into the log; a verdict is released when its record is durable.
    case log(AuditLog)
    /// Nowhere: for measurements on loopback only, refused elsewhere.
    case off

    var boot: String {
        switch self {
        case .log(let log): log.boot
        case .off: ""
        }
    }

    /// Records, then calls back on the event loop; `nil` means that the verdict may leave.
    func record(
        _ record: DecisionRecord, on eventLoop: any EventLoop, deadline: NIODeadline?,
        whenDurable: @escaping @Sendable (AuditLogError?) -> Void
    ) {
        switch self {
        case .off: whenDurable(nil)
        case .log(let log):
            record.withBytes { leaf, counterOffset, disclosures, release in
                log.append(
                    leaf: leaf, counterOffset: counterOffset, disclosures: disclosures, release: release, on: eventLoop,
                    deadline: deadline
                ) { result in
                    switch result {
                    case .success: whenDurable(nil)
                    case .failure(let error): whenDurable(error)
                    }
                }
            }
        }
    }
}
