// SPDX-License-Identifier: Apache-2.0

/// Something that is wrong, or surely not meant, in a policy that was checked against a schema.
public struct ValidationFinding: Sendable, Hashable, CustomStringConvertible {
    /// What sort of finding it is; the raw values are stable.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// An entity type that the schema does not declare.
        case unrecognizedEntityType = "unrecognized_entity_type"
        /// An action that the schema does not declare.
        case unrecognizedAction = "unrecognized_action"
        /// An enumerated entity type does not list the entity.
        case invalidEnumID = "invalid_enum_id"
        /// No action of the scope applies to any principal and resource of the scope.
        case invalidActionApplication = "invalid_action_application"
        /// An operand has the wrong type.
        case unexpectedType = "unexpected_type"
        /// Two types have nothing in common where one type is wanted.
        case incompatibleTypes = "incompatible_types"
        /// The type has no such attribute.
        case attributeNotFound = "attribute_not_found"
        /// An optional attribute is read without a test that it is there.
        case unsafeOptionalAccess = "unsafe_optional_access"
        /// A tag is read without a test that it is there.
        case unsafeTagAccess = "unsafe_tag_access"
        /// The entity type has no tags.
        case noTagsAllowed = "no_tags_allowed"
        /// An extension function is given too many or too few arguments.
        case wrongArgumentCount = "wrong_argument_count"
        /// An extension function refuses a literal.
        case invalidArgument = "invalid_argument"
        /// An extension value is not made from a literal.
        case nonLiteralConstructor = "non_literal_constructor"
        /// The type of `[]` is unknown.
        case emptySet = "empty_set"
        /// The function has no meaning outside of partial evaluation.
        case unknownFunction = "unknown_function"
        /// There was no memory to check the policy.
        case outOfMemory = "out_of_memory"
        /// The policy can never be satisfied.
        case impossiblePolicy = "impossible_policy"
        /// A string holds characters that change the direction of what is shown.
        case bidirectionalText = "bidirectional_text"
        /// A string mixes letters of several scripts.
        case mixedScripts = "mixed_scripts"
        /// A string consists of letters that look like others.
        case confusableText = "confusable_text"

        /// Whether the policy may be used all the same.
        public var severity: Diagnostic.Severity {
            switch self {
            case .unknownFunction, .impossiblePolicy, .bidirectionalText, .mixedScripts, .confusableText: .warning
            case .unrecognizedEntityType, .unrecognizedAction, .invalidEnumID, .invalidActionApplication,
                .unexpectedType, .incompatibleTypes, .attributeNotFound, .unsafeOptionalAccess, .unsafeTagAccess,
                .noTagsAllowed, .wrongArgumentCount, .invalidArgument, .nonLiteralConstructor, .emptySet,
                .outOfMemory:
                .error
            }
        }
    }

    /// What sort of finding it is.
    public let kind: Kind
    /// The policy, template or link.
    public let policy: PolicyID
    /// Where it is.
    public let location: SourceLocation
    /// What is wrong; user input stands in backticks.
    public let problem: String
    /// What would be accepted; empty when the problem says it all.
    public let expected: String

    /// One line: place, severity, policy, problem, and what was expected.
    public var description: String {
        "\(location): \(kind.severity.rawValue): policy `\(policy)`: \(problem)"
            + (expected.isEmpty ? "" : "; expected \(expected)")
    }
}

/// What checking policies against a schema brought.
public struct ValidationResult: Sendable {
    /// What keeps the policies from being valid, in the order of the policies.
    public let errors: [ValidationFinding]
    /// What is allowed, but surely not meant.
    public let warnings: [ValidationFinding]

    /// Whether there are no errors.
    public var passed: Bool { errors.isEmpty }
}
