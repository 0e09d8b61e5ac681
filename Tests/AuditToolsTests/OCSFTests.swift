// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Testing

@testable import AuditLog
@testable import AuditTools

@Suite("OCSF events (AUDIT, section 9, and OCSF 1.7.0)", .timeLimit(.minutes(30)))
struct OCSFTests {
    /// The events of a log with every type of record, once with personal data and once without.
    private static func events() async throws -> [(type: String, event: JSONObject)] {
        let log = try SampleLog()
        try await log.write(
            EveryRecord.records(days: 3, perDay: 60) + EveryRecord.rareDecisions + EveryRecord.ownRecords)
        var events: [(String, JSONObject)] = []
        try RecordStream(log.opened()).forEach { record throws(AuditToolError) in
            for isDisclosing in [false, true] {
                events.append((record.type, OCSFEvent(record, isDisclosing: isDisclosing, version: "1").json))
            }
            return true
        }
        return events
    }

    @Test("every event of every record type is as the framework's own schema says")
    func followsSchema() async throws {
        let schema = try OCSFSchema()
        let events = try await Self.events()
        for (type, event) in events {
            for problem in schema.problems(event) { Issue.record("\(type): \(problem)") }
        }
        #expect(Set(events.map(\.type)).isSuperset(of: EveryRecord.types))
        #expect(Set(events.compactMap { $0.event["class_uid"]?.int64Value }) == [6003, 3004, 3002])
        // All activities that a method can give, and all outcomes.
        let decisions = events.filter { $0.type == "decision" }.map(\.event)
        #expect(Set(decisions.compactMap { $0["activity_id"]?.int64Value }) == [1, 2, 3, 4, 99])
        #expect(Set(decisions.compactMap { $0["disposition_id"]?.int64Value }) == [1, 2, 26, 27])
        #expect(decisions.contains { $0["trace"] != nil })
    }

    @Test("the schema is what refuses a wrong event, not the lack of one")
    func schemaRefuses() async throws {
        let schema = try OCSFSchema()
        let event = try #require(try await Self.events().first { $0.type == "decision" }?.event)
        #expect(schema.problems(event) == [])
        func changed(_ name: String, _ value: JSONValue?) -> JSONObject {
            var changed = event
            changed[name] = value
            return changed
        }
        #expect(schema.problems(changed("time", nil)) == ["time is required"])
        #expect(schema.problems(changed("time", "now")) == ["time is not of the type timestamp_t"])
        #expect(schema.problems(changed("verdict", "allow")) == ["verdict is not defined"])
        #expect(schema.problems(changed("action_id", 7)) == ["action_id has no value `7`"])
        #expect(schema.problems(changed("src_endpoint", ["port": 7])).count == 1)
        #expect(schema.problems(changed("actor", [:])).count == 1)
        #expect(schema.problems(changed("trace", ["uid": "a"])) == ["trace is of a profile that is not named"])
        #expect(schema.problems(changed("class_uid", 6004)) == ["class 6004"])
    }

    @Test("AUDIT's own values, by record type")
    func followsContract() async throws {
        for (type, event) in try await Self.events() {
            for problem in OCSFRules.problems(event) { Issue.record("\(type): \(problem)") }
        }
    }

    @Test("without --disclose nothing personal is in an event")
    func hidesPersonalData() async throws {
        let log = try SampleLog()
        try await log.write(EveryRecord.records(days: 3, perDay: 60) + EveryRecord.rareDecisions)
        try RecordStream(log.opened()).forEach { record throws(AuditToolError) in
            let event = OCSFEvent(record, isDisclosing: false, version: "1").json
            let text = String(decoding: JSONValue.object(event).canonicalBytes(), as: UTF8.self)
            for disclosure in record.disclosures where record.type == "decision" {
                guard let value = disclosure.value.stringValue else { continue }
                #expect(!text.contains(value), "\(disclosure.name)")
            }
            return true
        }
    }
}
