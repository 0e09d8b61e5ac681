// SPDX-License-Identifier: Apache-2.0

/// A node of a ``ConditionGraph``, by number.
typealias NodeID = Int32

/// The conditions of one policy in the few forms the type rules know.
///
/// `!=`, `>`, `>=`, `is in` and paths after `has` are spelled out; names, types and entities are numbers. Every node
/// knows its shape: nodes of equal structure have equal shapes, wherever they stand.
struct ConditionGraph {
    enum Operation {
        case bool(Bool)
        case long
        case string
        case entity(Int32)
        case principal, action, resource, context
        case not(NodeID)
        case and(Range<Int>)
        case or(Range<Int>)
        case conditional(NodeID, NodeID, NodeID)
        case equal(NodeID, NodeID)
        case order(NodeID, NodeID)
        case isIn(NodeID, NodeID)
        case isType(NodeID, EntityTypeID?)
        /// Operands of `+`, `-`, `*` and the sign.
        case arithmetic(Range<Int>)
        case has(NodeID, NameID)
        case attribute(NodeID, NameID)
        case hasTag(NodeID, NodeID)
        case getTag(NodeID, NodeID)
        case like(NodeID)
        case contains(NodeID, NodeID)
        case containsMany(NodeID, NodeID)
        case isEmpty(NodeID)
        case call(ExtensionFunction, Range<Int>)
        case set(Range<Int>)
        /// The values, and where their names begin.
        case record(Range<Int>, names: Int)
    }

    struct Node {
        let operation: Operation
        let shape: Int32
        let offset: UInt32
        /// Whether this is a literal, so that it can be compared by its shape.
        var isLiteral = false
    }

    var nodes: [Node] = []
    /// Children of nodes that have many.
    var children: [NodeID] = []
    var fieldNames: [NameID] = []
    /// The conditions; all must hold.
    var roots: [NodeID] = []
    /// The request variables that are read.
    var variables: VariableSet = []
    /// Why constructors refuse their literals.
    var refusals: [NodeID: String] = [:]

    mutating func removeAll() {
        nodes.removeAll(keepingCapacity: true)
        children.removeAll(keepingCapacity: true)
        fieldNames.removeAll(keepingCapacity: true)
        roots.removeAll(keepingCapacity: true)
        variables = []
        refusals.removeAll(keepingCapacity: true)
    }

    subscript(_ node: NodeID) -> Node { nodes[Int(node)] }
}

struct VariableSet: OptionSet {
    let rawValue: UInt8
    static let principal = VariableSet(rawValue: 1)
    static let action = VariableSet(rawValue: 2)
    static let resource = VariableSet(rawValue: 4)
    static let context = VariableSet(rawValue: 8)
}

/// Structures of expressions, each once.
struct ShapeTable {
    struct Key: Hashable {
        let tag: Tag
        var first: Int32 = 0
        var second: Int32 = 0
        var third: Int32 = 0
    }

    enum Tag: UInt8 {
        case bool, long, string, entity, variable, not, negate, and, or, conditional, equal, less, lessOrEqual, isIn
        case isType, add, subtract, multiply, has, attribute, hasTag, getTag, like, contains, containsAll, containsAny
        case isEmpty, call, argument, set, element, record, field
    }

    private var places: [Key: Int32] = [:]

    mutating func intern(_ tag: Tag, _ first: Int32 = 0, _ second: Int32 = 0, _ third: Int32 = 0) -> Int32 {
        let key = Key(tag: tag, first: first, second: second, third: third)
        if let known = places[key] { return known }
        let id = Int32(places.count)
        places[key] = id
        return id
    }

    /// Forgets everything once the table has grown large; shapes are compared within one policy only.
    mutating func trim() {
        if places.count > 1 << 16 { places = [:] }
    }
}
