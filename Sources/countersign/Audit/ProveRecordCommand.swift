// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import AuditTools
import StrictJSON

struct ProveRecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Writes a file that proves one record, or checks such a file.",
        discussion: """
            The file holds the record, its index, the hashes to the root and the signed checkpoint: whoever has it and the
            log's public key needs nothing else. Exit 0 done, 1 not proved, 2 wrong usage, 3 cannot read.

            Example: countersign audit prove 0192f0c1-7b3a-7000-8f00-0123456789ab --log .countersign/audit --out proof.json
            Example: countersign audit prove --check proof.json --key @log.vkey
            """
    )

    @Argument(help: "The id of a record, or its index.")
    var name: String?

    @OptionGroup var options: LogOptions

    @Option(name: .long, help: "Where to write the file; standard output by default.")
    var out: String?

    @Flag(name: .long, help: "Adds what is still disclosed of the record's personal data.")
    var disclose = false

    @Option(name: .long, help: "A proof file to check; --key is required then.")
    var check: String?

    @Option(name: .long, help: "With --check: a witness's key, or @FILE. May be repeated.")
    var witness: [String] = []

    @Option(name: .long, help: "With --check: how many witnesses must have cosigned.")
    var quorum = 0

    @Flag(name: .long, help: "With --check: prints JSON.")
    var json = false

    func validate() throws {
        guard (name == nil) != (check == nil) else { throw ValidationError("a record's id or index, or --check FILE") }
        guard check == nil || !options.key.isEmpty else { throw ValidationError("--check needs --key") }
        guard quorum >= 0 else { throw ValidationError("--quorum must not be negative") }
    }

    func run() async throws {
        if let check { return try run(check) }
        guard let name else { return }
        if disclose { try await ReadersMark.leave("prove", log: options.log, details: name) }
        let entry = try options.find(name)
        let log = try options.open()
        let texts = try options.doing { () throws(AuditLogError) in
            guard disclose, entry.isInCheckpoint else { return [String]() }
            return try log.bundle(entry.index >> 8).disclosureTexts(Int(entry.index & 0xFF))
        }
        let proof = try options.working { () throws(AuditToolError) in
            let proof = try ProofFile(entry, disclosures: texts)
            let text = JSONText.indented(.object(proof.json)) + "\n"
            if let out { try DurableFile.write(Array(text.utf8), to: out) }
            return text
        }
        if out == nil { Terminal.put(Array(proof.utf8)) }
    }

    private func run(_ path: String) throws {
        let found = try options.working { () throws(AuditToolError) in
            guard let bytes = try DurableFile.read(path, limit: 1 << 20) else {
                throw .file(path: path, problem: "is not there")
            }
            return bytes
        }
        let keys = try options.doing { () throws(AuditLogError) in try options.keys() }
        let witnesses = try options.doing { () throws(AuditLogError) in try VerifierKeys.parse(all: witness) }
        let finding = try options.working { () throws(AuditToolError) in
            try ProofFile.check(found, keys: keys, witnesses: witnesses, quorum: quorum)
        }
        guard json else {
            Terminal.say("proved: entry \(finding.index) of \(finding.origin), under \(finding.size) records")
            Terminal.say("signed by \(finding.signers.joined(separator: ", "))")
            if !finding.witnesses.isEmpty {
                Terminal.say("cosigned by \(finding.witnesses.joined(separator: ", "))")
            }
            return Terminal.say(JSONText.indented(.object(finding.record)))
        }
        var disclosed = JSONObject()
        for disclosure in finding.disclosures { disclosed.append(disclosure.name, disclosure.value) }
        let object: JSONObject = [
            "disclosed": .object(disclosed), "index": .number(JSONNumber(Int64(clamping: finding.index))),
            "origin": .string(finding.origin), "proved": true, "record": .object(finding.record),
            "size": .number(JSONNumber(Int64(clamping: finding.size))),
        ]
        Terminal.say(String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self))
    }
}
