// SPDX-License-Identifier: Apache-2.0

/// Makes tar archives for tests, sound and unsound ones.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    mutating func add(
        _ name: String, _ content: String = "", kind: Character = "0", link: String = "", size: Int? = nil
    ) {
        let content = Array(content.utf8)
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        put(String(name.prefix(100)), at: 0)
        put("0000644\0", at: 100)
        put(octal(size ?? content.count, 11), at: 124)
        put(octal(0, 11), at: 136)
        put(String(kind), at: 156)
        put(link, at: 157)
        put("ustar\0" + "00", at: 257)
        put("        ", at: 148)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
        bytes += block + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// A pax header with one record for the next member.
    mutating func addPax(_ key: String, _ value: String) {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count + 1
        while "\(length)".utf8.count + rest.utf8.count != length { length += 1 }
        add("pax", "\(length)\(rest)", kind: "x")
    }

    /// The whole archive with its end mark.
    var archive: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    private func octal(_ value: Int, _ width: Int) -> String {
        let digits = String(value, radix: 8)
        return String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}
