// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a protobuf message of the expected shape; offsets count from the start of the outermost message.
package enum ProtobufError: Error, Sendable, Hashable {
    /// A value would reach beyond the end of its message.
    case truncated(offset: Int)
    /// A varint of more than ten bytes, or one that needs more than 64 bits.
    case varintOverflow(offset: Int)
    /// A tag with field number 0 or one above 2^29 - 1.
    case fieldNumber(offset: Int)
    /// Wire type 6 or 7, an end of a group that never began, or a group in a group in a group (more than 16).
    case wireType(offset: Int)
    /// The field is there, but not in the form that its type has on the wire.
    case unexpectedWireType(field: UInt32, offset: Int)
    case invalidUTF8(field: UInt32, offset: Int)
    /// The caller's own limit on nesting was passed.
    case tooDeep(offset: Int)
}

extension ProtobufError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated(let offset): "value at byte \(offset) ends beyond its message"
        case .varintOverflow(let offset): "varint at byte \(offset) needs more than 64 bits"
        case .fieldNumber(let offset): "tag at byte \(offset) has a field number outside 1 to 536870911"
        case .wireType(let offset): "tag at byte \(offset) has a wire type that cannot stand there"
        case .unexpectedWireType(let field, let offset):
            "field \(field) at byte \(offset) has another wire type than its own"
        case .invalidUTF8(let field, let offset): "field \(field) at byte \(offset) is not valid UTF-8"
        case .tooDeep(let offset): "message at byte \(offset) is nested too deeply"
        }
    }
}
