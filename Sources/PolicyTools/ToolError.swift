// SPDX-License-Identifier: Apache-2.0

/// Why a file, directory or archive could not be taken.
package enum ToolError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It cannot be read.
    case unreadable(path: String, reason: String)
    /// It is an archive whose content is damaged or passes the limits.
    case damagedArchive(path: String, reason: String)
    /// It holds something that is not taken: a link that leaves the root, an absolute name, a device.
    case refused(path: String, reason: String)

    /// The path and the reason.
    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "`\(path)` cannot be read: \(reason)"
        case .damagedArchive(let path, let reason): "archive `\(path)` cannot be used: \(reason)"
        case .refused(let path, let reason): "`\(path)` is refused: \(reason)"
        }
    }
}
