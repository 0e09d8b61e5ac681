// SPDX-License-Identifier: Apache-2.0

/// Walks the blocks of a tar archive.
struct TarReader {
    let bytes: [UInt8]
    let path: String
    let limits: TarArchive.Limits
    private(set) var members: [MemberPath: TarArchive.Member] = [:]
    private var position = 0
    /// What long-name and pax headers say about the next member.
    private var overrides = Overrides()
    private var globals = Overrides()
    private var count = 0

    private struct Overrides {
        var name: [UInt8]?
        var linkName: [UInt8]?
        var size: Int?
    }

    init(bytes: [UInt8], path: String, limits: TarArchive.Limits) {
        self.bytes = bytes
        self.path = path
        self.limits = limits
    }

    mutating func run() throws(ToolError) {
        while true {
            guard position + TarHeader.blockSize <= bytes.count else {
                throw damaged("it ends without its end mark")
            }
            let block = bytes[position..<(position + TarHeader.blockSize)]
            if block.allSatisfy({ $0 == 0 }) { return }
            guard let header = TarHeader(block) else {
                throw damaged("the header at byte \(position) is not one of a tar archive")
            }
            position += TarHeader.blockSize
            count += 1
            guard count <= limits.maximumMembers else {
                throw damaged("it has more than \(limits.maximumMembers) members")
            }
            try member(header)
        }
    }

    private func damaged(_ reason: String) -> ToolError { .damagedArchive(path: path, reason: reason) }

    private mutating func member(_ header: TarHeader) throws(ToolError) {
        switch header.kind {
        case .extended(let isGlobal):
            let records = try payload(header.size)
            if isGlobal { try readPax(records, into: &globals) } else { try readPax(records, into: &overrides) }
            return
        case .longName(let isLink):
            let text = Array(bytes[try payload(header.size)].prefix { $0 != 0 })
            if isLink { overrides.linkName = text } else { overrides.name = text }
            return
        case .file, .directory, .symbolicLink, .hardLink, .device, .unknown: break
        }
        let name = overrides.name ?? globals.name ?? header.name
        let target = overrides.linkName ?? globals.linkName ?? header.linkName
        let size = overrides.size ?? globals.size ?? header.size
        overrides = Overrides()
        guard let path = MemberPath(name) else { throw refused(name, "its name is absolute or holds `..`") }
        switch header.kind {
        case .file:
            let range = try payload(size)
            guard !path.components.isEmpty else { throw damaged("a file has no name") }
            members[path] = .file(range)
        case .directory: _ = try payload(size)
        case .symbolicLink:
            guard let target = path.parent.following(link: target) else {
                throw refused(name, "the link leaves the root")
            }
            members[path] = .link(target)
        case .hardLink:
            guard let target = MemberPath.root.following(link: target) else {
                throw refused(name, "the link leaves the root")
            }
            if target != path { members[path] = .link(target) }
        case .device: throw refused(name, "it is a device or a pipe")
        case .unknown(let flag): throw refused(name, "it is of kind \(flag), which is not known")
        case .extended, .longName: break
        }
    }

    private func refused(_ name: [UInt8], _ reason: String) -> ToolError {
        .refused(path: "\(path): \(String(decoding: name, as: UTF8.self))", reason: reason)
    }

    /// Takes the bytes of a member and what fills its last block.
    private mutating func payload(_ size: Int) throws(ToolError) -> Range<Int> {
        guard size <= bytes.count - position else { throw damaged("a member ends behind the end of the archive") }
        let range = position..<(position + size)
        let padding = (TarHeader.blockSize - size % TarHeader.blockSize) % TarHeader.blockSize
        position = min(bytes.count, range.upperBound + padding)
        return range
    }

    /// Reads pax records: `LENGTH KEY=VALUE\n`, the length counting the whole record.
    private func readPax(_ range: Range<Int>, into overrides: inout Overrides) throws(ToolError) {
        var rest = bytes[range]
        while !rest.isEmpty {
            guard let blank = rest.firstIndex(of: UInt8(ascii: " ")),
                let length = Int(String(decoding: rest[..<blank], as: UTF8.self)), length <= rest.count,
                length > blank - rest.startIndex + 1
            else { throw damaged("a pax header is malformed") }
            let record = rest[(blank + 1)..<(rest.startIndex + length)].dropLast()
            rest = rest.dropFirst(length)
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw damaged("a pax header is malformed")
            }
            let (key, value) = (record[..<equals], Array(record[(equals + 1)...]))
            if key.elementsEqual("path".utf8) {
                overrides.name = value
            } else if key.elementsEqual("linkpath".utf8) {
                overrides.linkName = value
            } else if key.elementsEqual("size".utf8) {
                guard let size = Int(String(decoding: value, as: UTF8.self)), size >= 0 else {
                    throw damaged("a pax header names no size")
                }
                overrides.size = size
            } else if key.starts(with: "GNU.sparse".utf8) {
                throw damaged("it holds a sparse file")
            }
        }
    }
}
