// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

/// A log with every type of record, over some days, for reports and exports.
enum EveryRecord {
    private static let day: Int64 = 86_400_000_000

    /// Decisions of so many days, more on some than on others, and what happens beside them.
    static func records(days: Int, perDay: Int) -> [SampleLog.Record] {
        var records: [SampleLog.Record] = []
        let routes = ["/orders/{id}", "/orders", "/invoices/{id}/lines", "/health", "/customers/{id}"]
        for number in 0..<(days * perDay) {
            let (index, of) = (Int64(number / perDay), number % perDay)
            guard of < perDay - (Int(index) * 7) % (perDay / 2) else { continue }
            let at = index * day + Int64(of) * (day / Int64(perDay))
            let route = routes[number * 7 % routes.count]
            switch number % 23 {
            case 3, 11: records.append(denied("policy_denied", route, at))
            case 17: records.append(denied("token_expired", route, at))
            case 19 where number % 5 == 0:
                records.append(
                    SampleLog.decision("error", reason: "idp_unavailable", route: route, policies: [], at: at))
            default: records.append(SampleLog.decision(route: route, subject: "user-\(number % 40)", at: at))
            }
        }
        return records + administration
    }

    private static func denied(_ reason: String, _ route: String, _ at: Int64) -> SampleLog.Record {
        SampleLog.decision(
            "deny", reason: reason, route: route, method: "POST", subject: reason == "policy_denied" ? "mallory" : nil,
            policies: reason == "policy_denied" ? ["orders-freeze"] : [], at: at)
    }

    private static func event(_ type: String, _ name: String, _ content: JSONObject, _ days: Double) -> SampleLog.Record
    {
        SampleLog.event(type, name, content, at: Int64(days * Double(day)))
    }

    /// Every type of record that the log takes; `boot` and `shutdown` it writes itself.
    static var types: Set<String> {
        Set((administration + ownRecords).map(\.type)).union(["boot", "shutdown", "decision"])
    }

    /// What the log writes by itself when something was refused or the configuration was.
    static var ownRecords: [SampleLog.Record] {
        [
            event("gap", "gap", ["count": 3, "from": 7, "reason": "disk_full", "to": 9], 0.5),
            event(
                "config.reject", "config",
                ["problems": ["countersign.yaml:3: apis: is missing"], "set": "sha256:d4d4"], 0.6),
        ]
    }

    /// Decisions that are seldom: every method, callers of every kind, traces, numbers at their ends.
    static var rareDecisions: [SampleLog.Record] {
        var records = ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"].map { SampleLog.decision(method: $0) }
        for kind in ["Client", "Workload", "AWSPrincipal", "Anonymous", "Robot"] {
            var record = SampleLog.decision(subject: nil)
            record.members.append(
                "who", ["auth": "mtls", "exp": .number(JSONNumber(Int64.max)), "type": .string(kind)])
            records.append(record)
        }
        for reason in ["no_credential", "api_key_unknown", "certificate_untrusted", "aws_signature", "key_unknown"] {
            records.append(SampleLog.decision("deny", reason: reason, subject: nil, policies: []))
        }
        var whole = SampleLog.decision(policies: ["a", "b", "c"])
        whole.members.append(
            "act",
            ["action": "orders.read", "host": "api.example.test", "method": "GET", "route": "/orders/{id}"])
        whole.members.append(
            "gw",
            [
                "name": "envoy", "peer": "spiffe://acme/envoy", "peer_auth": "mtls", "proto": "ext_authz", "req": "r-9",
                "span": "00f067aa0ba902b7", "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
            ])
        whole.members.append(
            "who",
            [
                "alg": "ES256", "auth": "jwt", "exp": 1_800_000_000, "iss": "https://idp",
                "tok": "AAAAAAAAAAAAAAAAAAAAAA",
                "type": "User",
            ])
        whole.personal.append("email", "alice@example.test")
        whole.personal.append("name", "Alice Example")
        records.append(whole)
        return records
    }

    /// Takes over as the sample's log key, so that the log obeys its record as it obeys a real one.
    static let nextKey: LogSigningKey = {
        do { return try LogSigningKey(origin: "test/one") } catch { fatalError("\(error)") }
    }()

    /// What the control socket notes of who asked.
    private static func notes(_ reason: String, ticket: String? = nil, _ content: JSONObject) -> JSONObject {
        var notes = content
        notes["by"] = ["uid": 1000]
        notes["reason"] = .string(reason)
        if let ticket { notes["ticket"] = .string(ticket) }
        return notes
    }

