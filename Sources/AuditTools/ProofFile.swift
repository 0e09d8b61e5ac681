// SPDX-License-Identifier: Apache-2.0

package import AuditLog
package import StrictJSON

/// A record with everything that proves it to be in the log: one JSON file that needs nothing else.
package struct ProofFile: Sendable {
    /// What a check found.
    package struct Finding: Sendable {
        /// The log's identity.
        package let origin: String
        /// The size of the tree that the proof leads to.
        package let size: UInt64
        /// The record's place.
        package let index: UInt64
        /// The record.
        package let record: JSONObject
        /// The log keys that signed the checkpoint, in text form.
        package let signers: [String]
        /// The configured witnesses that cosigned it, in text form.
        package let witnesses: [String]
        /// The disclosures that came with the proof, each what the record commits to.
        package let disclosures: [Disclosure]
    }

    /// Marks the form.
    package static let kind = "countersign-proof-v1"

    /// The file's content.
    package let json: JSONObject

    /// The content on one line.
    var line: String { String(decoding: JSONValue.object(json).canonicalBytes(), as: UTF8.self) }

    /// Makes the proof of an entry.
    ///
    /// - Parameters:
    ///   - entry: A record under a checkpoint.
    ///   - disclosures: The disclosures to add, in their text form.
    /// - Throws: ``AuditToolError/missing(_:)`` if no checkpoint covers the entry yet.
    package init(_ entry: LogReader.Entry, disclosures: [String] = []) throws(AuditToolError) {
        guard let proof = entry.proof, let note = entry.checkpoint else {
            throw .missing("entry \(entry.index) is durable but not yet under a checkpoint; try again in a second")
        }
        json = [
            "checkpoint": .string(String(decoding: note, as: UTF8.self)),
            "disclosures": .array(disclosures.map { .string($0) }),
            "hashes": .array(proof.hashes.map { .string($0.base64) }),
            "index": .number(JSONNumber(Int64(clamping: entry.index))), "kind": .string(Self.kind),
            "record": .string(String(decoding: entry.leaf, as: UTF8.self)),
        ]
    }

    /// Checks a file, trusting only the given keys.
    ///
    /// - Throws: ``AuditToolError/missing(_:)`` with what does not hold.
    package static func check(
        _ bytes: [UInt8], keys: [VerifierKey], witnesses: [VerifierKey] = [], quorum: Int = 0
    ) throws(AuditToolError) -> Finding {
        guard let object = try? JSONValue.parse(bytes).objectValue, object["kind"]?.stringValue == kind,
            let note = object["checkpoint"]?.stringValue, let leaf = object["record"]?.stringValue,
            let number = object["index"]?.int64Value, let index = UInt64(exactly: number),
            let hashes = object["hashes"]?.arrayValue, hashes.count <= 64,
            let opened = object["disclosures"]?.arrayValue
        else { throw .missing("it is no file of the kind `\(kind)`") }
        let (checkpoint, signers, cosigners) = try withLogErrors { () throws(AuditLogError) in
            try Checkpoint.verified(Array(note.utf8), keys: keys, witnesses: witnesses)
        }
        guard cosigners.count >= quorum else {
            throw .missing("cosigned by \(cosigners.count) of the \(quorum) witnesses needed")
        }
        let path = hashes.compactMap { $0.stringValue.flatMap { TreeHash(base64: $0) } }
        guard path.count == hashes.count,
            InclusionProof(index: index, size: checkpoint.size, hashes: path).leads(
                from: Array(leaf.utf8), to: checkpoint.root)
        else { throw .missing("the hashes do not lead from the record to the root that was signed") }
        guard let record = try? JSONValue.parse(Array(leaf.utf8)).objectValue,
            let disclosures = Disclosure.opening(opened, of: record)
        else { throw .missing("a disclosure is not what the record commits to") }
        return Finding(
            origin: checkpoint.origin, size: checkpoint.size, index: index, record: record,
            signers: signers.map(\.description), witnesses: cosigners.map(\.description), disclosures: disclosures)
    }
}
