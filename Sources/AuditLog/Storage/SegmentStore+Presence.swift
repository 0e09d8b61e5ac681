// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension SegmentStore {
    /// What is not there of the segments of a run that did not end with its `shutdown` record; `nil` if all is.
    ///
    /// A segment is in place, with its whole length synced, before a record in it is acknowledged, and the last one
    /// goes only after the state says that none is needed: no crash and no power cut leaves less.
    func missing(for state: LogState) throws(AuditLogError) -> String? {
        guard let bytes = state.openSegmentBytes else { return nil }
        let bases = try bases()
        guard let first = bases.first, first <= state.size else {
            return Self.text("no segment in `\(path)` begins at record \(state.size) or before it")
        }
        for base in bases {
            let name = "\(path)/\(Self.name(base: base))"
            let file: LogFileSystem.File
            do {
                file = try fileSystem.open(name, .read)
            } catch .storage(_, _, ENOENT) {
                // A log that runs while it is verified removed it: there is a newer one.
                continue
            }
            defer { fileSystem.close(file) }
            let size = try fileSystem.size(file)
            guard size >= bytes else { return Self.text("`\(name)` has \(size) of its \(bytes) bytes") }
        }
        return nil
    }

    private static func text(_ finding: String) -> String {
        "the last run did not end with a `shutdown` record, and \(finding): records that were acknowledged after the "
            + "checkpoint may be gone. If the segment was moved or cut, put it back as it was"
    }
}
