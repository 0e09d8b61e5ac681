// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How long each thread of this process has run, by its name, in microseconds.
struct ThreadClock {
    private(set) var microseconds: [String: Double] = [:]

    init() {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        for task in tasks {
            guard let name = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8),
                let times = try? String(contentsOfFile: "/proc/self/task/\(task)/schedstat", encoding: .utf8),
                let nanoseconds = times.split(separator: " ").first.flatMap({ Double($0) })
            else { continue }
            microseconds[name.trimmingCharacters(in: .newlines), default: 0] += nanoseconds / 1000
        }
    }

    /// What has passed since an earlier reading, for threads that ran.
    func since(_ earlier: ThreadClock) -> [(name: String, microseconds: Double)] {
        microseconds.map { ($0.key, $0.value - (earlier.microseconds[$0.key] ?? 0)) }
            .filter { $0.1 > 0 }.sorted { $0.1 > $1.1 }
    }
}
