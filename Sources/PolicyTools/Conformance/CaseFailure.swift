// SPDX-License-Identifier: Apache-2.0

/// One check that did not come out as the case says.
package struct CaseFailure: Sendable, Hashable, CustomStringConvertible {
    /// The case's name.
    package let name: String
    /// Which check of the case.
    package let check: String
    /// What the case says.
    package let expected: String
    /// What came out.
    package let actual: String

    init(_ name: String, _ check: String, expected: String, actual: String) {
        self.name = name
        self.check = check
        self.expected = expected
        self.actual = actual
    }

    /// One line for the listing.
    package var description: String {
        "FAIL \(PlainText.line(name)) \(check): expected \(PlainText.line(expected)) actual \(PlainText.line(actual))"
    }
}
