// SPDX-License-Identifier: Apache-2.0

/// Decides requests under one policy set and one base of entities; immutable and usable from every thread.
///
/// Policies are compiled, and an index over their scopes finds those that can apply. A scope cannot fail, so
/// determining policies and errors are as complete as if every policy had been evaluated;
/// ``authorizeByReference(_:entities:)`` does that, for comparison.
public final class PolicyEngine: Sendable {
    /// The policies that decide.
    public let policies: PolicySet
    /// The base entities.
    public let entities: EntityStore
    let universe: Universe
    let compiled: CompiledPolicies

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
        vocabulary.add(policies.policies)
        vocabulary.add(policies.links.map(\.policy))
        let universe =
            DeepStack.run(depth: entities.depth) { Universe(vocabulary: vocabulary, entities: entities) }
            ?? Universe(vocabulary: vocabulary, entities: entities)
        self.universe = universe
        compiled = CompiledPolicies(policies, universe: universe)
    }

    /// Decides a request whose parts are prepared: the fast path.
    ///
    /// - Throws: ``PreparationError/anotherEngine`` if a part belongs to another engine.
    public func authorize(
        _ request: PreparedRequest, entities: [PreparedEntities] = []
    ) throws(PreparationError) -> Response {
        guard accepts(request, entities) else { throw .anotherEngine }
        let denied = Response(decision: .deny, determining: [], errors: [])
        return evaluate(request, entities, otherwise: denied) { $0.response(compiled) }
    }

    /// How many policies' conditions are evaluated for a request; the scopes ruled the others out.
    ///
    /// - Throws: ``PreparationError/anotherEngine`` if a part belongs to another engine.
    public func evaluatedPolicies(
        _ request: PreparedRequest, entities: [PreparedEntities] = []
    ) throws(PreparationError) -> Int {
        guard accepts(request, entities) else { throw .anotherEngine }
        return evaluate(request, entities, otherwise: 0) { $0.evaluated }
    }

    /// How many policies' scopes are tested for a request.
    func candidatePolicies(_ request: PreparedRequest) throws(PreparationError) -> Int {
        guard accepts(request, []) else { throw .anotherEngine }
        return evaluate(request, [], otherwise: 0) { $0.considered }
    }

    @inline(__always)
    private func evaluate<Result>(
        _ request: borrowing PreparedRequest, _ entities: [PreparedEntities], otherwise: Result,
        outcome: (borrowing Evaluation) -> Result
    ) -> Result {
        // Pointers lead into both, so they must last until the end.
        defer {
            withExtendedLifetime(self) {}
            withExtendedLifetime(entities) {}
        }
        let count = compiled.registers
        return withUnsafeTemporaryAllocation(of: EntityLookup.Group.self, capacity: entities.count) { groups in
            withUnsafeTemporaryAllocation(of: RuntimeValue.self, capacity: count) { values in
                withUnsafeTemporaryAllocation(of: UnsafePointer<RuntimeValue>.self, capacity: count) { places in
                    guard let values = values.baseAddress, let places = places.baseAddress else { return otherwise }
                    values.initialize(to: request.principal.runtime.value)
                    (values + 1).initialize(to: request.action.runtime.value)
                    (values + 2).initialize(to: request.resource.runtime.value)
                    (values + 3).initialize(to: .record(request.context.storage))
                    let variables = ConditionCompiler.firstFree
                    (values + variables).initialize(repeating: .bool(false), count: count - variables)
                    defer { for place in 0..<count { (values + place).deinitialize(count: 1) } }
                    for place in 0..<variables { (places + place).initialize(to: UnsafePointer(values + place)) }
                    for place in entities.indices { groups.initializeElement(at: place, to: .init(entities[place])) }
                    let lookup = EntityLookup(universe: universe, groups: UnsafeBufferPointer(groups))
                    var evaluation = Evaluation(
                        machine: Machine(
                            policies: compiled, universe: universe, entities: lookup, registers: places,
                            temporaries: values), principal: lookup.subject(request.principal.runtime),
                        action: lookup.subject(request.action.runtime),
                        resource: lookup.subject(request.resource.runtime))
                    evaluation.run()
                    return outcome(evaluation)
                }
            }
        }
    }

    /// Decides a request, preparing everything first.
    ///
    /// - Throws: ``EntityError`` if the entities contradict each other or their parents form a circle.
    public func authorize(_ request: Request, entities: [Entity] = []) throws(EntityError) -> Response {
        let overlay = entities.isEmpty ? [] : [try prepare(entities)]
        return (try? authorize(prepare(request), entities: overlay))
            ?? Response(decision: .deny, determining: [], errors: [])
    }

    /// Decides by evaluating every policy over plain values: slow and obvious, the oracle for everything else here.
    ///
    /// - Throws: ``EntityError`` if the entities contradict each other or their parents form a circle.
    public func authorizeByReference(_ request: Request, entities: [Entity] = []) throws(EntityError) -> Response {
        var overlay: [EntityUID: EntityStore.Node] = [:]
        for node in try EntityStore.closing(entities, above: self.entities) { overlay[node.entity.uid] = node }
        return ReferenceAuthorizer(policies: policies, entities: self.entities, overlay: overlay).authorize(request)
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
