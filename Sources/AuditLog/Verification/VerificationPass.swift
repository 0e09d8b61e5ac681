// SPDX-License-Identifier: Apache-2.0

/// One reading of a log from its first entry to its last.
struct VerificationPass {
    private let reader: TileReader
    private let checkpoint: Checkpoint
    private var old: ArraySlice<Checkpoint>
    private var records: RecordCheck?
    private let disclosures: DisclosureCheck?
    private(set) var report: VerificationReport
    private var edge = TreeEdge()
    /// What the log's own records order, with their places.
    private var orders: [(index: UInt64, order: LogOrder)] = []
    /// The content of the unfinished bundle, for comparison with narrower files of it.
    private var lastBundle: [UInt8] = []

    init(
        verifier: LogVerifier, reader: TileReader, checkpoint: Checkpoint, old: [Checkpoint],
        report: VerificationReport
    ) {
        self.reader = reader
        self.checkpoint = checkpoint
        self.old = old[...]
        self.report = report
        records = verifier.checksRecords ? RecordCheck() : nil
        disclosures = verifier.disclosuresDirectory.map {
            DisclosureCheck(directory: LogDirectory(path: $0, fileSystem: verifier.fileSystem))
        }
    }

    mutating func run() throws(AuditLogError) {
        compareOldCheckpoints()
        let count = checkpoint.size >> 8 + (checkpoint.size & 0xFF == 0 ? 0 : 1)
        for number in 0..<count {
            let width = Int(min(UInt64(TilePath.width), checkpoint.size - number << 8))
            guard try verifyBundle(number, width: width) else { return }
        }
        checkPruning()
        for (level, hashes) in edge.levels.enumerated() where !hashes.isEmpty {
            compareTile(level: level, index: edge.size >> UInt64(8 * (level + 1)), hashes)
            try compareNarrowerTiles(level: level, hashes)
        }
        try compareNarrowerBundles()
        if edge.root != checkpoint.root {
            report.add("the entries give another root than the checkpoint", at: report.firstBadIndex)
        }
    }

    /// Hashes one bundle into the tree; `false` if nothing behind it can be checked.
    private mutating func verifyBundle(_ number: UInt64, width: Int) throws(AuditLogError) -> Bool {
        let first = number << 8
        let tile: [TreeHash]
        do {
            tile = try reader.hashes(level: 0, index: number, width: width)
        } catch {
            report.add(error, at: first)
            tile = []
        }
        var bytes: [UInt8] = []
        var entries: [Range<Int>] = []
        do {
            if try isPruned(number, width: width), !tile.isEmpty {
                report.prunedBelow = first + UInt64(width)
                records?.startLate()
            } else {
                (bytes, entries) = try reader.entries(number, width: width)
            }
        } catch {
            report.add(error, at: first + UInt64(reader.soundEntries(number, width: width, tile: tile)))
            guard !tile.isEmpty else { return false }
        }
        if width < TilePath.width { lastBundle = Array(bytes[..<(entries.last?.upperBound ?? 0)]) }
        bytes.withUnsafeBytes { bytes in
            for place in 0..<width {
                let index = first + UInt64(place)
                let entry = place < entries.count ? UnsafeRawBufferPointer(rebasing: bytes[entries[place]]) : nil
                let hash = entry.map { TreeHash.leaf($0) } ?? tile[place]
                if place < tile.count, hash != tile[place] {
                    report.add("the entry does not have the hash that its tile gives", at: index)
                }
                if let entry {
                    report.entries += 1
                    if let order = LogOrder(leaf: entry) { orders.append((index, order)) }
                    records?.check(entry, at: index, &report)
                }
                append(hash)
            }
        }
        if let disclosures, !entries.isEmpty {
            disclosures.check(number, bytes: bytes, entries: entries, &report)
        }
        return true
    }

    /// Whether a bundle is not there, and neither is any before it.
    private func isPruned(_ number: UInt64, width: Int) throws(AuditLogError) -> Bool {
        guard report.prunedBelow == number << 8, width == TilePath.width else { return false }
        return try !reader.directory.exists(reader.prefix + TilePath.entries(number))
    }

    /// Missing bundles at the beginning need a record that says so.
    private mutating func checkPruning() {
        guard report.prunedBelow > 0 else { return }
        let isExplained = orders.contains { index, order in
            guard case .prune(.leaves, let range) = order, range.upperBound >= report.prunedBelow else { return false }
            return range.upperBound <= index
        }
        if !isExplained {
            report.add(
                "the entries below \(report.prunedBelow) are missing, and no `retention.prune` record says so", at: 0)
        }
    }

