// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Times as the command line takes them.
package enum CredentialTime {
    /// The current time, in whole seconds since the Unix epoch.
    package static var now: Int64 { Int64(Date().timeIntervalSince1970) }

    /// Seconds of a duration with a unit (`30s`, `24h`, `90d`); `nil` for anything else.
    package static func seconds(_ text: String) -> Int64? { ConfigurationUnits.duration(text)?.components.seconds }

    /// A moment: a duration from now on, Unix seconds, or `YYYY-MM-DDTHH:MM:SSZ`; `nil` for anything else.
    package static func moment(_ text: String, now: Int64) -> Int64? {
        if let seconds = seconds(text) { return now.addingReportingOverflow(seconds).partialValue }
        if let second = Int64(text), second > 0 { return second }
        return (try? Date(text, strategy: .iso8601)).map { Int64($0.timeIntervalSince1970) }
    }

    /// A moment for people.
    package static func text(_ second: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(second)).formatted(.iso8601)
    }
}
