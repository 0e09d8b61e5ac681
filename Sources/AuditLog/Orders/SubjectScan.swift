// SPDX-License-Identifier: Apache-2.0

/// Finds entries by what is still disclosed of them; reads the disclosure files, trusts no index.
struct SubjectScan {
    private let directory: LogDirectory
    private let size: UInt64

    init(directory: LogDirectory, size: UInt64) { (self.directory, self.size) = (directory, size) }

    /// The entries whose disclosed `sub` has a value, ascending, and the names that they disclose.
    func entries(
        of subject: String, from first: UInt64
    ) throws(AuditLogError) -> (entries: [UInt64], fields: Set<String>) {
        var (entries, fields): ([UInt64], Set<String>) = ([], [])
        let end = size >> 8 + (size & 0xFF == 0 ? 0 : 1)
        for number in min(first >> 8, end)..<end {
            for line in try lines(number) {
                guard let index = Bundle.index(ofLine: line), index < size,
                    DisclosureLines.discloses(subject: subject, line: line)
                else { continue }
                entries.append(index)
                fields.formUnion(DisclosureLines.names(ofLine: line))
            }
        }
        return (entries, fields)
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
