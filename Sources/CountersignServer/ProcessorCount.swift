// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore

/// How many processors the process may run on: at most what its control group grants, and those it is bound to.
enum ProcessorCount {
    static var usable: Int { max(1, min(System.coreCount, bound)) }

    /// The processors of the affinity mask; each event loop beyond them would only take turns with another.
    private static var bound: Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") })
        else { return .max }
        let count = line.dropFirst("Cpus_allowed:".count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        return count > 0 ? count : .max
    }
}
