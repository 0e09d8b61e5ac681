// SPDX-License-Identifier: Apache-2.0

import Cedar
import StrictJSON

extension Value {
    /// The Cedar value of a claim, or `nil` for what Cedar cannot express: `null` and numbers that are no integers.
    ///
    /// Elements of arrays and members of objects that cannot be expressed are left out.
    init?(_ json: JSONValue) {
        switch json {
        case .null: return nil
        case .bool(let flag): self = .bool(flag)
        case .number(let number):
            guard let integer = number.int64 else { return nil }
            self = .long(integer)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .set(elements.compactMap { Value($0) })
        case .object(let object): self = .record(Record(object))
        }
    }
}

extension Record {
    /// The members of an object that Cedar can express.
    init(_ object: JSONObject) {
        self.init(object.members.compactMap { member in Value(member.value).map { (member.key, $0) } })
    }
}
