// SPDX-License-Identifier: Apache-2.0

package import AuditLog

/// A moment as people type it: a date, a time in UTC, or a span before now.
package struct Moment {
    /// Microseconds since the Unix epoch.
    package let microseconds: Int64

    /// Reads `2026-11-25`, `2026-11-25T08:00Z`, `2026-11-25T08:00:00Z` (with a fraction of six digits), `24h`, `7d`.
    package init?(_ text: String, now: AuditTimestamp) {
        let shapes = [
            "T00:00:00.000000Z": text.utf8.count == 10, ":00.000000Z": text.utf8.count == 17 && text.hasSuffix("Z"),
            ".000000Z": text.utf8.count == 20 && text.hasSuffix("Z"), "": true,
        ]
        for (suffix, fits) in shapes where fits {
            let whole = suffix.isEmpty || text.utf8.count == 10 ? text + suffix : text.dropLast() + suffix
            if let time = AuditTimestamp(parsing: whole.utf8) {
                microseconds = time.microseconds
                return
            }
        }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), count >= 0,
            count <= 1_000_000
        else { return nil }
        microseconds = now.microseconds - count * unit * 1_000_000
    }
}
