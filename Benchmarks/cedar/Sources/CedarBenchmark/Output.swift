// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Ends the run with a reason.
func stop(_ reason: String) -> Never {
    FileHandle.standardError.write(Data("cedar-benchmark: \(reason)\n".utf8))
    exit(1)
}

/// Writes results for people and for programmes.
enum Output {
    static func table(_ rows: [Measurement]) {
        print(
            "policies   ns/decision   conditions   allocations   of a default deny   load ms   validation ms   allowed   checked"
        )
        for row in rows {
            print(
                String(
                    format: "%8d   %11.0f   %10.2f   %11.2f   %17.2f   %7.1f   %13.1f   %7d   %7d", row.policies,
                    row.nanoseconds, row.evaluated, row.allocations, row.allocationsOfDefaultDeny, row.loadMilliseconds,
                    row.validationMilliseconds, row.allowed, row.checked))
        }
    }

    static func json(_ rows: [Measurement]) throws {
        let list = rows.map { row -> [String: Any] in
            [
                "policies": row.policies, "nanosecondsPerDecision": row.nanoseconds,
                "conditionsPerDecision": row.evaluated, "allocationsPerDecision": row.allocations,
                "allocationsPerDefaultDeny": row.allocationsOfDefaultDeny,
                "conditionsPerDefaultDeny": row.evaluatedOfDefaultDeny,
                "loadMilliseconds": row.loadMilliseconds, "validationMilliseconds": row.validationMilliseconds,
                "allowed": row.allowed, "decisions": row.decisions, "checkedAgainstReference": row.checked,
            ]
        }
        let bytes = try JSONSerialization.data(withJSONObject: list, options: [.sortedKeys])
        print(String(decoding: bytes, as: UTF8.self))
    }
}
