// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

/// Policies, entities and a request in one input, with a zero byte between them: both evaluators answer alike.
///
/// The request is `{"principal": uid, "action": uid, "resource": uid, "context": {}}` with the uids of entities files.
enum DecisionTarget {
    static func run(_ input: [UInt8]) {
        let parts = input.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
        guard parts.count == 3,
            let policies = PolicySet.parse([PolicySource(file: "f", bytes: parts[0])]).policies,
            let entities = try? EntityStore.parse(json: parts[1])
        else { return }
        let given = request(parts[2])
        Comparison.run(policies, entities, given.map { [$0] } ?? Scene.requests)
        guard let given else { return }
        overlay(policies, entities, given)
    }

    private static func request(_ bytes: [UInt8]) -> Request? {
        guard let json = JSONDocument.parse(bytes, file: "r").document?.root, let principal = uid(json["principal"]),
            let action = uid(json["action"]), let resource = uid(json["resource"]),
            let object = json["context"]?.objectValue, let context = try? ValueReader.record(object)
        else { return nil }
        return Request(principal: principal, action: action, resource: resource, context: context)
    }

    private static func uid(_ json: JSONNode?) -> EntityUID? {
        guard let json else { return nil }
        return try? ValueReader.uid(json)
    }

    /// The same entities brought with the request instead of in the base.
    private static func overlay(_ policies: PolicySet, _ entities: EntityStore, _ request: Request) {
        let engine = PolicyEngine(policies: policies)
        let (compiled, reference) = (
            try? engine.authorize(request, entities: entities.entities),
            try? engine.authorizeByReference(request, entities: entities.entities)
        )
        expect(
            compiled == reference,
            "overlay: compiled: \(String(describing: compiled)) reference: \(String(describing: reference))")
        let base = try? PolicyEngine(policies: policies, entities: entities).authorize(request)
        expect(compiled == base, "entities decide otherwise in the base: \(String(describing: base))")
    }
}