    /// One record of each type at least, of the shapes that the service writes; some are what an auditor must find.
    static var administration: [SampleLog.Record] {
        let review: JSONValue = [
            "approvers": ["bea"], "author": "abel", "commit": "4be1d2f", "signature": "good", "ticket": "CHG-1041",
        ]
        let own: JSONValue = ["approvers": ["abel"], "author": "abel", "commit": "90aa31c", "ticket": "CHG-1077"]
        let unapproved: JSONValue = ["author": "abel", "commit": "77c0ffe"]
        let set: (String) -> JSONValue = { .string("sha256:" + String(repeating: $0, count: 32)) }
        return [
            event(
                "config.activate", "config",
                [
                    "apis": ["orders"], "digest": set("e5"), "file": "countersign.yaml", "gateways": ["apigee"],
                    "mode": "strict", "providers": ["acme"],
                ], 0.01),
            event(
                "policy.activate", "policy",
                [
                    "entities": set("01"), "files": ["orders.cedar"], "schema": set("02"), "set": set("a1"),
                ], 0.02),
            event(
                "policy.activate", "policy",
                [
                    "diff": ["added": ["orders-freeze"], "changed": [], "removed": []], "entities": set("01"),
                    "files": ["orders.cedar"], "previous": set("a1"), "review": review, "schema": set("02"),
                    "set": set("b2"),
                ], 2.3),
            event("policy.activate", "policy", ["previous": set("b2"), "review": own, "set": set("c3")], 3.4),
            event("policy.activate", "policy", ["previous": set("c3"), "review": unapproved, "set": set("d4")], 5.1),
            event("policy.activate", "policy", ["previous": set("d4"), "set": set("f6")], 5.2),
            event("policy.reject", "policy", ["problems": ["orders.cedar:3: expected `;`"], "set": set("d4")], 5.3),
            event(
                "credential.rotate", "credential",
                [
                    "cause": "manual", "kind": "api_key", "new": "csk_2", "old": "csk_1", "overlap_s": 86_400,
                    "owner": "acme", "store": "provider:partners",
                ], 1.2),
            event(
                "credential.revoke", "credential",
                ["cause": "manual", "kind": "api_key", "old": "csk_1", "owner": "acme", "store": "provider:partners"],
                2.2),
            event(
                "jwks.change", "jwks",
                ["added": ["key-3"], "issuer": "https://idp", "provider": "acme", "removed": []], 2.6),
            event(
                "cert.load", "cert",
                [
                    "digest": set("07"), "file": "tls/server.pem", "listener": "grpc",
                    "not_after": "2026-12-20T00:00:00.000000Z", "not_before": "2026-06-20T00:00:00.000000Z",
                    "serial": "4c1d",
                ], 0.03),
            event(
                "upstream.state", "upstream",
                ["from": "up", "name": "keys of acme", "problem": "no connection", "to": "down"], 4.2),
            event("upstream.state", "upstream", ["from": "down", "name": "keys of acme", "to": "up"], 4.21),
            event("breakglass", "breakglass", ["until": "2026-11-28T12:00:00Z", "who": "bea", "why": "INC-77"], 4.5),
            event("admin.login", "admin", ["outcome": "success", "role": "auditor", "who": "carol"], 4.6),
            event("admin.read", "read", ["pid": 4711, "verb": "search", "who": "uid:1000"], 4.61),
            event(
                "log.key.rotate", "log_key",
                notes(
                    "yearly",
                    [
                        "both_until": "2099-01-01T00:00:00.000000Z",
                        "new": .string(nextKey.verifierKey.description), "old": "87654321",
                    ]), 6.1),
            event("log.witness", "witness", ["cosignatures": 1, "event": "quorum", "quorum": 1, "size": 100], 6.2),
            event(
                "erasure", "erasure", notes("request", ticket: "GDPR-9", ["entries": [0], "fields": ["sub"]]), 6.3),
            event("retention.prune", "prune", ["below": 0, "from": 0, "part": "leaves", "reason": "term"], 6.4),
            event("legal.hold", "hold", notes("litigation", ["action": "set", "name": "2026-17"]), 6.5),
            event("clock.step", "clock", ["step_ms": -1200], 6.6),
        ]
    }
}
