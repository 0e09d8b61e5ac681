// SPDX-License-Identifier: Apache-2.0

/// Why an issuer could not be asked about a token; nothing of it is the caller's fault.
public enum IntrospectionFailure: Error, Sendable, Hashable {
    /// The issuer could not be reached in time; the text names the cause.
    case unreachable(String)
    /// The issuer does not accept this service's own credential (401 or 403).
    case refused(status: Int)
    /// The issuer answered with another status than 200.
    case status(Int)
    /// The answer is not what RFC 7662 or RFC 9701 asks for.
    case answer(String)
    /// This service's own credential could not be had.
    case ownCredential(String)
    /// The issuer has failed several times in a row and is left alone for a moment.
    case resting
    /// Nobody waited long enough for the answer.
    case notAnswered
}

extension IntrospectionFailure: CustomStringConvertible {
    /// One line for the operator; never a token or a secret.
    public var description: String {
        switch self {
        case .unreachable(let reason): "it cannot be reached: \(reason)"
        case .refused(let status): "it refuses this service's own credential with status \(status)"
        case .status(let status): "it answered with status \(status); 200 is expected"
        case .answer(let problem): "its answer \(problem)"
        case .ownCredential(let problem): "this service has no credential to ask with: \(problem)"
        case .resting: "it has failed repeatedly and is left alone for a moment"
        case .notAnswered: "it did not answer within the request's time"
        }
    }
}
