// SPDX-License-Identifier: Apache-2.0

public import StrictJSON

/// How long what is kept.
public struct RetentionTerms: Sendable, Hashable {
    /// The openings of commitments: 400 days unless stated otherwise.
    public var disclosures: Duration
    /// The records themselves: 7 years unless stated otherwise; they go only after they were archived.
    public var leaves: Duration

    /// Makes terms, by default those of AUDIT, section 5.
    public init(
        disclosures: Duration = .seconds(400 * 86_400), leaves: Duration = .seconds(7 * 365 * 86_400 + 2 * 86_400)
    ) {
        (self.disclosures, self.leaves) = (disclosures, leaves)
    }
}

/// What has served its term.
public struct RetentionPlan: Sendable, Hashable {
    /// Records whose disclosures go; whole bundles.
    public let disclosures: Range<UInt64>
    /// Records that go, all but their hashes; whole bundles.
    public let leaves: Range<UInt64>

    /// Whether nothing goes.
    public var isEmpty: Bool { disclosures.isEmpty && leaves.isEmpty }
}

extension AuditLog {
    /// Sets a legal hold, or releases it; while one is in force nothing is pruned.
    ///
    /// Returns when a checkpoint covers the record, from which moment on it is in force.
    ///
    /// - Parameters:
    ///   - name: Such as the number of a case; 1 to 128 bytes.
    ///   - isSet: Whether it begins.
    ///   - notes: Further members of the record: `reason`, `ticket`, who asked.
    /// - Returns: The receipt of the record.
    /// - Throws: ``AuditLogError/notFound(_:)`` if a hold to be released is not in force.
    public func hold(_ name: String, isSet: Bool, notes: JSONObject) async throws(AuditLogError) -> AuditReceipt {
        guard (1...128).contains(name.utf8.count) else {
            throw .invalidConfiguration(problem: "the name of a hold has 1 to 128 bytes")
        }
        guard isSet || status.holds.contains(name) else { throw .notFound("hold \(name)") }
        let receipt = try await append(order: .hold(name: name, isSet: isSet), notes)
        if let index = receipt.leafIndex { try await queue.reach(.published(index + 1)) }
        return receipt
    }

    /// What has served its term now.
    ///
    /// - Parameters:
    ///   - terms: How long what is kept.
    ///   - archivedBelow: Every full bundle below this index is in the archive; other leaves stay whatever their age.
    ///   - now: The moment at which ages count.
    /// - Returns: Whole bundles, beginning where earlier pruning ended.
    /// - Throws: ``AuditLogError/corrupted(file:offset:problem:)`` if a bundle cannot be read.
    public func retentionPlan(
        _ terms: RetentionTerms, archivedBelow: UInt64, now: AuditTimestamp = .now
    ) async throws(AuditLogError) -> RetentionPlan {
        let (status, configuration) = (status, queue.configuration)
        return try await LogThread.doing("audit-retention") { () throws(AuditLogError) in
            let directory = LogDirectory(path: configuration.directory, fileSystem: configuration.fileSystem)
            let ages = BundleAges(
                tiles: TileReader(directory: directory), from: status.minimumIndex >> 8, to: status.checkpointSize >> 8)
            let disclosures = try ages.end(olderThan: terms.disclosures, now: now)
            let leaves = min(try ages.end(olderThan: terms.leaves, now: now), archivedBelow >> 8)
            let (opened, kept) = (status.disclosuresFrom >> 8, status.minimumIndex >> 8)
            return RetentionPlan(
                disclosures: opened << 8..<max(disclosures, opened) << 8, leaves: kept << 8..<max(leaves, kept) << 8)
        }
    }

    /// Prunes what a plan names: a `retention.prune` record for each part, then the files go.
    ///
    /// - Parameters:
    ///   - plan: What goes.
    ///   - notes: Further members of the records.
    /// - Returns: The places of the records.
    /// - Throws: ``AuditLogError/held(by:)`` while a legal hold is in force.
    @discardableResult
    public func prune(_ plan: RetentionPlan, notes: JSONObject = JSONObject()) async throws(AuditLogError) -> [UInt64] {
        let holds = status.holds
        guard holds.isEmpty else { throw .held(by: holds) }
        var records: [UInt64] = []
        for (part, range) in [(LogOrder.Part.disclosures, plan.disclosures), (.leaves, plan.leaves)]
        where !range.isEmpty {
            let receipt = try await append(order: .prune(part, range), notes)
            if let index = receipt.leafIndex { records.append(index) }
        }
        if let last = records.last { try await queue.reach(.obeyed(last + 1)) }
        return records
    }
}

/// Finds bundles by the age of their records.
struct BundleAges {
    private let tiles: TileReader
    private let bundles: Range<UInt64>

    init(tiles: TileReader, from first: UInt64, to end: UInt64) {
        self.tiles = tiles
        bundles = first..<max(first, end)
    }

    /// The first full bundle whose last record is not older than a term; the records' own `ts` counts.
    ///
    /// Bundles are in the order of time, save for steps of the clock: a step back keeps some of them longer.
    func end(olderThan term: Duration, now: AuditTimestamp) throws(AuditLogError) -> UInt64 {
        let limit = now.microseconds - term.components.seconds * 1_000_000
        var (low, high) = (bundles.lowerBound, bundles.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if try time(ofLastIn: middle) < limit { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func time(ofLastIn number: UInt64) throws(AuditLogError) -> Int64 {
        let (bytes, entries) = try tiles.entries(number, width: TilePath.width)
        guard let last = entries.last,
            let text = try? JSONValue.parse(Array(bytes[last])).objectValue?["ts"]?.stringValue,
            let time = AuditTimestamp(parsing: text.utf8)
        else { return .max }
        return time.microseconds
    }
}
