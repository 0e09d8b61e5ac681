// SPDX-License-Identifier: Apache-2.0

/// What a log signs (C2SP tlog-checkpoint): origin, size and root, nothing else.
public struct Checkpoint: Sendable, Hashable {
    /// The log's identity.
    public var origin: String
    /// The number of leaves.
    public var size: UInt64
    /// The root of the tree over them.
    public var root: TreeHash

    init(origin: String, size: UInt64, root: TreeHash) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// The three lines that are signed.
    var text: [UInt8] { Array("\(origin)\n\(size)\n\(root.base64)\n".utf8) }

    /// Reads the three lines; anything further is refused, since this log writes no extension lines.
    init(parsing text: [UInt8]) throws(SignedNote.Problem) {
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count == 4, lines[3].isEmpty else { throw .malformed("a checkpoint has exactly three lines") }
        guard !lines[0].isEmpty else { throw .malformed("the origin is empty") }
        let digits = String(decoding: lines[1], as: UTF8.self)
        guard let size = UInt64(digits), String(size) == digits else {
            throw .malformed("the size is not a decimal number without leading zeroes")
        }
        guard let bytes = Base64.decode(lines[2], .standard), let root = TreeHash(bytes) else {
            throw .malformed("the root is not base64 of 32 bytes")
        }
        self.init(origin: String(decoding: lines[0], as: UTF8.self), size: size, root: root)
    }

    /// The signed note.
    func note(signedBy keys: [LogSigningKey]) -> SignedNote {
        let text = text
        var signatures: [SignedNote.Signature] = []
        for key in keys {
            guard let bytes = key.signature(of: text) else { continue }
            let name = key.verifierKey.name
            signatures.append(SignedNote.Signature(name: name, keyID: key.verifierKey.keyID, bytes: bytes))
        }
        return SignedNote(text: text, signatures: signatures)
    }
}
