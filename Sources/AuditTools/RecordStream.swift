// SPDX-License-Identifier: Apache-2.0

package import AuditLog

/// Reads the records of a log in order, proving each bundle on the way; memory does not grow with the log.
package struct RecordStream {
    /// Which records are wanted, by what the leaf shows without being parsed.
    package struct Filter: Sendable {
        /// The first moment, in microseconds since the Unix epoch.
        package var from: Int64?
        /// The moment behind the last.
        package var to: Int64?
        /// Record types; `nil` for all.
        package var types: Set<String>?

        /// Record types that the period limits; `nil` for all.
        package var limitedTypes: Set<String>?

        /// Takes everything.
        package init() {}

        func admits(_ fields: IndexedFields) -> Bool {
            let type = String(decoding: fields.type, as: UTF8.self)
            if limitedTypes?.contains(type) ?? true {
                if let from, fields.time < from { return false }
                if let to, fields.time >= to { return false }
            }
            return types?.contains(type) ?? true
        }
    }

    private let log: OpenedLog
    private let filter: Filter

    /// Prepares to read.
    package init(_ log: OpenedLog, _ filter: Filter = Filter()) {
        self.log = log
        self.filter = filter
    }

    /// Calls back for each wanted record from an index on, until it answers `false`.
    ///
    /// - Throws: ``AuditToolError``, of the log or of the body.
    package func forEach(
        from first: UInt64 = 0, _ body: (LogRecord) throws(AuditToolError) -> Bool
    ) throws(AuditToolError) {
        var next = max(first, log.firstIndex)
        while next < log.size {
            let bundle = try withLogErrors { () throws(AuditLogError) in try log.bundle(next >> 8) }
            let lines = bundle.disclosureLines()
            // Proved only when something of it is wanted.
            var isProved: Bool?
            for place in Int(next - bundle.firstIndex)..<bundle.entries.count {
                guard filter.admits(Self.fields(bundle, place)) else { continue }
                let proved = isProved ?? log.includesAll(of: bundle)
                isProved = proved
                let opened = bundle.opened(place, line: lines[place])
                let record = try LogRecord(
                    origin: log.origin, index: bundle.firstIndex + UInt64(place), leaf: Array(bundle.leaf(place)),
                    disclosures: opened ?? [], isVerified: proved && opened != nil)
                guard try body(record) else { return }
            }
            next = bundle.endIndex
        }
    }

    private static func fields(_ bundle: RecordBundle, _ place: Int) -> IndexedFields {
        bundle.bytes.withUnsafeBytes { bytes in
            IndexedFields(leaf: UnsafeRawBufferPointer(rebasing: bytes[bundle.entries[place]]), disclosures: nil)
        }
    }
}
