// SPDX-License-Identifier: Apache-2.0

/// "Safe to read if the test was true": an attribute or a tag of what has a certain shape.
struct Capability: Hashable, Sendable {
    private let key: UInt64

    init(attribute: NameID, of shape: Int32) {
        key = UInt64(UInt32(bitPattern: shape)) << 32 | UInt64(UInt32(bitPattern: attribute.index)) << 1
    }

    init(tag: Int32, of shape: Int32) {
        key = UInt64(UInt32(bitPattern: shape)) << 32 | UInt64(UInt32(bitPattern: tag)) << 1 | 1
    }
}

/// One sort of request that the schema allows.
struct RequestEnvironment: Hashable {
    let principal: EntityTypeID
    let action: Int
    let resource: EntityTypeID
}

/// What checking an expression brings.
struct Typing {
    /// The type; `nil` after an error that leaves it unknown.
    let type: TypeID?
    /// What may be read where the expression is true.
    var capabilities: [Capability] = []

    init(_ type: TypeID?, _ capabilities: [Capability] = []) {
        self.type = type
        self.capabilities = capabilities
    }
}

/// Something wrong at a node, before it is known for which policy.
struct TypeProblem {
    let kind: ValidationFinding.Kind
    let offset: UInt32
    let problem: String
    let expected: String
}

/// Applies the type rules to the graph of one policy in one request environment after the other.
///
/// Recursion is as deep as the expressions nest, which the parser bounds.
struct TypeChecker {
    let model: SchemaModel
    /// The schema's types and those that conditions make; the names are lent by the one who lowers.
    var types: TypeTable
    /// The type of references to each entity type.
    let references: [TypeID]
    var graph = ConditionGraph()
    var entities: EntityLiterals
    var environment: RequestEnvironment?
    private(set) var problems: [TypeProblem] = []
    private var reported: Set<UInt64> = []
    /// The capabilities in force, with how many tests grant each.
    private var active: [Capability: Int] = [:]

    static let maximumProblems = 50

    init(model: SchemaModel) {
        self.model = model
        entities = EntityLiterals(model: model)
        var types = model.types
        references = model.entityTypes.indices.map { types.intern(.entity(EntityTypeID(index: Int32($0)))) }
        types.names = NameTable()
        self.types = types
    }

    /// Starts over with another policy.
    mutating func begin() {
        problems.removeAll(keepingCapacity: true)
        reported.removeAll(keepingCapacity: true)
    }

    /// Whether the conditions can be true in an environment.
    mutating func canHold(in environment: RequestEnvironment) -> Bool {
        self.environment = environment
        return conjunction(graph.roots).type != .no
    }

    // MARK: Problems

    /// Remembers a problem once per kind and place, whatever the number of environments.
    mutating func report(
        _ kind: ValidationFinding.Kind, at node: NodeID, _ problem: (Self) -> String,
        expected: (Self) -> String = { _ in "" }
    ) {
        let offset = graph[node].offset
        guard problems.count < Self.maximumProblems,
            reported.insert(UInt64(offset) << 8 | UInt64(kind.place)).inserted
        else { return }
        problems.append(
            TypeProblem(kind: kind, offset: offset, problem: problem(self) + place(), expected: expected(self)))
    }

    /// The request environment in words.
    private func place() -> String {
        guard let environment else { return "" }
        return
            " (when a `\(model[environment.principal].name)` asks for `\(model.actions[environment.action].uid)` on a "
            + "`\(model[environment.resource].name)`)"
    }

    func describe(_ type: TypeID) -> String { types.describe(type, model.entityTypes) }

    // MARK: Capabilities

    func isActive(_ capability: Capability) -> Bool { !active.isEmpty && active[capability] != nil }

    mutating func activate(_ capabilities: [Capability]) {
        for capability in capabilities { active[capability, default: 0] += 1 }
    }

    mutating func deactivate(_ capabilities: [Capability]) {
        for capability in capabilities {
            let count = active[capability] ?? 1
            active[capability] = count > 1 ? count - 1 : nil
        }
    }

    static func intersection(_ left: [Capability], _ right: [Capability]) -> [Capability] {
        if left.isEmpty || right.isEmpty { return [] }
        let other = Set(right)
        return left.filter(other.contains)
    }

    // MARK: Expectations

    /// Checks a node that must be Boolean; after an error it counts as one.
    mutating func boolean(_ node: NodeID) -> Typing {
        let typing = check(node)
        guard let type = typing.type else { return Typing(.bool, typing.capabilities) }
        if type.isBoolean { return typing }
        if type == .never { return Typing(.bool) }
        report(.unexpectedType, at: node, { "this is a `\($0.describe(type))`" }, expected: { _ in "a `Bool`" })
        return Typing(.bool)
    }

    /// Checks a node that must be of one type.
    mutating func expect(_ node: NodeID, _ wanted: TypeID) {
        guard let type = check(node).type, type != wanted, type != .never else { return }
        report(
            .unexpectedType, at: node, { "this is a `\($0.describe(type))`" },
            expected: { "a `\($0.describe(wanted))`" })
    }

    /// Checks a node that must be an entity, and gives its type.
    mutating func entity(_ node: NodeID, mayLackValue: Bool = true) -> EntityTypeID? {
        guard let type = check(node).type else { return nil }
        if case .entity(let id) = types[type] { return id }
        if type == .never, mayLackValue { return nil }
        report(.unexpectedType, at: node, { "this is a `\($0.describe(type))`" }, expected: { _ in "an entity" })
        return nil
    }

    /// Checks a node that must be a set, and gives the type of its elements.
    mutating func set(_ node: NodeID) -> TypeID? {
        guard let type = check(node).type else { return nil }
        if case .set(let element) = types[type] { return element }
        if type == .never { return nil }
        report(.unexpectedType, at: node, { "this is a `\($0.describe(type))`" }, expected: { _ in "a set" })
        return nil
    }

    /// Checks that two types have something in common.
    mutating func requireBound(_ left: TypeID?, _ right: TypeID?, at node: NodeID) -> TypeID? {
        guard let left, let right else { return nil }
        if let bound = types.leastUpperBound(left, right) { return bound }
        report(
            .incompatibleTypes, at: node,
            { "`\($0.describe(left))` and `\($0.describe(right))` have nothing in common" },
            expected: { _ in "the same type on both sides" })
        return nil
    }
}

extension ValidationFinding.Kind {
    /// The place among all kinds.
    fileprivate var place: Int { Self.places[self] ?? 0 }

    private static let places: [ValidationFinding.Kind: Int] = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($0.element, $0.offset) })
}
