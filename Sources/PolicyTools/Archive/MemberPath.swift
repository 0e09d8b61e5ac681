// SPDX-License-Identifier: Apache-2.0

/// A relative path without `.` and `..`; compares by bytes.
struct MemberPath: Hashable, Sendable {
    let components: [[UInt8]]

    /// The root itself.
    static let root = MemberPath(components: [])

    init(components: [[UInt8]]) { self.components = components }

    /// Reads a path; `nil` for an absolute one, one with `..`, or one with a NUL.
    init?(_ bytes: [UInt8]) {
        guard bytes.first != UInt8(ascii: "/"), !bytes.contains(0) else { return nil }
        var components: [[UInt8]] = []
        for part in bytes.split(separator: UInt8(ascii: "/")) {
            if part.elementsEqual("..".utf8) { return nil }
            if !part.elementsEqual(".".utf8) { components.append(Array(part)) }
        }
        self.components = components
    }

    init?(_ text: String) { self.init(Array(text.utf8)) }

    /// Where a link in this directory points; `nil` if it leaves the root.
    func following(link target: [UInt8]) -> MemberPath? {
        guard !target.isEmpty, target.first != UInt8(ascii: "/"), !target.contains(0) else { return nil }
        var components = components
        for part in target.split(separator: UInt8(ascii: "/")) {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                guard !components.isEmpty else { return nil }
                components.removeLast()
            } else {
                components.append(Array(part))
            }
        }
        return MemberPath(components: components)
    }

    var parent: MemberPath { MemberPath(components: components.dropLast()) }

    func appending(_ other: MemberPath) -> MemberPath { MemberPath(components: components + other.components) }

    var text: String { String(decoding: Array(components.joined(separator: [UInt8(ascii: "/")])), as: UTF8.self) }
}
