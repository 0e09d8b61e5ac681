// SPDX-License-Identifier: Apache-2.0

/// The body of `add-checkpoint` (C2SP tlog-witness): `old N`, proof lines, an empty line, the signed note.
struct WitnessRequest {
    static let maximumBytes = 64 << 10

    let old: UInt64
    let hashes: [TreeHash]
    let note: SignedNote

    init(old: UInt64, hashes: [TreeHash], note: SignedNote) { (self.old, self.hashes, self.note) = (old, hashes, note) }

    /// Reads a body; `nil` if it is not of this form.
    init?(parsing body: [UInt8]) {
        guard body.count <= Self.maximumBytes else { return nil }
        var lines = body.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        guard let first = lines.popFirst(), first.starts(with: "old ".utf8) else { return nil }
        let digits = String(decoding: first.dropFirst(4), as: UTF8.self)
        guard let old = UInt64(digits), String(old) == digits else { return nil }
        var hashes: [TreeHash] = []
        while let line = lines.popFirst(), !line.isEmpty {
            guard hashes.count < ConsistencyProof.maximumHashes, let bytes = Base64.decode(line, .standard),
                let hash = TreeHash(bytes)
            else { return nil }
            hashes.append(hash)
        }
        guard let start = lines.first?.startIndex, let note = try? SignedNote(parsing: Array(body[start...])) else {
            return nil
        }
        self.init(old: old, hashes: hashes, note: note)
    }

    var body: [UInt8] {
        var body = Array("old \(old)\n".utf8)
        for hash in hashes { body += "\(hash.base64)\n".utf8 }
        body.append(0x0A)
        return body + note.bytes
    }
}
