// SPDX-License-Identifier: Apache-2.0

package import Cedar

/// Policy sets, schemas and entities by their digests: `<data>/audit/sets/<64 hexadecimal digits>`.
///
/// Each file holds exactly the bytes that its name is the SHA-256 of, so that a record's `policy_set`, `schema` and
/// `entities` lead to what was in force, and nothing about the store has to be trusted.
///
/// A policy set is a sequence of fields, by turns the path of a file and its content; entities are a sequence of the
/// contents of files. A field is its length (64 bits, little endian) and its bytes. A schema is Cedar's JSON.
package struct SetStore: Sendable {
    private static let maximumBytes = 256 << 20

    private let folder: String

    /// Names the store of an audit directory.
    package init(directory: String) { folder = directory + "/sets" }

    /// Keeps some content; returns when it is on stable storage.
    ///
    /// - Parameters:
    ///   - bytes: The content.
    ///   - digest: `sha256:` and 64 hexadecimal digits.
    /// - Throws: ``AuditToolError/argument(_:)`` if the digest is another, ``AuditToolError/file(path:problem:)``.
    package func keep(_ bytes: [UInt8], digest: String) throws(AuditToolError) {
        guard FileDigest.hexadecimal(of: bytes) == Self.name(digest) else {
            throw .argument("`\(digest)` is not the digest of its content")
        }
        if let known = try? content(of: digest), known == bytes { return }
        try DurableFile.makeDirectory(folder)
        try DurableFile.write(bytes, to: "\(folder)/\(Self.name(digest))")
    }

    /// Remembers with which set a review was first recorded: `sets/<64 hexadecimal digits>.review`.
    ///
    /// - Parameters:
    ///   - review: The digest of the review.
    ///   - set: The digest of the policy set that it is to be recorded with.
    /// - Returns: The set that it was recorded with first; `set` itself if that was not recorded before.
    /// - Throws: ``AuditToolError/file(path:problem:)``.
    package func bind(review: String, to set: String) throws(AuditToolError) -> String {
        let path = "\(folder)/\(Self.name(review)).review"
        if let known = try DurableFile.read(path, limit: 4096) {
            return String(decoding: known, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
        }
        try DurableFile.makeDirectory(folder)
        try DurableFile.write(Array((set + "\n").utf8), to: path)
        return set
    }

    /// What a digest stands for.
    ///
    /// - Throws: ``AuditToolError/missing(_:)`` if the content is not kept or is not what its name says.
    package func content(of digest: String) throws(AuditToolError) -> [UInt8] {
        let name = Self.name(digest)
        guard name.utf8.count == 64, name.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw .missing("`\(SafeText.terminal(String(digest.prefix(80))))` is not a digest") }
        guard let bytes = try DurableFile.read("\(folder)/\(name)", limit: Self.maximumBytes) else {
            throw .missing("`\(folder)/\(name)` is not there: this set was not kept")
        }
        guard FileDigest.hexadecimal(of: bytes) == name else {
            throw .missing("`\(folder)/\(name)` is not what its name says: it was changed")
        }
        return bytes
    }

    private static func name(_ digest: String) -> String {
        digest.hasPrefix("sha256:") ? String(digest.dropFirst(7)) : digest
    }

    /// The policies that a digest stands for.
    package func policies(_ digest: String) throws(AuditToolError) -> PolicySet {
        let fields = try Self.fields(try content(of: digest), of: digest)
        guard fields.count % 2 == 0 else { throw .missing("`\(digest)` is no policy set") }
        let sources = stride(from: 0, to: fields.count, by: 2).map { place in
            PolicySource(file: String(decoding: fields[place], as: UTF8.self), bytes: Array(fields[place + 1]))
        }
        let result = PolicySet.parse(files: sources)
        guard let policies = result.policies else {
            throw .missing("`\(digest)` does not parse: \(result.diagnostics.first?.problem ?? "")")
        }
        return policies
    }

    /// The base entities of two digests: the operator's own, and the actions that the schema declares.
    package func entities(_ digest: String, schema: String) throws(AuditToolError) -> EntityStore {
        var all: [Entity] = []
        for field in try Self.fields(try content(of: digest), of: digest) {
            do throws(EntityError) { all += try EntityStore.parse(json: Array(field)).entities } catch {
                throw .missing("`\(digest)` does not parse: \(error)")
            }
        }
        let result = Schema.parse(json: try content(of: schema), file: schema)
        guard let declared = result.schema else { throw .missing("`\(schema)` does not parse") }
        let actions = Self.actions(declared)
        let names = Set(actions.map(\.uid))
        do throws(EntityError) {
            return try EntityStore(all.filter { !names.contains($0.uid) } + actions)
        } catch {
            throw .missing("the entities of `\(digest)` and the actions of `\(schema)` contradict each other: \(error)")
        }
    }

    private static func actions(_ schema: Schema) -> [Entity] {
        schema.definition.namespaces.flatMap { namespace in
            let type = namespace.name.isEmpty ? "Action" : namespace.name + "::Action"
            return namespace.actions.compactMap { action -> Entity? in
                guard let uid = EntityUID(type, action.name) else { return nil }
                let parents = action.memberOf.compactMap { parent in
                    EntityUID(parent.type ?? type, parent.id)
                }
                return Entity(uid: uid, parents: parents)
            }
        }
    }

    /// Splits a sequence of fields.
    private static func fields(_ bytes: [UInt8], of digest: String) throws(AuditToolError) -> [ArraySlice<UInt8>] {
        var fields: [ArraySlice<UInt8>] = []
        var place = 0
        while place < bytes.count {
            guard place + 8 <= bytes.count else { throw .missing("`\(digest)` is no sequence of fields") }
            var length: UInt64 = 0
            for byte in bytes[place..<place + 8].reversed() { length = length << 8 | UInt64(byte) }
            place += 8
            guard length <= UInt64(bytes.count - place) else { throw .missing("`\(digest)` is no sequence of fields") }
            fields.append(bytes[place..<place + Int(length)])
            place += Int(length)
        }
        return fields
    }
}
