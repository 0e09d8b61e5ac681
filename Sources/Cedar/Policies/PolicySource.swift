// SPDX-License-Identifier: Apache-2.0

/// One policy text with the name it goes by in messages and policy ids.
public struct PolicySource: Sendable {
    /// The name, for instance the path relative to the policy directory.
    public let file: String
    /// The UTF-8 text.
    public let bytes: [UInt8]

    /// Takes a text.
    public init(file: String, text: String) { self.init(file: file, bytes: Array(text.utf8)) }

    /// Takes the bytes of a file; invalid UTF-8 is reported when they are parsed.
    public init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }
}

/// How policies of a text get their ids.
public enum PolicyNaming: Sendable, Hashable {
    /// `@id("...")`, else `<file>#<n>`, n counting the file's policies and templates from 0.
    case annotation
    /// `policy<n>`, n counting all policies and templates from 0; `@id` is ignored.
    case sequential
}

/// Bounds on what is read.
public struct PolicyLimits: Sendable, Hashable {
    /// The most bytes one text may have.
    public var maximumBytes: Int
    /// The most policies that one parse may yield.
    public var maximumPolicies: Int
    /// How deeply brackets and other constructs may nest.
    public var maximumNesting: Int
    /// The most operands of one chain of operators.
    public var maximumOperands: Int
    /// The most findings that are kept.
    public var maximumDiagnostics: Int

    /// 1 MiB, 100,000 policies, nesting 256, 10,000 operands, 1,000 findings unless said otherwise.
    public init(
        maximumBytes: Int = 1 << 20, maximumPolicies: Int = 100_000, maximumNesting: Int = 256,
        maximumOperands: Int = 10_000, maximumDiagnostics: Int = 1000
    ) {
        self.maximumBytes = maximumBytes
        self.maximumPolicies = maximumPolicies
        self.maximumNesting = maximumNesting
        self.maximumOperands = maximumOperands
        self.maximumDiagnostics = maximumDiagnostics
    }
}

/// What parsing brought: a set, or the reasons why there is none.
public struct PolicyParseResult: Sendable {
    /// All policies; `nil` as soon as there is one error, so that no forbid is lost silently.
    public let policies: PolicySet?
    /// Every finding, in source order.
    public let diagnostics: [Diagnostic]

    /// The set, or all findings as one error.
    public func get() throws(DiagnosticsError) -> PolicySet {
        guard let policies else { throw DiagnosticsError(diagnostics: diagnostics) }
        return policies
    }
}

extension PolicySet {
    /// Parses one policy text, collecting every error.
    public static func parse(
        _ text: String, file: String, naming: PolicyNaming = .annotation, limits: PolicyLimits = PolicyLimits()
    ) -> PolicyParseResult {
        parse([PolicySource(file: file, text: text)], naming: naming, limits: limits)
    }
}
