// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import AuditTools
import Foundation
import StrictJSON

struct SearchLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Finds records by subject, time, route, verdict, reason or policy.",
        discussion: """
            The index finds, the tiles prove: each row is marked verified once its inclusion under the signed checkpoint
            was proved. Records that the index does not know yet are taken in first. That nothing is missing from the
            answer only a reading of the whole log can show (audit export).

            Exit 0 done (also with no row), 1 the log or its index cannot be used, 2 wrong usage.

            Example: countersign audit search --subject alice --from 2026-11-24 --to 2026-11-25 --verdict deny
            """
    )

    @OptionGroup var options: LogOptions
    @OptionGroup var period: PeriodOptions

    @Option(name: .long, help: "The subject, as records disclose it: the token's sub.")
    var subject: String?

    @Option(name: .long, help: "The issuer of the subject, or the kind of credential (who.auth) where there is none.")
    var issuer: String?

    @Option(name: .long, help: "The route's template, such as /v1/orders/{id}.")
    var route: String?

    @Option(name: .long, help: "allow, deny or error.")
    var verdict: String?

    @Option(name: .long, help: "The reason code, such as policy_denied.")
    var reason: String?

    @Option(name: .long, help: "A policy that decided.")
    var policy: String?

    @Option(name: .long, help: "The record type, such as decision or policy.activate.")
    var type: String?

    @Option(name: .long, help: "The most rows, newest first: 1 to 100,000.")
    var limit = 100

    @Flag(name: .long, help: "Prints JSON, one object a line.")
    var json = false

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be 1 to 100000") }
        do throws(AuditToolError) {
            if let verdict { try RecordVocabulary.check(verdict, of: "dec.verdict", called: "--verdict") }
            if let type { try RecordVocabulary.check(type, of: "t", called: "--type") }
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func run() async throws {
        let log = try options.open()
        guard log.hasDisclosures else {
            Terminal.complain("`\(options.log)` is a log/ alone: the index belongs to the audit directory around it")
            throw ExitCode(1)
        }
        let (from, to) = try period.bounds()
        try await ReadersMark.leave(
            "search", log: options.log, subject: subject,
            details: [self.period.from, self.period.to, issuer, route, verdict, reason, policy, type].compactMap { $0 }
                .joined(
                    separator: " "))
        let result = try options.working { () throws(AuditToolError) in
            let index = try RecordIndex(directory: options.log, origin: log.origin)
            // A log that may only be read is searched as far as its index goes.
            while let count = try? index.advance(to: log, atMost: 64), count > 0 {}
            var query = RecordQuery()
            (query.subject, query.issuer) = (subject, issuer)
            (query.route, query.verdict) = (route, verdict)
            (query.reason, query.policy, query.type) = (reason, policy, type)
            (query.from, query.to, query.limit) = (from, to, limit)
            return try RecordSearch(log, index).run(query)
        }
        for hit in result.hits { Terminal.say(json ? Self.line(hit) : Self.text(hit)) }
        if result.covered < log.size {
            Terminal.complain(
                "the index knows \(result.covered) of \(log.size) records; `audit reindex` builds it anew")
        }
        if result.contradicted > 0 {
            Terminal.complain(
                "\(result.contradicted) rows of the index are not what the log holds; `audit reindex` builds it anew")
        }
    }

    private static func line(_ hit: RecordSearch.Hit) -> String {
        var object = JSONObject()
        var disclosed = JSONObject()
        for disclosure in hit.disclosures { disclosed.append(disclosure.name, disclosure.value) }
        object.append("disclosed", .object(disclosed))
        object.append("index", .number(JSONNumber(Int64(clamping: hit.index))))
        object.append("record", (try? JSONValue.parse(hit.leaf)) ?? .null)
        object.append("verified", .bool(hit.isVerified))
        return String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self)
    }

    private static func text(_ hit: RecordSearch.Hit) -> String {
        let summary = RecordSummary(leaf: hit.leaf, disclosures: hit.disclosures)
        let mark = Terminal.mark(hit.isVerified ? "verified" : "UNVERIFIED", isGood: hit.isVerified)
        return "\(hit.index)  \(summary.line)  \(mark)"
    }
}
