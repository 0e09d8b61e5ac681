// SPDX-License-Identifier: Apache-2.0

package import AuditLog

/// Finds records by the index and believes only what the tiles prove (AUDIT, section 7).
package struct RecordSearch {
    /// A record that was found.
    package struct Hit: Sendable {
        /// Its place in the log.
        package let index: UInt64
        /// The canonical JSON.
        package let leaf: [UInt8]
        /// The personal data that is still there.
        package let disclosures: [Disclosure]
        /// Whether the record was proved to be under the checkpoint, and its disclosures to be its own.
        package let isVerified: Bool
    }

    /// What was found.
    package struct Result: Sendable {
        /// Newest first.
        package var hits: [Hit] = []
        /// So many records, from the first on, the index knows.
        package var covered: UInt64 = 0
        /// Rows that the log does not bear out: the index is wrong and should be built anew.
        package var contradicted = 0
    }

    private let log: OpenedLog
    private let index: RecordIndex

    /// Prepares to search a log by its index.
    package init(_ log: OpenedLog, _ index: RecordIndex) {
        self.log = log
        self.index = index
    }

    /// Searches.
    ///
    /// A row whose record turns out not to match is passed over and counted: the index may lie, the tiles cannot.
    package func run(_ query: RecordQuery) throws(AuditToolError) -> Result {
        var result = Result()
        result.covered = try index.covered()
        var bundle: RecordBundle?
        for entry in try index.entries(matching: query) {
            guard entry < log.size else {
                result.contradicted += 1
                continue
            }
            if bundle?.firstIndex != (entry >> 8) << 8 {
                bundle = try withLogErrors { () throws(AuditLogError) in try log.bundle(entry >> 8) }
            }
            guard let bundle, let hit = hit(entry, bundle, query) else {
                result.contradicted += 1
                continue
            }
            if let issuer = query.issuer, RecordIssuer.name(inLeaf: hit.leaf) != issuer { continue }
            result.hits.append(hit)
            if result.hits.count >= query.limit { break }
        }
        return result
    }

    private func hit(_ entry: UInt64, _ bundle: RecordBundle, _ query: RecordQuery) -> Hit? {
        let place = Int(entry - bundle.firstIndex)
        let line = bundle.disclosureLines()[place]
        let fields = bundle.bytes.withUnsafeBytes { bytes in
            bundle.disclosures.withUnsafeBytes { disclosures in
                IndexedFields(
                    leaf: UnsafeRawBufferPointer(rebasing: bytes[bundle.entries[place]]),
                    disclosures: line.map { UnsafeRawBufferPointer(rebasing: disclosures[$0]) })
            }
        }
        guard query.matches(fields) else { return nil }
        let opened = bundle.opened(place, line: line)
        return Hit(
            index: entry, leaf: Array(bundle.leaf(place)), disclosures: opened ?? [],
            isVerified: opened != nil && log.includes(bundle.leaf(place), at: entry))
    }
}
