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

    func checkpointNote() throws(AuditLogError) -> [UInt8] {
        let path = tiles.prefix + "checkpoint"
        guard let bytes = try directory.read(path, limit: SignedNote.maximumBytes) else {
            throw .corrupted(file: directory.absolute(path), offset: 0, problem: "the checkpoint is missing")
        }
        return bytes
    }
}
