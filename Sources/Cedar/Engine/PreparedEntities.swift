// SPDX-License-Identifier: Apache-2.0

/// Entities that a caller brings beside the engine's own, closed and interned; worth keeping with a verified token.
///
/// They lie above the base entities: one with a base entity's identity replaces it for the request. Their ancestors
/// follow the parents inside this group, then the base entities. Base entities' ancestors never change, and groups
/// prepared apart do not see one another's parents.
public final class PreparedEntities: Sendable {
    /// Each identity once.
    let members: [EntityData]
    let universe: UInt64
    /// Open addressing over `members`; empty while a scan is faster.
    private let slots: [Int32]

    private static let scanLimit = 8

    init(members: [EntityData], universe: UInt64) {
        self.members = members
        self.universe = universe
        guard members.count > Self.scanLimit else {
            slots = []
            return
        }
        var size = 32
        while size < members.count * 2 { size *= 2 }
        var slots = [Int32](repeating: -1, count: size)
        for (place, member) in members.enumerated() {
            var index = Int(truncatingIfNeeded: member.uid.hash) & (size - 1)
            while slots[index] >= 0 { index = (index + 1) & (size - 1) }
            slots[index] = Int32(truncatingIfNeeded: place)
        }
        self.slots = slots
    }

    /// The member of a known identity.
    @inline(__always)
    func member(_ number: Int32) -> EntityData? {
        guard slots.isEmpty else { return indexed(.known(number)) }
        for member in members where member.number == number { return member }
        return nil
    }

    /// The member of an identity that the universe does not know.
    func member(_ uid: ForeignUID) -> EntityData? {
        guard slots.isEmpty else { return indexed(.foreign(uid)) }
        for member in members { if case .foreign(let other) = member.uid, other.isSame(as: uid) { return member } }
        return nil
    }

    @inline(never)
    private func indexed(_ uid: RuntimeUID) -> EntityData? {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: uid.hash) & mask
        while slots[index] >= 0 {
            let member = members[Int(slots[index])]
            if member.uid.isSame(as: uid) { return member }
            index = (index + 1) & mask
        }
        return nil
    }
}

/// A request in the form that one engine computes with.
public struct PreparedRequest: Sendable {
    /// Who asks.
    public var principal: PreparedUID
    /// What is to be done.
    public var action: PreparedUID
    /// On what.
    public var resource: PreparedUID
    /// What policies read as `context`.
    public var context: PreparedRecord

    /// Makes a request of prepared parts.
    public init(principal: PreparedUID, action: PreparedUID, resource: PreparedUID, context: PreparedRecord) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.context = context
    }
}

/// Why prepared parts cannot be used.
public enum PreparationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A part was prepared by another engine, for instance before a reload; prepare it again.
    case anotherEngine

    /// What was wrong.
    public var description: String { "a part of the request was prepared by another policy engine; prepare it again" }
}
