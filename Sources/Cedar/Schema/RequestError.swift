// SPDX-License-Identifier: Apache-2.0

/// Why a request does not fit the schema.
public enum RequestError: Error, Sendable, Hashable {
    /// The two parts of a request whose types an action names.
    public enum Part: String, Sendable, Hashable {
        /// Who asks.
        case principal
        /// What is asked for.
        case resource
    }

    /// The action is not declared.
    case unknownAction(EntityUID)
    /// The type of principal or resource is not declared.
    case unknownType(Part, EntityUID)
    /// The type is enumerated, and this is none of its entities.
    case notListed(Part, EntityUID, listed: [String])
    /// The action does not apply to such a principal or resource.
    case doesNotApply(Part, EntityUID, action: EntityUID, accepted: [EntityTypeName])
    /// The context is not what the action wants.
    case context(path: String, problem: String)
}

extension RequestError: CustomStringConvertible {
    /// What is wrong, and what would be accepted.
    public var description: String {
        switch self {
        case .unknownAction(let uid): "action `\(uid)` is not declared"
        case .unknownType(let part, let uid): "\(part.rawValue) `\(uid)`: the type `\(uid.type)` is not declared"
        case .notListed(let part, let uid, let listed):
            "\(part.rawValue) `\(uid)` is none of the entities of `\(uid.type)`; accepted: "
                + SchemaModel.listing(listed)
        case .doesNotApply(let part, let uid, let action, let accepted):
            "action `\(action)` does not apply to \(part.rawValue) `\(uid)`; accepted types: "
                + (accepted.isEmpty ? "none" : accepted.map { "`\($0)`" }.joined(separator: ", "))
        case .context(let path, let problem): path.isEmpty ? "context: \(problem)" : "context.\(path): \(problem)"
        }
    }
}
