// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import StrictJSON

struct ShowRecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one record, with its proof and what may be disclosed of it.",
        discussion: "Example: countersign audit show 0192f0c1-7b3a-7000-8f00-0123456789ab --log .countersign/audit"
    )

    @Argument(help: "The id of a record, or its index.")
    var name: String

    @OptionGroup var options: LogOptions

    func run() async throws {
        try await ReadersMark.leave("show", log: options.log, details: name)
        let entry = try options.find(name)
        var shown = JSONObject()
        shown.append("index", .number(JSONNumber(Int64(clamping: entry.index))))
        shown.append(
            "proof",
            .string(
                entry.isInCheckpoint
                    ? "included under a signed checkpoint of \(entry.proof?.size ?? 0) records"
                    : "durable, not yet in a checkpoint"
            )
        )
        shown.append(
            "record", (try? JSONValue.parse(entry.leaf)) ?? .string(String(decoding: entry.leaf, as: UTF8.self)))
        var disclosed = JSONObject()
        for disclosure in entry.disclosures { disclosed.append(disclosure.name, disclosure.value) }
        if !disclosed.isEmpty { shown.append("disclosed", .object(disclosed)) }
        Terminal.say(JSONText.indented(.object(shown)))
    }
}

extension LogReader.Entry {
    /// Whether the record has an id.
    func hasID(_ id: String) -> Bool { (try? JSONValue.parse(leaf).objectValue?["id"]?.stringValue) == id }
}
