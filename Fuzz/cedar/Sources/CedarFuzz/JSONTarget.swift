// SPDX-License-Identifier: Apache-2.0

import StrictJSON

@testable import Cedar

/// JSON: both readers accept the same and read the same, findings lie inside the text and in its order, and whatever is
/// read has one canonical form, which is read again and is its own.
enum JSONTarget {
    static func run(_ input: [UInt8]) {
        let value = try? JSONValue.parse(input)
        let limits = DataLimits(maximumBytes: 1 << 20, maximumNesting: JSONLimits.standard.maximumDepth)
        let result = JSONDocument.parse(input, file: "f", limits: limits)
        let offsets = result.diagnostics.map(\.location.offset)
        expect(offsets.allSatisfy { $0 <= input.count }, "outside of the input: \(result.diagnostics)")
        expect(zip(offsets, offsets.dropFirst()).allSatisfy { $0 < $1 }, "out of order: \(result.diagnostics)")
        expect((result.document == nil) == !offsets.isEmpty, "a document exactly if there is no error")
        expect((value == nil) == (result.document == nil), "only one of the readers accepts it: \(result.diagnostics)")
        guard let value, let document = result.document else { return }
        expect(isSame(value, document.root), "the readers read different values")
        let canonical = value.canonicalBytes()
        guard let again = try? JSONValue.parse(canonical) else {
            return expect(false, "the canonical form is not read: \(String(decoding: canonical, as: UTF8.self))")
        }
        expect(
            again.canonicalBytes() == canonical,
            "the canonical form has another: \(String(decoding: canonical, as: UTF8.self))")
    }

    private static func isSame(_ value: JSONValue, _ node: JSONNode) -> Bool {
        switch value {
        case .null: node.isNull
        case .bool(let flag): node.boolValue == flag
        case .number(let number): node.kind == .number && node.int64Value == number.int64
        case .string(let text): node.isString(text) && node.stringValue.map { $0.hasSameBytes(as: text) } == true
        case .array(let elements):
            node.arrayValue?.count == elements.count
                && zip(elements, node.arrayValue.map(Array.init) ?? []).allSatisfy { isSame($0, $1) }
        case .object(let object):
            node.objectValue?.count == object.count
                && zip(object.members, node.objectValue.map(Array.init) ?? []).allSatisfy { mine, other in
                    other.isNamed(mine.key) && other.key.hasSameBytes(as: mine.key) && isSame(mine.value, other.value)
                }
        }
    }
}
