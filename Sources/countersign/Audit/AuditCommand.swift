// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The audit log.",
        subcommands: [
            VerifyLogCommand.self, ShowRecordCommand.self, SearchLogCommand.self, ReindexCommand.self,
            ProveRecordCommand.self, ExplainRecordCommand.self, ReplayRecordCommand.self, ExportLogCommand.self,
            MergeLogsCommand.self, TailLogCommand.self,
        ]
    )
}
