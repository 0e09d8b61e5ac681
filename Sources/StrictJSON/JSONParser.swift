// SPDX-License-Identifier: Apache-2.0

/// What a text may cost before it is refused.
public struct JSONLimits: Sendable, Hashable {
    /// The longest text, in bytes.
    public var maximumBytes: Int
    /// How deep arrays and objects may be nested: 1 to 64, which fits the stack of any thread.
    public var maximumDepth: Int

    /// Makes limits; the depth is held within 1 to 64, since the parser recurses.
    public init(maximumBytes: Int, maximumDepth: Int) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = min(max(maximumDepth, 1), 64)
    }

    /// 1 MiB and 64 levels.
    public static let standard = JSONLimits(maximumBytes: 1 << 20, maximumDepth: 64)
}

extension JSONValue {
    /// Parses one JSON text strictly by RFC 8259 and I-JSON (RFC 7493).
    ///
    /// Refused are repeated member names at any depth, invalid UTF-8, lone surrogates, a byte order mark, raw control
    /// characters, and anything but white space behind the value.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - limits: Length and depth that are accepted.
    /// - Returns: The value.
    /// - Throws: ``JSONError`` with the position of the first problem.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        try parse(bytes.span, limits: limits)
    }

    /// Parses one JSON text from a view of bytes, as ``parse(_:limits:)`` does for an array.
    ///
    /// - Parameters:
    ///   - input: The text.
    ///   - limits: Length and depth that are accepted.
    /// - Returns: The value.
    /// - Throws: ``JSONError`` with the position of the first problem.
    public static func parse(_ input: Span<UInt8>, limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        guard input.count <= limits.maximumBytes else {
            throw JSONError(.tooLarge(limit: limits.maximumBytes), at: 0, in: input)
        }
        var parser = JSONParser(maximumDepth: limits.maximumDepth)
        parser.skipWhitespace(input)
        let value = try parser.value(input, depth: 0)
        parser.skipWhitespace(input)
        guard parser.position == input.count else { throw JSONError(.trailingBytes, at: parser.position, in: input) }
        return value
    }

    /// Parses one JSON text from raw memory, as ``parse(_:limits:)`` does for an array.
    ///
    /// - Parameters:
    ///   - buffer: The text; read only during the call.
    ///   - limits: Length and depth that are accepted.
    /// - Returns: The value.
    /// - Throws: ``JSONError`` with the position of the first problem.
    public static func parse(
        _ buffer: UnsafeRawBufferPointer,
        limits: JSONLimits = .standard
    ) throws(JSONError) -> JSONValue {
        try parse(buffer.assumingMemoryBound(to: UInt8.self).span, limits: limits)
    }
}

/// A recursive descent over the bytes; the recursion is bounded by `maximumDepth`.
struct JSONParser {
    let maximumDepth: Int
    var position = 0

    /// For so many members of the outermost object room is made at once: a token has about as many claims.
    private static let usualMembers = 12

    init(maximumDepth: Int) { self.maximumDepth = maximumDepth }

    mutating func skipWhitespace(_ input: Span<UInt8>) {
        while position < input.count {
            switch input[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    mutating func value(_ input: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        guard position < input.count else { throw JSONError(.unexpectedEnd, at: position, in: input) }
        switch input[position] {
        case UInt8(ascii: "{"): return .object(try object(input, depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(input, depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string(input))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number(input))
        case UInt8(ascii: "t"):
            try literal("true", input)
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false", input)
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null", input)
            return .null
        default: throw JSONError(.unexpected(expected: "a value"), at: position, in: input)
        }
    }

    private mutating func literal(_ word: StaticString, _ input: Span<UInt8>) throws(JSONError) {
        let start = position
        guard input.count - position >= word.utf8CodeUnitCount else {
            throw JSONError(.unexpectedEnd, at: input.count, in: input)
        }
        for index in 0..<word.utf8CodeUnitCount where input[start + index] != word.utf8Start[index] {
            throw JSONError(.unexpected(expected: "a value"), at: start, in: input)
        }
        position += word.utf8CodeUnitCount
    }

    private mutating func object(_ input: Span<UInt8>, depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= maximumDepth else { throw JSONError(.tooDeep(limit: maximumDepth), at: position, in: input) }
        position += 1
        var members: [JSONObject.Member] = []
        var names = MemberNames()
        skipWhitespace(input)
        if take(UInt8(ascii: "}"), input) { return JSONObject() }
        members.reserveCapacity(depth == 1 ? Self.usualMembers : 2)
        while true {
            let keyPosition = position
            guard position < input.count else { throw JSONError(.unexpectedEnd, at: position, in: input) }
            guard input[position] == UInt8(ascii: "\"") else {
                throw JSONError(.unexpected(expected: "a member name in quotes"), at: position, in: input)
            }
            let key = try string(input)
            let mark = NameMark(key)
            guard names.insert(key, mark, among: members) else {
                throw JSONError(.duplicateKey(key), at: keyPosition, in: input)
            }
            skipWhitespace(input)
            try expect(UInt8(ascii: ":"), "`:`", input)
            skipWhitespace(input)
            members.append(JSONObject.Member(key, try value(input, depth: depth), mark))
            skipWhitespace(input)
            if take(UInt8(ascii: "}"), input) { return JSONObject(distinct: members, marks: names.marks) }
            try expect(UInt8(ascii: ","), "`,` or `}`", input)
            skipWhitespace(input)
        }
    }

    private mutating func array(_ input: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= maximumDepth else { throw JSONError(.tooDeep(limit: maximumDepth), at: position, in: input) }
        position += 1
        var elements: [JSONValue] = []
        skipWhitespace(input)
        if take(UInt8(ascii: "]"), input) { return [] }
        while true {
            elements.append(try value(input, depth: depth))
            skipWhitespace(input)
            if take(UInt8(ascii: "]"), input) { return elements }
            try expect(UInt8(ascii: ","), "`,` or `]`", input)
            skipWhitespace(input)
        }
    }

    private mutating func take(_ byte: UInt8, _ input: Span<UInt8>) -> Bool {
        guard position < input.count, input[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8, _ name: String, _ input: Span<UInt8>) throws(JSONError) {
        guard position < input.count else { throw JSONError(.unexpectedEnd, at: position, in: input) }
        guard take(byte, input) else { throw JSONError(.unexpected(expected: name), at: position, in: input) }
    }
}

/// Finds repeated names: by comparison while there are few, by a set when there are many.
private struct MemberNames {
    private static let few = 16
    private var set: Set<[UInt8]> = []
    private(set) var marks = NameMark.Set()

    mutating func insert(_ key: String, _ mark: NameMark, among members: [JSONObject.Member]) -> Bool {
        let isNew = marks.insert(mark)
        if members.count < Self.few { return isNew || members.place(of: key, mark) == nil }
        if set.isEmpty { for member in members { set.insert(Array(member.key.utf8)) } }
        return set.insert(Array(key.utf8)).inserted
    }
}
