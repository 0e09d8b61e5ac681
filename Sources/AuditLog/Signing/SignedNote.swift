// SPDX-License-Identifier: Apache-2.0

/// A text with signatures (C2SP signed-note).
struct SignedNote: Sendable, Hashable {
    struct Signature: Sendable, Hashable {
        var name: String
        var keyID: UInt32
        var bytes: [UInt8]
    }

    enum Problem: Error, Hashable {
        case malformed(String)
        /// A known key's signature does not fit the text.
        case badSignature(key: String)
        /// None of the given keys signed.
        case unsigned
    }

    static let maximumBytes = 1 << 20
    private static let maximumSignatures = 100

    /// The signed text, with its final newline.
    var text: [UInt8]
    var signatures: [Signature]

    init(text: [UInt8], signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }

    init(parsing bytes: [UInt8]) throws(Problem) {
        guard bytes.count <= Self.maximumBytes else { throw .malformed("the note is larger than 1 MiB") }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .malformed("the note is not UTF-8") }
        guard !bytes.contains(where: { $0 < 0x20 && $0 != 0x0A }) else {
            throw .malformed("the note holds a control character")
        }
        guard bytes.last == 0x0A else { throw .malformed("the note does not end with a newline") }
        // The last empty line separates; signature lines are never empty.
        var split: Int?
        for index in stride(from: bytes.count - 2, through: 0, by: -1)
        where bytes[index] == 0x0A && bytes[index + 1] == 0x0A {
            split = index
            break
        }
        guard let split, split > 0 else { throw .malformed("no empty line before the signatures") }
        text = Array(bytes[...split])
        let lines = bytes[(split + 2)...].split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
        guard !lines.isEmpty else { throw .malformed("the note has no signature") }
        guard lines.count <= Self.maximumSignatures else { throw .malformed("the note has too many signatures") }
        signatures = []
        for line in lines { signatures.append(try Self.parse(line: line)) }
    }

    private static func parse(line: ArraySlice<UInt8>) throws(Problem) -> Signature {
        let dash = Array("\u{2014} ".utf8)
        guard line.starts(with: dash) else { throw .malformed("a signature line does not start with an em dash") }
        let parts = line.dropFirst(dash.count).split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let bytes = Base64.decode(parts[1], .standard), bytes.count > 4
        else { throw .malformed("a signature line is not `name base64`") }
        let name = String(decoding: parts[0], as: UTF8.self)
        guard !name.unicodeScalars.contains(where: { $0 == "+" || $0.properties.isWhitespace }) else {
            throw .malformed("a key name holds a space or `+`")
        }
        let keyID = bytes[..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Signature(name: name, keyID: keyID, bytes: Array(bytes[4...]))
    }

    /// The note as it stands in a file.
    var bytes: [UInt8] {
        var bytes = text
        bytes.append(0x0A)
        for signature in signatures { bytes += signature.line }
        return bytes
    }

    /// The log keys that signed; a bad signature of any known key spoils the note.
    func signers(among keys: [VerifierKey]) throws(Problem) -> [VerifierKey] {
        var signers: [VerifierKey] = []
        for key in keys where key.kind == .log && !signers.contains(key) {
            for signature in signatures where signature.keyID == key.keyID && signature.name == key.name {
                guard key.isValid(signature: signature.bytes, of: text) else { throw .badSignature(key: key.name) }
                if signers.last != key { signers.append(key) }
            }
        }
        if signers.isEmpty { throw .unsigned }
        return signers
    }
}

extension SignedNote.Problem: CustomStringConvertible {
    var description: String {
        switch self {
        case .malformed(let problem): problem
        case .badSignature(let key): "the signature of key `\(key)` does not fit the text"
        case .unsigned: "no signature of a given key"
        }
    }
}
