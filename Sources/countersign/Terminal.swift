// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Text for people and scripts.
enum Terminal {
    /// Writes a line to standard output at once.
    static func say(_ text: String) { put(Array((text + "\n").utf8)) }

    /// Writes bytes to standard output as they are; a reader that has gone away, such as `head`, is no error.
    static func put(_ bytes: [UInt8]) { try? FileHandle.standardOutput.write(contentsOf: Data(bytes)) }

    /// Writes a line to standard error at once.
    static func complain(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8)) }

    /// The path of this program, if it can be told.
    static var executable: String? { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") }

    /// Whether standard output is a terminal that wants colours.
    static var hasColours: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }

    /// The text in green or red on a terminal, else as it is.
    static func mark(_ text: String, isGood: Bool) -> String {
        hasColours ? "\u{1B}[\(isGood ? "32" : "31")m\(text)\u{1B}[0m" : text
    }
}
