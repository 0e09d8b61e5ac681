// SPDX-License-Identifier: Apache-2.0

/// Bounds on what a schema may hold.
public struct SchemaLimits: Sendable, Hashable {
    /// The most bytes a schema text may have.
    public var maximumBytes: Int
    /// How deeply types may nest, common types counted as what they stand for; more than 64 counts as 64, which fits
    /// the stack of any thread.
    public var maximumNesting: Int
    /// The most entity types, common types and actions, each for itself.
    public var maximumDeclarations: Int
    /// The most findings that are kept.
    public var maximumDiagnostics: Int

    /// 4 MiB, nesting 64, 10,000 declarations of each sort, 1,000 findings unless said otherwise.
    public init(
        maximumBytes: Int = 1 << 22, maximumNesting: Int = 64, maximumDeclarations: Int = 10_000,
        maximumDiagnostics: Int = 1000
    ) {
        self.maximumBytes = maximumBytes
        self.maximumNesting = maximumNesting
        self.maximumDeclarations = maximumDeclarations
        self.maximumDiagnostics = maximumDiagnostics
    }

    /// The nesting that is accepted.
    var nesting: Int { min(maximumNesting, 64) }
}

/// What reading a schema brought: the schema, or the reasons why there is none.
public struct SchemaParseResult: Sendable {
    /// The schema; `nil` as soon as there is one error.
    public let schema: Schema?
    /// Every finding, warnings too.
    public let diagnostics: [Diagnostic]

    /// The schema, or all findings as one error.
    public func get() throws(DiagnosticsError) -> Schema {
        guard let schema else { throw DiagnosticsError(diagnostics: diagnostics) }
        return schema
    }
}
