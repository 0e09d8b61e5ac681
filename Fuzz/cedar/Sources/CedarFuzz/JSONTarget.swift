// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// Strict JSON: whatever is read has one canonical form, which is read again and is its own.
enum JSONTarget {
    static func run(_ input: [UInt8]) {
        guard let value = try? JSONValue.parse(input) else { return }
        let canonical = value.canonicalBytes()
        guard let again = try? JSONValue.parse(canonical) else {
            return expect(false, "the canonical form is not read: \(String(decoding: canonical, as: UTF8.self))")
        }
        expect(
            again.canonicalBytes() == canonical,
            "the canonical form has another: \(String(decoding: canonical, as: UTF8.self))")
    }
}
