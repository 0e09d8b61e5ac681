// SPDX-License-Identifier: Apache-2.0

extension PolicySet {
    /// Parses several texts into one set, collecting every error of all of them.
    public static func parse(
        _ sources: [PolicySource], naming: PolicyNaming = .annotation, limits: PolicyLimits = PolicyLimits()
    ) -> PolicyParseResult {
        PolicyParseResult(policies: nil, diagnostics: [])
    }
}
