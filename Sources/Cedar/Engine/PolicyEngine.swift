// SPDX-License-Identifier: Apache-2.0

/// Decides requests under one policy set and one base of entities; immutable and usable from every thread.
///
/// Every policy is evaluated, so that determining policies and errors are complete.
public final class PolicyEngine: Sendable {
    /// The policies that decide.
    public let policies: PolicySet
    /// The base entities.
    public let entities: EntityStore
    let universe: Universe

    /// Takes a snapshot of policies and base entities.
    ///
    /// - Parameters:
    ///   - policies: The policies.
    ///   - entities: The base entities, under whatever a request brings.
    ///   - keys: Record keys that requests will carry; naming them here makes preparing cheaper.
    public init(policies: PolicySet, entities: EntityStore = EntityStore(), keys: [String] = []) {
        self.policies = policies
        self.entities = entities
        var vocabulary = Vocabulary()
        for key in keys { _ = vocabulary.names.intern(key) }
        universe = Universe(vocabulary: vocabulary, entities: entities)
    }

    /// Decides a request whose parts are prepared: the fast path.
    ///
    /// - Throws: ``PreparationError/anotherEngine`` if a part belongs to another engine.
    public func authorize(
        _ request: PreparedRequest, entities: [PreparedEntities] = []
    ) throws(PreparationError) -> Response {
        guard accepts(request, entities) else { throw .anotherEngine }
        var overlay: [EntityUID: EntityStore.Node] = [:]
        for group in entities.reversed() {
            for node in group.nodes { overlay[node.entity.uid] = node }
        }
        let plain = Request(
            principal: universe.uid(of: request.principal.runtime), action: universe.uid(of: request.action.runtime),
            resource: universe.uid(of: request.resource.runtime), context: universe.record(request.context.storage))
        return ReferenceAuthorizer(policies: policies, entities: self.entities, overlay: overlay).authorize(plain)
    }

    /// Decides a request, preparing everything first.
    ///
    /// - Throws: ``EntityError`` if the entities contradict each other or their parents form a circle.
    public func authorize(_ request: Request, entities: [Entity] = []) throws(EntityError) -> Response {
        let overlay = entities.isEmpty ? [] : [try prepare(entities)]
        return (try? authorize(prepare(request), entities: overlay))
            ?? Response(decision: .deny, determining: [], errors: [])
    }

    private func accepts(_ request: PreparedRequest, _ entities: [PreparedEntities]) -> Bool {
        let identifier = universe.identifier
        for group in entities where group.universe != identifier { return false }
        let context = request.context.storage.universe
        return request.principal.universe == identifier && request.action.universe == identifier
            && request.resource.universe == identifier
            && (context == identifier || context == Universe.anyIdentifier)
    }
}

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
            members: store.map { loader.entity($0.entity, ancestors: $0.ancestors) }, nodes: store,
            universe: universe.identifier)
    }
}
