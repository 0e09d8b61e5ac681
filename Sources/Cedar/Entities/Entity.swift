// SPDX-License-Identifier: Apache-2.0

/// An entity: its identity, attributes, tags and parents.
public struct Entity: Sendable, Hashable {
    /// The identity.
    public var uid: EntityUID
    /// The attributes, read by `entity.name`.
    public var attributes: Record
    /// The tags, read by `entity.getTag("name")`.
    public var tags: Record
    /// The direct parents; they need not exist.
    public var parents: [EntityUID]

    /// Makes an entity.
    public init(uid: EntityUID, attributes: Record = Record(), tags: Record = Record(), parents: [EntityUID] = []) {
        self.uid = uid
        self.attributes = attributes
        self.tags = tags
        self.parents = parents
    }

    /// How deeply attributes and tags nest.
    var depth: Int { max(attributes.depth, tags.depth) }
}
