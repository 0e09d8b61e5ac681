// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Identity
import Telemetry

/// Metrics that are read from the state of the service at the time of a scrape.
enum ServerMetrics {
    /// One sentence for each metric.
    static let help: [String: String] = [
        "countersign_audit_queue_records": "Records waiting for the disk.",
        "countersign_audit_queue_bytes": "Bytes waiting for the disk.",
        "countersign_audit_durable_records": "Records on stable storage.",
        "countersign_audit_checkpoint_records": "Records under the newest signed checkpoint.",
        "countersign_audit_sync_seconds": "Duration of the last sync.",
        "countersign_audit_writable": "1 while records can be made durable.",
        "countersign_audit_free_bytes": "Free bytes of the file system that holds the log.",
        "countersign_audit_short_of_space": "1 while less is free than audit.min_free.",
        "countersign_audit_refused_records_total": "Records refused because the log could not take them.",
        "countersign_audit_witnessed_records":
            "Records under the newest checkpoint that a quorum of witnesses cosigned.",
        "countersign_audit_witness_late": "1 while a quorum has been missing for longer than audit.witness_max_lag.",
        "countersign_audit_witness_lag_seconds": "How long records have been waiting for a quorum of witnesses.",
        "countersign_audit_archived_records": "Every full bundle of records below this one is in the archive.",
        "countersign_audit_archive_objects_total": "Objects written to the archive since the start.",
        "countersign_audit_archive_bytes_total": "Bytes written to the archive since the start.",
        "countersign_audit_archive_failures_total": "Rounds of archiving that failed since the start.",
        "countersign_audit_archive_conflicts": "Paths under which the archive holds something else.",
        "countersign_audit_archive_age_seconds": "Time since a round of archiving came to its end, or since the start.",
        "countersign_audit_async_released_total": "Allows that left before their records were durable (async mode).",
        "countersign_audit_async_unsynced_records": "Allows that left and whose records are not durable yet.",
        "countersign_audit_async_held_total":
            "Allows that waited for their records all the same, since as much as may be lost was at stake.",
        "countersign_audit_async_dropped_total": "Allows that left without a record, for want of room; gaps name them.",
        "countersign_audit_async_lost_total": "Allows that left and whose records were lost when the disk failed.",
        "countersign_audit_pending_orders": "Erasures and prunings that are recorded and not done yet.",
        "countersign_keyset_age_seconds": "Time since the keys of a provider were fetched.",
        "countersign_keyset_keys": "Usable keys of a provider.",
        "countersign_keyset_ready": "1 while tokens of a provider can be verified.",
        "countersign_token_cache_hits_total": "Tokens that had been verified before.",
        "countersign_token_cache_misses_total": "Tokens that had to be verified.",
        "countersign_token_cache_entries": "Verified tokens held.",
        "countersign_reloads_total": "Reloads that took effect.",
        "countersign_reloads_rejected_total": "Reloads that were refused; what was in force stayed.",
        "countersign_ready": "1 while the service is ready.",
        "countersign_transport_events_total": "Connections and streams by what happened to them.",
    ]

    static func register(_ state: ServiceState, _ registry: PrometheusRegistry) {
        registry.collect { text in
            text.gauge("countersign_ready", [(labels: [], value: state.obstacles.isEmpty ? 1 : 0)])
            let cache = state.verifier.cache.statistics
            text.counter("countersign_token_cache_hits_total", UInt64(cache.hits))
            text.counter("countersign_token_cache_misses_total", UInt64(cache.misses))
            text.gauge("countersign_token_cache_entries", [(labels: [], value: Double(cache.entries))])
            let reloads = state.reloadCounts
            text.counter("countersign_reloads_total", UInt64(reloads.accepted))
            text.counter("countersign_reloads_rejected_total", UInt64(reloads.rejected))
            collectKeys(state, &text)
            IdentityMetrics.collect(state, &text)
            collectAudit(state, &text)
        }
    }

    private static func collectKeys(_ state: ServiceState, _ text: inout PrometheusText) {
        let keys = state.providers.tokens.sorted { $0.key < $1.key }
            .map { (labels: [("provider", $0.key)], status: $0.value.keys.status) }
        text.gauge(
            "countersign_keyset_age_seconds",
            keys.compactMap { key in key.status.age.map { (labels: key.labels, value: Double($0)) } }
        )
        text.gauge("countersign_keyset_keys", keys.map { (labels: $0.labels, value: Double($0.status.keys)) })
        text.gauge("countersign_keyset_ready", keys.map { (labels: $0.labels, value: $0.status.isReady ? 1 : 0) })
    }

    private static func collectAudit(_ state: ServiceState, _ text: inout PrometheusText) {
        guard let status = state.audit.log?.status else { return }
        for (name, value) in [
            ("countersign_audit_queue_records", Double(status.queuedRecords)),
            ("countersign_audit_queue_bytes", Double(status.queuedBytes)),
            ("countersign_audit_durable_records", Double(status.durableSize)),
            ("countersign_audit_checkpoint_records", Double(status.checkpointSize)),
            ("countersign_audit_sync_seconds", Double(status.lastSyncMicroseconds) / 1e6),
            ("countersign_audit_writable", status.isWritable ? 1 : 0),
            ("countersign_audit_free_bytes", Double(status.freeBytes)),
            ("countersign_audit_short_of_space", status.isShortOfSpace ? 1 : 0),
        ] { text.gauge(name, [(labels: [], value: value)]) }
        text.counter("countersign_audit_refused_records_total", status.refusedRecords)
        text.gauge("countersign_audit_pending_orders", [(labels: [], value: Double(status.pendingOrders))])
        collectEarly(status, &text)
        collectArchive(state.audit.archive, &text)
        let witnesses = state.audit.witnesses.snapshot
        guard witnesses.isConfigured else { return }
        let lag = witnesses.waitingSince.map { $0.duration(to: .now) / .seconds(1) } ?? 0
        text.gauge("countersign_audit_witnessed_records", [(labels: [], value: Double(witnesses.size))])
        text.gauge("countersign_audit_witness_late", [(labels: [], value: witnesses.isLate ? 1 : 0)])
        text.gauge("countersign_audit_witness_lag_seconds", [(labels: [], value: lag)])
    }

    private static func collectEarly(_ status: AuditLogStatus, _ text: inout PrometheusText) {
        guard status.mode != .strict else { return }
        text.counter("countersign_audit_async_released_total", status.early.released)
        text.gauge("countersign_audit_async_unsynced_records", [(labels: [], value: Double(status.early.unsynced))])
        text.counter("countersign_audit_async_held_total", status.early.held)
        text.counter("countersign_audit_async_dropped_total", status.early.dropped)
        text.counter("countersign_audit_async_lost_total", status.early.lost)
    }

    private static func collectArchive(_ archive: ArchiveProgress, _ text: inout PrometheusText) {
        guard archive.isConfigured else { return }
        let counts = archive.counts
        text.counter("countersign_audit_archive_objects_total", counts.objects)
        text.counter("countersign_audit_archive_bytes_total", counts.bytes)
        text.counter("countersign_audit_archive_failures_total", counts.failures)
        for (name, value) in [
            ("countersign_audit_archived_records", Double(archive.below)),
            ("countersign_audit_archive_conflicts", Double(counts.conflicts.count)),
            (
                "countersign_audit_archive_age_seconds",
                (counts.lastSuccess ?? archive.start).duration(to: .now) / .seconds(1)
            ),
        ] { text.gauge(name, [(labels: [], value: value)]) }
    }
}
