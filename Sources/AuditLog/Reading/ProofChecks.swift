// SPDX-License-Identifier: Apache-2.0

package import StrictJSON

extension Checkpoint {
    /// Reads a signed note, trusting only the given keys.
    ///
    /// - Returns: The checkpoint, the log keys that signed it, and the witnesses that cosigned it.
    /// - Throws: ``AuditLogError/corrupted(file:offset:problem:)`` if no key of the origin's name signed.
    package static func verified(
        _ note: [UInt8], keys: [VerifierKey], witnesses: [VerifierKey] = []
    ) throws(AuditLogError) -> (checkpoint: Checkpoint, signers: [VerifierKey], witnesses: [VerifierKey]) {
        do {
            let parsed = try SignedNote(parsing: note)
            let checkpoint = try Checkpoint(parsing: parsed.text)
            let signers = try parsed.signers(among: keys).filter { $0.name == checkpoint.origin }
            guard !signers.isEmpty else { throw SignedNote.Problem.unsigned }
            return (checkpoint, signers, parsed.cosigners(among: witnesses))
        } catch {
            throw .corrupted(file: "checkpoint", offset: 0, problem: "\(error)")
        }
    }
}

extension TreeHash {
    /// Reads standard base 64 of 32 bytes; `nil` for anything else.
    package init?(base64 text: String) {
        guard let bytes = Base64.decode(text.utf8, .standard) else { return nil }
        self.init(bytes)
    }
}

extension InclusionProof {
    /// Whether the proof leads from an entry to a root.
    package func leads(from leaf: [UInt8], to root: TreeHash) -> Bool {
        self.root(fromLeafHash: TreeHash.leaf(leaf)) == root
    }
}

extension Disclosure {
    /// Opens disclosures against a record; `nil` if one of them is not what the record commits to.
    package static func opening(_ texts: [JSONValue], of record: JSONObject) -> [Disclosure]? {
        let commitments = record["sd"]?.objectValue ?? JSONObject()
        var opened: [Disclosure] = []
        for text in texts {
            guard let text = text.stringValue, let disclosure = Disclosure(text, commitments: commitments) else {
                return nil
            }
            opened.append(disclosure)
        }
        return opened
    }
}

/// A text signed as a note by a log key (C2SP signed-note): what manifests are.
package enum NoteText {
    /// Signs a text; a final newline is added where it is missing.
    ///
    /// A checkpoint cannot be made this way: a text whose second line is a number is refused.
    package static func signed(_ text: String, by key: LogSigningKey) throws(AuditLogError) -> [UInt8] {
        let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count > 4, UInt64(String(decoding: lines[1], as: UTF8.self)) == nil else {
            throw .invalidRecord(problem: "a text of the form of a checkpoint is not signed")
        }
        guard let signature = key.signature(of: bytes) else {
            throw .unusableKey(path: key.verifierKey.name, problem: "cannot sign")
        }
        let name = key.verifierKey.name
        return SignedNote(
            text: bytes, signatures: [.init(name: name, keyID: key.verifierKey.keyID, bytes: signature)]
        ).bytes
    }

    /// The text of a note that one of the keys signed, with the names of the signers.
    package static func verified(
        _ note: [UInt8], keys: [VerifierKey]
    ) throws(AuditLogError) -> (text: [UInt8], signers: [VerifierKey]) {
        do {
            let parsed = try SignedNote(parsing: note)
            return (parsed.text, try parsed.signers(among: keys))
        } catch {
            throw .corrupted(file: "note", offset: 0, problem: "\(error)")
        }
    }
}