    /// Whether what the log says of itself beside the checkpoint follows from its records.
    func explains(_ state: LogState) -> Bool {
        guard state.size == checkpoint.size else { return true }
        let known = Dictionary(orders.map { ($0.index, $0.order) }) { first, _ in first }
        guard state.pending.allSatisfy({ known[$0] != nil }) else { return false }
        guard state.minimumIndex == report.prunedBelow || !state.pending.isEmpty else { return false }
        var (holds, opened, until): ([String], UInt64, AuditTimestamp?) = ([], report.prunedBelow, nil)
        for (_, order) in orders {
            switch order {
            case .erase: break
            case .prune(_, let range): if holds.isEmpty { opened = max(opened, range.upperBound) }
            case .hold(let name, let isSet):
                holds.removeAll { $0 == name }
                if isSet { holds.append(name) }
            case .rotate(_, let moment): until = moment
            }
        }
        guard report.prunedBelow == 0 else { return state.disclosuresFrom >= report.prunedBelow }
        return state.holds == holds && state.disclosuresFrom == opened
            && (state.bothUntil == nil || state.bothUntil == until)
    }

    private mutating func append(_ hash: TreeHash) {
        var completed: [(level: Int, index: UInt64, hashes: [TreeHash])] = []
        edge.append(hash) { level, index, hashes in completed.append((level, index, hashes)) }
        for tile in completed where tile.level > 0 {
            compareTile(level: tile.level, index: tile.index, tile.hashes)
        }
        compareOldCheckpoints()
    }

    private mutating func compareOldCheckpoints() {
        while let next = old.first, next.size == edge.size {
            old.removeFirst()
            if next.root == edge.root {
                report.oldCheckpoints += 1
            } else {
                report.add(
                    "the first \(next.size) entries are not those of an old checkpoint", at: report.firstBadIndex)
            }
        }
    }

    /// Level 0 was compared entry by entry.
    private mutating func compareTile(level: Int, index: UInt64, _ hashes: [TreeHash]) {
        guard level > 0 else { return }
        let leaves = UInt64(1) << UInt64(8 * level)
        do {
            let found = try reader.hashes(level: level, index: index, width: hashes.count)
            for (place, pair) in zip(found, hashes).enumerated() where pair.0 != pair.1 {
                let first = (index << 8 + UInt64(place)) * leaves
                let end = first.addingReportingOverflow(leaves)
                // Which of the entries below it is bad has been found where its bundle was read, if one of them is.
                let entry = report.firstBadIndex(in: first..<(end.overflow ? .max : end.partialValue))
                report.add("tile \(level)/\(index) has a wrong hash at place \(place)", at: entry ?? first)
                return
            }
        } catch {
            report.add(error, at: (index << 8) * leaves)
        }
    }

    /// Partial files of earlier checkpoints stay until their tile is full; they must be its beginning.
    private mutating func compareNarrowerTiles(level: Int, _ hashes: [TreeHash]) throws(AuditLogError) {
        let path = "\(reader.prefix)\(TilePath.tile(level: level, index: edge.size >> UInt64(8 * (level + 1)))).p"
        var bytes: [UInt8] = []
        for hash in hashes { hash.append(to: &bytes) }
        for name in try reader.directory.fileSystem.list(reader.directory.absolute(path)) {
            guard let width = Int(name), width < hashes.count else { continue }
            let found = try reader.directory.read("\(path)/\(name)") ?? []
            if !found.elementsEqual(bytes[..<(width * TreeHash.byteCount)]) {
                report.add("`\(path)/\(name)` is not the beginning of its tile")
            }
        }
    }

    private mutating func compareNarrowerBundles() throws(AuditLogError) {
        let path = "\(reader.prefix)\(TilePath.entries(edge.size >> 8)).p"
        for name in try reader.directory.fileSystem.list(reader.directory.absolute(path)) {
            guard let width = Int(name), width < Int(edge.size & 0xFF) else { continue }
            let found = try reader.directory.read("\(path)/\(name)") ?? []
            if !lastBundle.starts(with: found) || Bundle.split(found, count: width) == nil {
                report.add("`\(path)/\(name)` is not the beginning of its bundle")
            }
        }
    }
}
