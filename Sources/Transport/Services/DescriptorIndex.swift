// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Which file describes which symbol, read once from the services' descriptors.
struct DescriptorIndex: Sendable {
    private struct File {
        let bytes: [UInt8]
        var dependencies: [String] = []
    }

    let serviceNames: [String]
    private var files: [String: File] = [:]
    private var fileOfSymbol: [String: String] = [:]

    init(_ services: [GRPCServiceDescription]) {
        serviceNames = services.map(\.name)
        for bytes in services.flatMap(\.fileDescriptors) {
            // A descriptor that cannot be read is not shown; calls do not need it.
            try? add(bytes)
        }
    }

    /// The file and everything that it imports, the file first.
    func files(named name: String) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var seen: Set<String> = []
        var waiting = [name]
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted, let file = files[next] else { continue }
            found.append(file.bytes)
            waiting += file.dependencies
        }
        return found
    }

    func files(containing symbol: String) -> [[UInt8]] {
        fileOfSymbol[symbol].map { files(named: $0) } ?? []
    }

    private mutating func add(_ descriptor: [UInt8]) throws(ProtobufError) {
        let bytes = descriptor.span
        var (name, package) = ("", "")
        var file = File(bytes: descriptor)
        var symbols: [(kind: UInt32, range: Range<Int>)] = []
        var reader = ProtobufReader(0..<bytes.count)
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: name = try field.string(in: bytes)
            case 2: package = try field.string(in: bytes)
            case 3: file.dependencies.append(try field.string(in: bytes))
            case 4, 5, 6: symbols.append((field.number, try field.range()))
            default: continue
            }
        }
        files[name] = file
        // Nested types wait in the same list, so nothing recurses.
        var waiting = symbols.map { (prefix: package, kind: $0.kind, range: $0.range) }
        while let (prefix, kind, range) = waiting.popLast() {
            var reader = ProtobufReader(range)
            var symbol = prefix
            var inner: [(kind: UInt32, range: Range<Int>)] = []
            while let field = try reader.next(in: bytes) {
                switch (kind, field.number) {
                case (_, 1): symbol += (prefix.isEmpty ? "" : ".") + (try field.string(in: bytes))
                case (4, 3): inner.append((4, try field.range()))
                case (4, 4): inner.append((5, try field.range()))
                case (6, 2): inner.append((0, try field.range()))
                default: continue
                }
            }
            fileOfSymbol[symbol] = name
            waiting += inner.map { (prefix: symbol, kind: $0.kind, range: $0.range) }
        }
    }
}
