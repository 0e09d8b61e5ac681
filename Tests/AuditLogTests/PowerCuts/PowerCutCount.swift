// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// How many power cuts are tried; `COUNTERSIGN_POWER_CUTS` asks for more than the usual ones.
enum PowerCutCount {
    static let wanted = ProcessInfo.processInfo.environment["COUNTERSIGN_POWER_CUTS"].flatMap(Int.init) ?? 60

    /// Time enough for them on a busy machine.
    static let limit: TimeLimitTrait.Duration = .minutes(wanted > 1000 ? 240 : 30)
}
