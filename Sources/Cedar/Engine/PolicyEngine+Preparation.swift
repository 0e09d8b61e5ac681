// SPDX-License-Identifier: Apache-2.0

extension PolicyEngine {
    /// Looks a record key up.
    public func key(_ name: String) -> RecordKey {
        RecordKey(name: universe.names.find(name) ?? -1, text: ByteKey(name), universe: universe.identifier)
    }

    /// Prepares an identity.
    public func prepare(_ uid: EntityUID) -> PreparedUID {
        PreparedUID(runtime: universe.loader.uid(uid), universe: universe.identifier)
    }

    /// Prepares any value.
    public func prepare(_ value: Value) -> PreparedValue {
        PreparedValue(universe.loader.value(value), universe: universe.identifier)
    }

    /// Prepares a record.
    public func prepare(_ record: Record) -> PreparedRecord {
        PreparedRecord(storage: universe.loader.record(record))
    }

    /// Prepares a whole request.
    public func prepare(_ request: Request) -> PreparedRequest {
        PreparedRequest(
            principal: prepare(request.principal), action: prepare(request.action),
            resource: prepare(request.resource), context: prepare(request.context))
    }

    /// Prepares entities that go together, such as a principal with its groups.
    ///
    /// - Throws: ``EntityError/duplicate(_:)`` or ``EntityError/cycle(_:)``.
    public func prepare(_ entities: [Entity]) throws(EntityError) -> PreparedEntities {
        let store = try EntityStore.closing(entities, above: self.entities)
        let loader = universe.loader
        return PreparedEntities(
            members: store.map { loader.entity($0.entity, ancestors: $0.ancestors) }, universe: universe.identifier)
    }
}
