// SPDX-License-Identifier: Apache-2.0

/// The published files, whether the audit directory or its `log/` alone was given.
struct LogSource {
    let directory: LogDirectory
    let isAuditDirectory: Bool
    let tiles: TileReader

    init(directory: LogDirectory) throws(AuditLogError) {
        self.directory = directory
        isAuditDirectory = try directory.read("checkpoint", limit: SignedNote.maximumBytes) == nil
        tiles = TileReader(directory: directory, prefix: isAuditDirectory ? "log/" : "")
    }

    /// The first record that is still here: pruning takes whole bundles from the front.
    ///
    /// The state file says so. A copy of `log/` alone has none: there the first bundle that is found counts.
    func firstIndex(size: UInt64) throws(AuditLogError) -> UInt64 {
        if isAuditDirectory, let state = try directory.read(LogState.path).flatMap({ LogState(parsing: $0) }) {
            return min(state.minimumIndex, size) & ~0xFF
        }
        var (low, high) = (UInt64(0), size >> 8)
        while low < high {
            let middle = low + (high - low) / 2
            if try directory.exists(tiles.prefix + TilePath.entries(middle)) { high = middle } else { low = middle + 1 }
        }
        return low << 8
    }

    func checkpointNote() throws(AuditLogError) -> [UInt8] {
        let path = tiles.prefix + "checkpoint"
        guard let bytes = try directory.read(path, limit: SignedNote.maximumBytes) else {
            throw .corrupted(file: directory.absolute(path), offset: 0, problem: "the checkpoint is missing")
        }
        return bytes
    }
}
