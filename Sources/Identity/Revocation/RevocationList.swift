// SPDX-License-Identifier: Apache-2.0
public import Callout
import StrictJSON
import Synchronization

/// Revocations at one moment, found by what they name: immutable, replaced whole.
public struct RevocationList: Sendable {
    private var byName: [Revocation.Kind: [String: [Revocation]]] = [:]
    /// The entries.
    public let entries: [Revocation]

    /// Makes a list.
    public init(_ entries: [Revocation] = []) {
        self.entries = entries
        for entry in entries { byName[entry.kind, default: [:]][entry.value, default: []].append(entry) }
    }

    /// The entry that a caller's credential falls under; `nil` if it is not revoked.
    ///
    /// - Parameters:
    ///   - caller: The caller that the credential stands for.
    ///   - credential: The credential as it was presented.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: The entry.
    public func entry(for caller: AuthenticatedCaller, _ credential: Credential, now: Int64) -> Revocation? {
        let marks = caller.marks
        let provider = caller.principal.provider
        func find(_ kind: Revocation.Kind, _ value: String?) -> Revocation? {
            guard let value, let candidates = byName[kind]?[value] else { return nil }
            // `String` compares canonically equivalent texts as equal; these are names, so bytes count.
            return candidates.first {
                $0.value.isSameBytes(as: value) && $0.covers(marks, provider: provider, now: now)
            }
        }
        return find(.subject, marks.subject) ?? find(.client, marks.client) ?? find(.session, marks.session)
            ?? find(.tokenID, marks.tokenID) ?? find(.email, marks.email)
            ?? (byName[.token] == nil ? nil : find(.token, Self.name(of: credential)))
    }

    /// Whether a caller falls under an entry, whatever its credential's own bytes are.
    ///
    /// - Parameters:
    ///   - caller: The caller.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: Whether it is revoked.
    public func covers(_ caller: AuthenticatedCaller, now: Int64) -> Bool {
        entry(for: caller, .certificate, now: now) != nil
    }

    /// How a token revocation names a credential; `nil` for kinds that are no text.
    private static func name(of credential: Credential) -> String? {
        switch credential {
        case .bearer(let text), .proven(let text), .basic(let text): name(ofToken: text)
        case .certificate, .awsRequest: nil
        }
    }

    /// How a token revocation names a token: SHA-256 in base64url.
    public static func name(ofToken token: String) -> String {
        Base64URL.encode(TokenDigest(of: token.utf8Span.span).bytes)
    }
}

/// The deny list in force; replaced whole, and free of cost while it is empty.
public final class Revocations: Sendable {
    private let list = Mutex(RevocationList())
    private let isEmpty = Atomic<Bool>(true)
    private let refused = Atomic<Int>(0)

    /// Makes a deny list that denies nothing.
    public init() {}

    /// What is in force.
    public var current: RevocationList { list.withLock { $0 } }

    /// How many credentials were refused since the start.
    public var refusals: Int { refused.load(ordering: .relaxed) }

    /// Puts another list in force; every later check goes by it.
    public func replace(_ next: RevocationList) {
        list.withLock { $0 = next }
        isEmpty.store(next.entries.isEmpty, ordering: .releasing)
    }

    /// Checks that a caller's credential has not been revoked.
    ///
    /// - Parameters:
    ///   - caller: The caller that the credential stands for.
    ///   - credential: The credential as it was presented.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Throws: ``IdentityError/tokenRevoked``.
    public func check(
        _ caller: AuthenticatedCaller, _ credential: Credential, now: Int64
    ) throws(IdentityError) {
        guard !isEmpty.load(ordering: .acquiring) else { return }
        guard current.entry(for: caller, credential, now: now) == nil else {
            refused.wrappingAdd(1, ordering: .relaxed)
            throw .tokenRevoked
        }
    }
}
