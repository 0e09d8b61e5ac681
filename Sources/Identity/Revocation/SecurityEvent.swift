// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON

/// What one event of a security event token (RFC 8417) means for callers' credentials.
public struct SecurityEvent: Sendable, Hashable {
    /// What is to be done.
    public enum Action: Sendable, Hashable {
        /// Credentials no longer count.
        case revoke([Revocation])
        /// Accounts that the same transmitter disabled count again, if that was at or before this second.
        case enable(kind: Revocation.Kind, value: String, issuers: [String], at: Int64)
        /// Answers that were kept about tokens are to be asked for again; nothing else follows from the event.
        case acknowledge
    }

    /// The last part of the event's type, such as `session-revoked`.
    public let name: String
    /// What is to be done.
    public let action: Action
}

/// A security event token, verified (RFC 8417), with what follows from it.
public struct SecurityEventToken: Sendable {
    /// Why a verified token cannot be taken.
    public struct Refused: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong, in words for the transmitter.
        public let description: String
    }

    private static let caep = "https://schemas.openid.net/secevent/caep/event-type/"
    private static let risc = "https://schemas.openid.net/secevent/risc/event-type/"
    /// How long credentials that were issued before an event are refused: longer than they may live.
    private static let term: Int64 = 30 * 86_400

    /// The token's own name within the issuer.
    public let id: String
    /// When it was issued, in Unix seconds.
    public let issuedAt: Int64
    /// What it says.
    public let events: [SecurityEvent]

    /// Reads verified claims.
    ///
    /// - Parameters:
    ///   - claims: The claims.
    ///   - transmitter: The transmitter's name in the configuration.
    ///   - issuers: The issuers and providers that the transmitter may speak about.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Throws: ``Refused`` if the token says nothing that could be acted on, or speaks of others' callers.
    init(
        _ claims: JSONObject, transmitter: String, issuers: [String], now: Int64
    ) throws(Refused) {
        guard let id = claims["jti"]?.stringValue, !id.isEmpty, id.utf8.count <= 1024 else {
            throw Refused(description: "`jti` is missing")
        }
        guard let issuedAt = claims["iat"]?.numberValue.flatMap(Self.seconds) else {
            throw Refused(description: "`iat` is missing")
        }
        guard let events = claims["events"]?.objectValue, !events.isEmpty, events.members.count <= 16 else {
            throw Refused(description: "`events` must hold 1 to 16 events")
        }
        self.id = id
        self.issuedAt = issuedAt
        var found: [SecurityEvent] = []
        for event in events.members {
            let type = event.key
            guard let members = event.value.objectValue else {
                throw Refused(description: "`\(type)` is not an object")
            }
            let subject = claims["sub_id"] ?? members["subject"]
            let moment = (members["event_timestamp"] ?? claims["toe"])?.numberValue.flatMap(Self.seconds) ?? issuedAt
            let reader = Reader(
                transmitter: transmitter, issuers: issuers, subject: subject, at: min(moment, now), now: now)
            found.append(try Self.event(type, members, reader))
        }
        self.events = found
    }

    /// Seconds; some transmitters write milliseconds.
    private static func seconds(_ number: JSONNumber) -> Int64? {
        guard let value = number.double, value >= 0, value < 0x1p53 else { return nil }
        return Int64((value > 1e11 ? value / 1000 : value).rounded(.down))
    }

    private static func event(
        _ type: String, _ members: JSONObject, _ reader: Reader
    ) throws(Refused) -> SecurityEvent {
        let name = type.split(separator: "/").last.map(String.init) ?? type
        let action: SecurityEvent.Action
        switch type {
        case caep + "session-revoked", risc + "sessions-revoked", risc + "credential-compromise":
            action = .revoke(try reader.revocations(name, onlyOlder: true))
        case caep + "credential-change":
            // A credential that was added takes nothing away.
            let isNew = members["change_type"]?.stringValue == "create"
            action = isNew ? .acknowledge : .revoke(try reader.revocations(name, onlyOlder: true))
        case risc + "account-disabled", risc + "account-purged":
            action = .revoke(try reader.revocations(name, onlyOlder: false))
        case risc + "account-enabled": action = try reader.enabling()
        // Changed claims, levels and devices, the stream's own events, and what later standards add.
        default: action = .acknowledge
        }
        return SecurityEvent(name: String(name.prefix(64)), action: action)
    }

    /// Reads whom an event is about (RFC 9493).
    private struct Reader {
        let transmitter: String
        let issuers: [String]
        let subject: JSONValue?
        let at: Int64
        let now: Int64

        /// The names of the subject; a session stands for itself, without its user.
        private func names() throws(Refused) -> [(kind: Revocation.Kind, value: String, issuers: [String])] {
            guard let object = subject?.objectValue else { throw Refused(description: "the subject is missing") }
            let isComplex = object["format"] == nil || object["format"] == "complex"
            guard isComplex else { return [try name(object, .subject)] }
            if let session = object["session"]?.objectValue { return [try name(session, .session)] }
            if let user = object["user"]?.objectValue { return [try name(user, .subject)] }
            throw Refused(description: "the subject names neither `user` nor `session`")
        }

        private func name(
            _ object: JSONObject, _ kind: Revocation.Kind
        ) throws(Refused) -> (kind: Revocation.Kind, value: String, issuers: [String]) {
            func text(_ member: String) throws(Refused) -> String {
                guard let text = object[member]?.stringValue, !text.isEmpty, text.utf8.count <= 2048 else {
                    throw Refused(description: "the subject lacks `\(member)`")
                }
                return text
            }
            switch object["format"]?.stringValue {
            case "iss_sub":
                let issuer = try text("iss")
                guard issuers.contains(where: { $0.isSameBytes(as: issuer) }) else {
                    throw Refused(description: "the transmitter may not speak about the subject's issuer")
                }
                return (kind, try text("sub"), [issuer])
            case "opaque": return (kind, try text("id"), issuers)
            case "email" where kind == .subject: return (.email, try text("email"), issuers)
            case "jwt_id" where kind == .subject:
                let issuer = try text("iss")
                guard issuers.contains(where: { $0.isSameBytes(as: issuer) }) else {
                    throw Refused(description: "the transmitter may not speak about the subject's issuer")
                }
                return (.tokenID, try text("jti"), [issuer])
            default:
                throw Refused(description: "the subject's format must be iss_sub, opaque, email, jwt_id or complex")
            }
        }

        func revocations(_ cause: String, onlyOlder: Bool) throws(Refused) -> [Revocation] {
            try names().map { name in
                Revocation(
                    id: "", kind: name.kind, value: name.value, issuers: name.issuers,
                    issuedBefore: onlyOlder && name.kind != .session ? at : nil,
                    until: onlyOlder ? now.addingReportingOverflow(SecurityEventToken.term).partialValue : nil, at: at,
                    source: "shared_signals:\(transmitter)", cause: cause)
            }
        }

        func enabling() throws(Refused) -> SecurityEvent.Action {
            guard let name = try names().first else { return .acknowledge }
            return .enable(kind: name.kind, value: name.value, issuers: name.issuers, at: at)
        }
    }
}
