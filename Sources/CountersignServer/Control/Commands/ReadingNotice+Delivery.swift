// SPDX-License-Identifier: Apache-2.0

import AuditLog

extension ReadingNotice {
    /// Leaves the notice with the process that works on a log; returns without one where none does.
    ///
    /// The socket is looked for around the directory that the path really leads to, and around the path as it is given
    /// where that is the data directory of the same log: `audit` there may be a link to another disk.
    ///
    /// - Parameter directory: The audit directory, by whatever path.
    /// - Throws: Why the reading was not recorded, also if a process works on the log and does not listen.
    package func leave(log directory: String) async throws(ControlProblem) {
        guard let place = LogPlace(directory) else { return }
        var candidates = [place.parent]
        let given = LogPlace.parent(of: directory)
        if LogPlace(given + "/audit") == place, let data = LogPlace(given), data.path != place.parent {
            candidates.append(data.path)
        }
        for data in candidates {
            if try await ControlClient(data: data, timeout: 30).send(.reading(self)) != nil { return }
        }
        let isInUse: Bool
        do throws(AuditLogError) { isInUse = try place.isInUse() } catch {
            throw ControlProblem(.failed, "whether a process works on `\(place.path)` cannot be told: \(error)")
        }
        guard !isInUse else {
            throw ControlProblem(
                .notPossible,
                "a process works on `\(place.path)` and does not listen on `control.sock` in "
                    + candidates.map { "`\($0)`" }.joined(separator: " or ")
                    + "; name the audit directory by its path below the service's `data`, or wait until it has started")
        }
    }
}
