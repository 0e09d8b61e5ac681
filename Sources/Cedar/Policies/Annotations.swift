// SPDX-License-Identifier: Apache-2.0

/// The annotations of a policy or of a schema item, in source order: `@id("refunds")`, `@reason("...")`.
///
/// The engine gives them no meaning.
public struct Annotations: Sendable, Hashable {
    /// One annotation.
    public struct Entry: Sendable, Hashable {
        /// The name after `@`; any identifier, reserved words too.
        public let name: String
        /// The value; `nil` when none was written.
        public let value: String?

        /// Makes an annotation.
        public init(name: String, value: String?) {
            self.name = name
            self.value = value
        }
    }

    /// All annotations; names differ.
    public internal(set) var entries: [Entry]

    /// Takes annotations whose names differ.
    public init(_ entries: [Entry] = []) { self.entries = entries }

    /// The value of an annotation: `nil` if it is absent, empty if it has none.
    public subscript(_ name: String) -> String? {
        entries.first { $0.name.hasSameBytes(as: name) }.map { $0.value ?? "" }
    }
}
