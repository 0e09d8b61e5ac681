// SPDX-License-Identifier: Apache-2.0

extension LogPublisher {
    /// What an order changes before the checkpoint over it is signed.
    mutating func prepare(_ order: LogOrder, at index: UInt64) throws(AuditLogError) {
        switch order {
        case .erase: state.pending.append(index)
        case .prune(let part, let range):
            // A hold that was set just before counts.
            guard state.holds.isEmpty, range.upperBound <= index else { return }
            state.pending.append(index)
            switch part {
            case .disclosures: state.disclosuresFrom = max(state.disclosuresFrom, range.upperBound)
            case .leaves:
                state.disclosuresFrom = max(state.disclosuresFrom, range.upperBound)
                state.minimumIndex = max(state.minimumIndex, range.upperBound)
            }
        case .hold(let name, let isSet):
            state.holds.removeAll { $0 == name }
            if isSet { state.holds.append(name) }
        case .rotate(let key, let until): try admit(key, bothUntil: until)
        }
        if state.pending.last == index { orders[index] = order }
    }

    /// Whether something that a published record orders is still to be done.
    var hasPendingOrders: Bool { !state.pending.isEmpty }

    /// Every order below is carried out.
    var obeyedBelow: UInt64 { state.pending.min() ?? size }

    /// Does what published records order; after a failure the next call tries again.
    ///
    /// - Parameters:
    ///   - store: The segments, which must not hold what is erased.
    ///   - finishElsewhere: Told what was erased, for what is derived from the log; `false` while that is not finished.
    /// - Throws: ``AuditLogError`` if a file cannot be changed.
    mutating func obey(
        _ store: SegmentStore, finishElsewhere: (_ order: UInt64, _ entries: [Range<UInt64>]) -> Bool
    ) throws(AuditLogError) {
        for index in state.pending {
            var touched: [Range<UInt64>] = []
            let order = try order(at: index)
            if case .erase(let entries, _) = order { touched = entries.map { $0..<$0 + 1 } }
            if case .prune(_, let range) = order { touched = [range] }
            if !done.contains(index) {
                try obey(order, store)
                done.insert(index)
            }
            guard touched.isEmpty || finishElsewhere(index, touched) else { continue }
            done.remove(index)
            state.pending.removeAll { $0 == index }
            orders[index] = nil
            try writeState()
        }
    }

    private mutating func obey(_ order: LogOrder, _ store: SegmentStore) throws(AuditLogError) {
        switch order {
        case .erase(let entries, let fields): try erase(entries, fields, store)
        case .prune(.disclosures, let range): try remove(range) { Bundle.disclosurePath($0) }
        case .prune(.leaves, let range):
            try remove(range) { Bundle.disclosurePath($0) }
            try remove(range) { "log/" + TilePath.entries($0) }
        case .hold, .rotate: break
        }
    }

    /// A pending order, from memory or from its entry.
    private func order(at index: UInt64) throws(AuditLogError) -> LogOrder {
        if let order = orders[index] { return order }
        let width = Int(min(UInt64(TilePath.width), size - (index >> 8) << 8))
        let (bytes, entries) = try TileReader(directory: directory).entries(index >> 8, width: width)
        let order = bytes.withUnsafeBytes { buffer in
            LogOrder(leaf: UnsafeRawBufferPointer(rebasing: buffer[entries[Int(index & 0xFF)]]))
        }
        guard let order else {
            throw .corrupted(
                file: directory.absolute(LogState.path), offset: 0, problem: "entry \(index) orders nothing")
        }
        return order
    }

    // MARK: Erasure

    /// Rewrites the disclosure files of entries without some fields, the unfinished one included.
    private mutating func erase(
        _ entries: [UInt64], _ fields: Set<String>, _ store: SegmentStore
    ) throws(AuditLogError) {
        try removeSegments(holding: entries, store)
        for (number, indexes) in Dictionary(grouping: entries, by: { $0 >> 8 }).sorted(by: { $0.key < $1.key }) {
            let path = Bundle.disclosurePath(number)
            // An interrupted pass may have left the lines under the temporary name.
            try store.fileSystem.removeFile(directory.absolute(path) + ".tmp")
            let isUnfinished = number == size >> 8
            let lines = isUnfinished ? Array(bundle.disclosures.bytes) : try directory.read(path) ?? []
            let kept = DisclosureLines.without(fields, of: Set(indexes), in: lines)
            if isUnfinished { bundle.disclosures.replace(with: kept) }
            try directory.replace(path, with: kept)
        }
        try directory.commit()
    }

    /// The erasure's own record began a fresh segment: those before it go when they are published.
    private func removeSegments(holding entries: [UInt64], _ store: SegmentStore) throws(AuditLogError) {
        guard let last = entries.max() else { return }
        for base in try store.bases() where base <= last {
            throw .corrupted(
                file: "\(store.path)/\(SegmentStore.name(base: base))", offset: 0,
                problem: "it still holds entry \(last), which is to be erased")
        }
        // What was removed must not come back with a power cut.
        try store.fileSystem.syncDirectory(store.path)
    }

    // MARK: Retention

    /// Removes one file of each full bundle of a range.
    private mutating func remove(
        _ range: Range<UInt64>, _ path: (UInt64) -> String
    ) throws(AuditLogError) {
        for number in range.lowerBound >> 8..<min(range.upperBound, size) >> 8 { try directory.remove(path(number)) }
        try directory.commit()
    }

    // MARK: Keys

    /// Adds a key to those that sign, and to `log.vkey`.
    private mutating func admit(_ key: VerifierKey, bothUntil: AuditTimestamp) throws(AuditLogError) {
        guard keys.contains(where: { $0.verifierKey == key }) else {
            throw .unusableKey(
                path: key.hexadecimalKeyID,
                problem: "is the log's new key since a `log.key.rotate` record, but is not among the configured keys")
        }
        try directory.addVerifierKey(key)
        state.keyIDs.removeAll { $0 == key.hexadecimalKeyID }
        state.keyIDs.append(key.hexadecimalKeyID)
        state.bothUntil = bothUntil
    }

    /// The keys that sign now: all that take part in a rotation until it is over, then the newest.
    mutating func signers(now: AuditTimestamp) -> [LogSigningKey] {
        if let until = state.bothUntil, until.microseconds <= now.microseconds {
            state.keyIDs = state.keyIDs.suffix(1)
            state.bothUntil = nil
        }
        return state.keyIDs.compactMap { id in keys.first { $0.verifierKey.hexadecimalKeyID == id } }
    }
}
