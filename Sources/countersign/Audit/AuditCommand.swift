// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The audit log.",
        subcommands: [
            VerifyLogCommand.self, ShowRecordCommand.self, SearchLogCommand.self, ReindexCommand.self,
            EraseLogCommand.self,
            HoldLogCommand.self, PruneLogCommand.self, RotateLogKeyVerb.self,
            ProveRecordCommand.self, ExplainRecordCommand.self, ReplayRecordCommand.self, ExportLogCommand.self,
            MergeLogsCommand.self, TailLogCommand.self, ReportCommand.self,
        ]
    )
}
