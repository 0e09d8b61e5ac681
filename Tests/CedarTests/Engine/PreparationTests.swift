// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Preparation: parts made in advance give the answers of whole entities")
struct PreparationTests {
    private let policies = """
        permit (principal, action, resource in Api::"orders") when { resource.id == "7" && resource.owner == principal };
        forbid (principal, action, resource in Area::"closed");
        permit (principal, action, resource in Area::"north");
        permit (principal, action, resource is Route) when { resource.getTag("level") == 1 };
        forbid (principal, action, resource) when { resource has secret && resource.secret };
        """

    private func uid(_ type: String, _ id: String) -> EntityUID {
        EntityUID(type: EntityTypeName(normalized: type), id: id)
    }

    private func engine() throws -> PolicyEngine {
        let base = try EntityStore([
            Entity(
                uid: uid("Order", "7"),
                attributes: Record([("owner", .entity(uid("User", "alice"))), ("id", .string("7"))]),
                tags: Record([("level", .long(1))]), parents: [uid("Area", "north")]),
            Entity(uid: uid("Api", "orders"), parents: [uid("Area", "all")]),
            Entity(uid: uid("Area", "all"), parents: [uid("Area", "closed")]),
        ])
        let set = try PolicySet.parse(policies, file: "p.cedar", naming: .sequential).get()
        return PolicyEngine(policies: set, entities: base)
    }

    private func parts(_ engine: PolicyEngine, _ record: Record) -> [(RecordKey, PreparedValue)] {
        record.members.map { (engine.key($0.key), engine.prepare($0.value)) }
    }

    private let records = [
        Record(),
        Record([
            ("id", .string("7")), ("owner", .entity(EntityUID(type: EntityTypeName(normalized: "User"), id: "alice"))),
        ]),
        Record([("unnamed", .long(1)), ("secret", .bool(true))]),
    ]

    @Test("one entity made of parts decides like the whole entity", arguments: ["7", "8"], ["orders", "other"])
    func oneEntity(_ id: String, _ api: String) throws {
        let engine = try engine()
        let (order, parent) = (uid("Order", id), uid("Api", api))
        let request = Request(principal: uid("User", "alice"), action: uid("Action", "read"), resource: order)
        for record in records {
            for tags in [Record(), Record([("level", .long(1)), ("unnamed", .long(2))])] {
                let parts = try engine.prepareEntity(
                    engine.prepare(order), attributes: PreparedRecord(parts(engine, record)),
                    tags: engine.prepare(tags),
                    parents: engine.prepareParents([parent]))
                let whole = Entity(uid: order, attributes: record, tags: tags, parents: [parent])
                #expect(
                    try engine.authorize(engine.prepare(request), entities: [parts])
                        == engine.authorizeByReference(request, entities: [whole]))
            }
        }
    }

    @Test("what a request adds lies below what the base knows", arguments: ["7", "8"], ["orders", "other"])
    func extending(_ id: String, _ api: String) throws {
        let engine = try engine()
        let (order, parent) = (uid("Order", id), uid("Api", api))
        let request = Request(principal: uid("User", "alice"), action: uid("Action", "read"), resource: order)
        let known = engine.entities[order]
        for record in records {
            let parts = try engine.prepareEntity(
                extending: engine.prepare(order), attributes: parts(engine, record),
                parents: engine.prepareParents([parent]))
            let whole = Entity(
                uid: order,
                attributes: Record((record.members + (known?.attributes.members ?? [])).map { ($0.key, $0.value) }),
                tags: known?.tags ?? Record(), parents: [parent] + (known?.parents ?? []))
            #expect(
                try engine.authorize(engine.prepare(request), entities: [parts])
                    == engine.authorizeByReference(request, entities: [whole]))
        }
    }

    @Test("an entity that is its own parent is refused")
    func ownParent() throws {
        let engine = try engine()
        for id in ["7", "unnamed"] {
            let order = uid("Order", id)
            #expect(throws: EntityError.cycle(order)) {
                try engine.prepareEntity(
                    extending: engine.prepare(order), attributes: [], parents: engine.prepareParents([order]))
            }
        }
    }

    @Test("parts of another engine are refused when they are used, whatever they are mixed with")
    func anotherEngine() throws {
        let (mine, other) = (try engine(), try engine())
        let order = uid("Order", "7")
        let request = mine.prepare(Request(principal: order, action: order, resource: order))
        let record = PreparedRecord([(other.key("id"), .string("7"))])
        let mixtures = [
            try mine.prepareEntity(other.prepare(order), attributes: PreparedRecord()),
            try mine.prepareEntity(mine.prepare(order), attributes: record),
            try mine.prepareEntity(mine.prepare(order), attributes: PreparedRecord(), tags: record),
            try mine.prepareEntity(
                mine.prepare(order), attributes: PreparedRecord(), parents: other.prepareParents([uid("Api", "orders")])
            ),
            try mine.prepareEntity(
                extending: mine.prepare(order), attributes: [(other.key("id"), .string("7"))],
                parents: other.prepareParents([order])),
        ]
        for mixture in mixtures {
            #expect(throws: PreparationError.anotherEngine) { try mine.authorize(request, entities: [mixture]) }
        }
    }

    @Test("of repeated keys the last counts, however many members there are", arguments: [1, 5, 24, 25, 200])
    func repeatedKeys(_ count: Int) throws {
        let engine = PolicyEngine(policies: PolicySet(), keys: (0..<100).map { "k\($0)" })
        var random = SeededGenerator(seed: UInt64(count))
        let members = (0..<count).map { (name: "k\(random.below(count) * 3)", value: Value.long(Int64($0))) }
        let made = PreparedRecord(members.map { (engine.key($0.name), engine.prepare($0.value)) })
        let whole = Record(members.map { ($0.name, $0.value) })
        #expect(made.storage.isEqual(to: engine.prepare(whole).storage))
        #expect(engine.universe.record(made.storage) == whole)
    }
}
