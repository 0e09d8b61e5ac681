// SPDX-License-Identifier: Apache-2.0

extension PolicyEngine {
    /// Looks a record key up.
    public func key(_ name: String) -> RecordKey {
        RecordKey(name: universe.loader.name(name), text: ByteKey(name), universe: universe.identifier)
    }

    /// Prepares an identity.
    public func prepare(_ uid: EntityUID) -> PreparedUID {
        PreparedUID(runtime: universe.loader.uid(uid), universe: universe.identifier)
    }

    /// Prepares any value.
    public func prepare(_ value: Value) -> PreparedValue {
        PreparedValue(onFittingStack(value.depth) { universe.loader.value(value) }, universe: universe.identifier)
    }

    /// Prepares a record.
    public func prepare(_ record: Record) -> PreparedRecord {
        PreparedRecord(storage: onFittingStack(record.depth) { universe.loader.record(record) })
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
        let members = onFittingStack(entities.reduce(0) { max($0, $1.depth) }) {
            store.map { loader.entity($0.entity, ancestors: $0.ancestors) }
        }
        return PreparedEntities(members: members, universe: universe.identifier)
    }

    /// Translates data that nests `depth` deep; on this very stack if there is no other, which holds the 256 levels
    /// that JSON may have.
    private func onFittingStack<Result>(_ depth: Int, _ body: () -> Result) -> Result {
        depth > DeepStack.ordinaryDepth ? DeepStack.run(body) ?? body() : body()
    }
}
