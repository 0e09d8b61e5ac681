// SPDX-License-Identifier: Apache-2.0

/// One step of a compiled condition.
///
/// An operand names a register, or with its bits inverted a constant. Registers 0 to 3 hold principal, action,
/// resource and context. Tests go on at `yes` or `no`; everything else goes on at the next instruction.
struct Instruction: Sendable {
    var operation: Operation
    /// The register that takes the result.
    var target: UInt16 = 0
    var left: Int32 = 0
    /// The second operand, or a number whose meaning the operation knows.
    var right: Int32 = 0
    var yes: Int32 = 0
    var no: Int32 = 0

    enum Operation: UInt8, Sendable {
        // Tests.
        case isTrue
        case equal
        case less, lessOrEqual, greater, greaterOrEqual
        case isIn
        /// `right` is the number of an identity.
        case isInKnown
        /// `right` is the number of a type.
        case isType
        /// `right` is the number of a name.
        case has
        case hasTag
        /// `right` is a pattern.
        case like
        case contains, containsAll, containsAny, isEmpty

        // Values.
        case copy
        /// `right` is the number of a name.
        case attribute
        case tag
        case add, subtract, multiply, negate
        /// Puts an operand on the list that sets and records are made of.
        case push
        /// `right` is the number of elements.
        case makeSet
        /// `right` is a record shape.
        case makeRecord
        /// `yes` is an extension function; `right` its second argument, the first again where it takes one.
        case call

        // Control.
        /// Goes on at `yes`.
        case jump
        /// `right` is an error.
        case fail
    }

    /// Where a condition ends.
    static let satisfied: Int32 = -1
    static let notSatisfied: Int32 = -2
}

/// What the instructions of all policies refer to.
struct ProgramTables: Sendable {
    var constants: [RuntimeValue] = []
    var patterns: [Pattern] = []
    var functions: [ExtensionFunction] = []
    var shapes: [RecordShape] = []
    var errors: [EvaluationError] = []
}

/// The keys of a record literal.
struct RecordShape: Sendable {
    /// Names in ascending order, with the place of the field that each belongs to.
    let members: [(name: Int32, field: Int)]

    init(names: [Int32]) {
        members = names.enumerated().map { (name: $1, field: $0) }.sorted { $0.name < $1.name }
    }
}
