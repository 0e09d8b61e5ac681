// SPDX-License-Identifier: Apache-2.0

/// The version of the program (Semantic Versioning).
package enum CountersignVersion {
    /// Such as `0.1.0`; raised by hand with the changelog.
    package static let text = "0.1.0"
}
