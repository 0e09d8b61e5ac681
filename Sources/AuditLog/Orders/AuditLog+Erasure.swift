// SPDX-License-Identifier: Apache-2.0

public import StrictJSON

/// What is to be erased, and why.
public struct ErasureRequest: Sendable {
    /// Which records lose their personal data.
    public enum Selection: Sendable, Hashable {
        /// Those whose `sub` has this value, up to now.
        ///
        /// With an issuer (`who.iss`; the kind of credential, `who.auth`, where there is none) those of that issuer, and
        /// those that name none. Without one, the subject must be known of one issuer only.
        case subject(String, issuer: String? = nil)
        /// Those at these places in the log.
        case entries([UInt64])
    }

    /// Which records are meant.
    public var selection: Selection
    /// Names such as `email`; `nil` for everything that is disclosed of the records.
    public var fields: Set<String>?
    /// Further members of the record: `reason`, `ticket`, who asked.
    public var notes: JSONObject
    /// Whether a legal hold in force does not matter; the record names the holds.
    public var despiteHolds = false

    /// Makes a request for everything that is disclosed of some records.
    public init(_ selection: Selection, fields: Set<String>? = nil, notes: JSONObject) {
        (self.selection, self.fields, self.notes) = (selection, fields, notes)
    }
}

/// What an erasure did.
public struct ErasureReceipt: Sendable, Hashable {
    /// The records that lost personal data.
    public let entries: [UInt64]
    /// The names of what they lost.
    public let fields: [String]
    /// The places of the `erasure` records.
    public let records: [UInt64]
}

extension AuditLog {
    /// So many indexes fit into one record beside the rest.
    private static let maximumEntries = 1000

    /// Takes personal data out of the log for good: record first, then the deed (AUDIT, section 5).
    ///
    /// Returns when neither a disclosure file nor a segment nor what is derived from the log holds the values any more.
    /// Erasing the personal data of a record a second time is no error. After a crash the next start goes on by itself.
    ///
    /// - Throws: ``AuditLogError/notFound(_:)`` if nothing is disclosed of the records,
    ///   ``AuditLogError/severalIssuers(_:)`` if the subject is known of several and none was given,
    ///   ``AuditLogError/held(by:)`` while a legal hold is in force.
    public func erase(_ request: ErasureRequest) async throws(AuditLogError) -> ErasureReceipt {
        let status = status
        var notes = request.notes
        if !status.holds.isEmpty {
            guard request.despiteHolds else { throw .held(by: status.holds) }
            notes["despite_holds"] = .array(status.holds.map { .string($0) })
        }
        let durable = status.durableSize
        if case .entries(let entries) = request.selection, let beyond = entries.first(where: { $0 >= durable }) {
            throw .notFound(String(beyond))
        }
        // What is in the files can be read without the integrator.
        try await queue.reach(.published(durable))
        let (entries, disclosed) = try await find(request.selection, below: durable)
        let fields = request.fields.map { $0.intersection(disclosed) } ?? disclosed
        guard !entries.isEmpty, !fields.isEmpty else {
            throw .notFound("\(Self.name(of: request.selection)) with disclosed personal data")
        }
        var records: [UInt64] = []
        queue.startSegment()
        for start in stride(from: 0, to: entries.count, by: Self.maximumEntries) {
            let part = Array(entries[start..<min(start + Self.maximumEntries, entries.count)])
            let receipt = try await append(order: .erase(entries: part, fields: fields), notes)
            if let index = receipt.leafIndex { records.append(index) }
        }
        if let last = records.last { try await queue.reach(.obeyed(last + 1)) }
        return ErasureReceipt(entries: entries, fields: fields.sorted(), records: records)
    }

    private func find(
        _ selection: ErasureRequest.Selection, below size: UInt64
    ) async throws(AuditLogError) -> (entries: [UInt64], fields: Set<String>) {
        let configuration = queue.configuration
        return try await LogThread.doing("audit-scan") { () throws(AuditLogError) in
            let scan = SubjectScan(
                directory: LogDirectory(path: configuration.directory, fileSystem: configuration.fileSystem), size: size
            )
            switch selection {
            case .subject(let subject, let issuer): return try scan.entries(of: subject, issuer: issuer)
            case .entries(let entries):
                let entries = Set(entries).sorted()
                return (entries, try scan.fields(of: entries))
            }
        }
    }

    private static func name(of selection: ErasureRequest.Selection) -> String {
        switch selection {
        case .subject: "of the subject"
        case .entries: "of those indexes"
        }
    }

    /// Writes an order and returns when it is durable.
    func append(order: LogOrder, _ notes: JSONObject) async throws(AuditLogError) -> AuditReceipt {
        try await write(type: order.type.rawValue, members: order.members(notes), commitments: Commitments())
    }
}
