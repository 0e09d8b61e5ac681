// SPDX-License-Identifier: Apache-2.0

/// Finds entries by what is still disclosed of them; reads the disclosure files, trusts no index.
struct SubjectScan {
    private let directory: LogDirectory
    private let size: UInt64

    init(directory: LogDirectory, size: UInt64) { (self.directory, self.size) = (directory, size) }

    /// The entries whose disclosed `sub` has a value, ascending, and the names that they disclose.
    ///
    /// - Parameters:
    ///   - subject: The value.
    ///   - wanted: The issuer that is meant; entries that name none are taken too.
    /// - Returns: The indexes and the names, empty if the subject is not disclosed.
    /// - Throws: ``AuditLogError/severalIssuers(_:)`` if none is given and the entries name several.
    func entries(
        of subject: String, issuer wanted: String?
    ) throws(AuditLogError) -> (entries: [UInt64], fields: Set<String>) {
        var (entries, fields): ([UInt64], Set<String>) = ([], [])
        var issuers: Set<String> = []
        let end = size >> 8 + (size & 0xFF == 0 ? 0 : 1)
        for number in 0..<end {
            var leaves: (bytes: [UInt8], entries: [Range<Int>])?
            for line in try lines(number) {
                guard let index = Bundle.index(ofLine: line), index < size,
                    DisclosureLines.discloses(subject: subject, line: line)
                else { continue }
                if leaves == nil { leaves = try self.leaves(number) }
                guard let bundle = leaves else { continue }
                let place = Int(index & 0xFF)
                let issuer =
                    place < bundle.entries.count
                    ? RecordIssuer.name(inLeaf: bundle.bytes[bundle.entries[place]]) : nil
                if let issuer {
                    guard wanted == nil || wanted == issuer else { continue }
                    issuers.insert(issuer)
                }
                entries.append(index)
                fields.formUnion(DisclosureLines.names(ofLine: line))
            }
        }
        guard issuers.count < 2 else { throw .severalIssuers(issuers.sorted()) }
        return (entries, fields)
    }

    /// The entries of a bundle as far as they are published.
    private func leaves(_ number: UInt64) throws(AuditLogError) -> (bytes: [UInt8], entries: [Range<Int>]) {
        let folder = "log/" + TilePath.entries(number)
        if let bytes = try directory.read(folder, limit: TilePath.width * 65_537) {
            return (bytes, Bundle.front(of: bytes, count: TilePath.width).entries)
        }
        // The widest of the unfinished ones holds most.
        let names = try directory.fileSystem.list(directory.absolute(folder + ".p"))
        for width in names.compactMap({ Int($0) }).sorted(by: >) {
            guard let bytes = try directory.read("\(folder).p/\(width)", limit: TilePath.width * 65_537) else {
                continue
            }
            return (bytes, Bundle.front(of: bytes, count: width).entries)
        }
        return ([], [])
    }

    /// The names that some entries disclose.
    func fields(of entries: [UInt64]) throws(AuditLogError) -> Set<String> {
        var fields: Set<String> = []
        for (number, indexes) in Dictionary(grouping: entries, by: { $0 >> 8 }) {
            for line in try lines(number) {
                guard let index = Bundle.index(ofLine: line), indexes.contains(index) else { continue }
                fields.formUnion(DisclosureLines.names(ofLine: line))
            }
        }
        return fields
    }

    private func lines(_ number: UInt64) throws(AuditLogError) -> [ArraySlice<UInt8>] {
        (try directory.read(Bundle.disclosurePath(number)) ?? []).split(separator: 0x0A)
    }
}
