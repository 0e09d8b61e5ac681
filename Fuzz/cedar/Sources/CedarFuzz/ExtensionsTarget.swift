// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

/// Texts of extension values: what is read is written in a form that is read as the same value.
enum ExtensionsTarget {
    static func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        if let value = try? DecimalValue(parsing: text) {
            expect((try? DecimalValue(parsing: value.description)) == value, "decimal: \(value)")
        }
        if let value = try? IPValue(parsing: text) {
            expect((try? IPValue(parsing: value.description)) == value, "ip: \(value)")
        }
        if let value = try? DatetimeValue(parsing: text) {
            expect((try? DatetimeValue(parsing: value.description)) == value, "datetime: \(value)")
        }
        if let value = try? DurationValue(parsing: text) {
            expect((try? DurationValue(parsing: value.description)) == value, "duration: \(value)")
        }
        if let name = EntityTypeName(text) {
            expect(EntityTypeName(name.text) == name, "name: \(name)")
        }
    }
}
