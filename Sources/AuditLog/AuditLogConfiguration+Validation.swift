// SPDX-License-Identifier: Apache-2.0

import StrictJSON

extension AuditLogConfiguration {
    /// Refuses settings outside their documented ranges.
    func validate() throws(AuditLogError) {
        try LogOrigin.validate(origin)
        guard key.verifierKey.name == origin else {
            throw .unusableKey(path: key.description, problem: "is named otherwise than the origin `\(origin)`")
        }
        for key in [key] + otherKeys where key.verifierKey.kind != .log || key.verifierKey.name != origin {
            throw .unusableKey(path: key.description, problem: "is not a key of the log `\(origin)`")
        }
        try require(!directory.isEmpty, "the directory is empty")
        try require((.milliseconds(1)...(.seconds(10))).contains(maximumDelay), "`max_delay` must be 1 ms to 10 s")
        try require((1...(1 << 20)).contains(maximumUnsyncedRecords), "`max_unsynced` must be 1 to 1,048,576")
        try require(
            (.milliseconds(10)...(.seconds(86_400))).contains(checkpointInterval),
            "`checkpoint_interval` must be 10 ms to 24 h")
        try require((4096...(1 << 30)).contains(segmentBytes), "a segment must have 4 KiB to 1 GiB")
        try require((1...8).contains(spareSegments), "there must be 1 to 8 spare segments")
        try require((1...(1 << 20)).contains(maximumQueuedRecords), "the queue must hold 1 to 1,048,576 records")
        try require(
            (1 << 16...(1 << 30)).contains(maximumQueuedBytes), "the queue must hold 64 KiB to 1 GiB")
        try require(probeInterval > .zero && probeDuration >= .zero, "probing needs a positive interval")
    }

    private func require(_ condition: Bool, _ problem: String) throws(AuditLogError) {
        guard condition else { throw .invalidConfiguration(problem: problem) }
    }

    /// Where the name of the audit directory stands.
    var parentDirectory: String {
        var path = directory[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The members of the `boot` record: the caller's and the mode in force.
    var allBootMembers: JSONObject {
        var members = bootMembers
        switch mode {
        case .strict:
            members.append("mode", "strict")
            return members
        case .async(whenFull: .block): members.append("mode", "async_block")
        case .async(whenFull: .drop): members.append("mode", "async_drop")
        }
        // What may be lost, so that the log itself declares it.
        let delay = Int64(maximumDelay / .milliseconds(1))
        members.append("max_delay_ms", .number(JSONNumber(delay)))
        members.append("max_unsynced", .number(JSONNumber(Int64(maximumUnsyncedRecords))))
        return members
    }
}
