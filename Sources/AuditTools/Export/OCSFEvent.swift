// SPDX-License-Identifier: Apache-2.0

package import StrictJSON

/// A record as an event of the Open Cybersecurity Schema Framework (AUDIT, section 9).
///
/// Decisions are API Activity (6003) with the `security_control` profile, log-ins of administrators Authentication (3002),
/// everything else Entity Management (3004).
package struct OCSFEvent: Sendable {
    /// The version of the schema that events follow.
    package static let schemaVersion = "1.7.0"

    private let record: LogRecord
    private let isDisclosing: Bool
    private let version: String

    /// Maps a record.
    package init(_ record: LogRecord, isDisclosing: Bool, version: String) {
        (self.record, self.isDisclosing, self.version) = (record, isDisclosing, version)
    }

    /// The event.
    package var json: JSONObject {
        switch record.type {
        case "decision": apiActivity
        case "admin.login": authentication
        default: entityManagement
        }
    }

    private static func number(_ value: Int64) -> JSONValue { .number(JSONNumber(value)) }

    private func event(
        category: Int64, class uid: Int64, activity: Int64, severity: Int64, profiles: [String]
    ) -> JSONObject {
        var metadata: JSONObject = [
            "log_name": .string(record.origin),
            "product": ["name": "Countersign", "vendor_name": "Countersign", "version": .string(version)],
            "sequence": Self.number(Int64(clamping: record.index)), "uid": .string(record.id),
            "version": .string(Self.schemaVersion),
        ]
        if let request = record.text("gw.req") { metadata.append("correlation_uid", .string(request)) }
        if !profiles.isEmpty { metadata.append("profiles", .array(profiles.map { .string($0) })) }
        return [
            "activity_id": Self.number(activity), "category_uid": Self.number(category), "class_uid": Self.number(uid),
            "metadata": .object(metadata),
            "raw_data_hash": [
                "algorithm": "SHA-256", "algorithm_id": 3, "value": .string(FileDigest.leafHash(record.leaf)),
            ],
            "severity_id": Self.number(severity), "time": Self.number(record.time / 1000),
            "type_uid": Self.number(uid * 100 + activity),
        ]
    }

    // MARK: Decisions

    private var apiActivity: JSONObject {
        let verdict = record.text("dec.verdict") ?? ""
        let reason = record.text("dec.reason") ?? ""
        let isTraced = record.text("gw.trace") != nil
        var event = event(
            category: 6, class: 6003, activity: Self.activity(ofMethod: record.text("act.method") ?? ""),
            severity: verdict == "allow" ? 1 : verdict == "deny" ? 2 : 3,
            profiles: ["security_control"] + (isTraced ? ["trace"] : []))
        event.append("action_id", Self.number(verdict == "allow" ? 1 : verdict == "deny" ? 2 : 0))
        event.append("actor", .object(actor(verdict)))
        event.append("api", .object(api))
        event.append("disposition_id", Self.number(Self.disposition(verdict, reason)))
        if let host = record.text("act.host") {
            event.append("dst_endpoint", ["hostname": .string(host), "svc_name": .string(host)])
        }
        var response = JSONObject()
        if let status = record.number("dec.status") { response.append("code", Self.number(status)) }
        if !response.isEmpty { event.append("http_response", .object(response)) }
        event.append("src_endpoint", .object(source))
        event.append("status_code", .string(reason))
        event.append("status_id", Self.number(verdict == "allow" ? 1 : 2))
        if let trace = record.text("gw.trace") { event.append("trace", .object(tracing(trace))) }
        return event
    }

    private static func activity(ofMethod method: String) -> Int64 {
        switch method {
        case "POST": 1
        case "GET", "HEAD": 2
        case "PUT", "PATCH": 3
        case "DELETE": 4
        default: 99
        }
    }

    /// 26 is for callers that were not authenticated, 2 for those that were and may not.
    private static func disposition(_ verdict: String, _ reason: String) -> Int64 {
        switch verdict {
        case "allow": 1
        case "deny": isAuthenticationFailure(reason) ? 26 : 2
        default: 27
        }
    }

    /// Whether a reason code says that it is not known who asked.
    package static func isAuthenticationFailure(_ reason: String) -> Bool {
        ["token_", "api_key_", "certificate_", "aws_", "proof_", "binding_"].contains { reason.hasPrefix($0) }
            || ["no_credential", "key_unknown", "gateway_unauthenticated"].contains(reason)
    }

    private func actor(_ verdict: String) -> JSONObject {
        var actor = JSONObject()
        actor.append("authorizations", .array(authorizations(verdict)))
        if let issuer = record.text("who.iss") {
            actor.append("idp", ["name": .string(issuer), "uid": .string(issuer)])
        }
        if let credential = record.text("who.tok") {
            var session: JSONObject = ["uid": .string(credential)]
            if let issuer = record.text("who.iss") { session.append("issuer", .string(issuer)) }
            if let expiry = record.number("who.exp"), let milliseconds = Self.milliseconds(expiry) {
                session.append("expiration_time", Self.number(milliseconds))
            }
            actor.append("session", .object(session))
        }
        actor.append("user", .object(user))
        return actor
    }

    private static func milliseconds(_ seconds: Int64) -> Int64? {
        let (value, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? nil : value
    }

    private func authorizations(_ verdict: String) -> [JSONValue] {
        let decision = verdict == "allow" ? "allowed" : "denied"
        let set = record.text("dec.policy_set") ?? ""
        return record.texts("dec.policies").map { policy in
            [
                "decision": .string(decision),
                "policy": ["is_applied": true, "uid": .string(policy), "version": .string(set)],
            ]
        }
    }

    /// Who it was if that may be told, else what kind of caller.
    private var user: JSONObject {
        let kind = record.text("who.type") ?? "unknown"
        let type: Int64 =
            switch kind {
            case "User": 1
            case "Client", "Workload", "AWSPrincipal": 4
            case "unknown": 0
            default: 99
            }
        var user: JSONObject = ["type": .string(kind), "type_id": Self.number(type)]
        if isDisclosing, let subject = record.disclosed("sub")?.stringValue {
            user.append("uid", .string(subject))
            if let name = record.disclosed("name")?.stringValue { user.append("full_name", .string(name)) }
            if let email = record.disclosed("email")?.stringValue { user.append("email_addr", .string(email)) }
        } else if let commitment = record.text("sd.sub") {
            // The commitment to the subject: different for each record, so it tells nobody who it was.
            user.append("uid", .string("sd:" + commitment))
        } else {
            user.append("name", .string(kind == "Anonymous" ? "anonymous" : "unknown"))
        }
        return user
    }

    private var api: JSONObject {
        var api: JSONObject = [
            "operation": .string(record.text("act.action") ?? record.text("act.method") ?? "unknown")
        ]
        if let host = record.text("act.host") { api.append("service", ["name": .string(host)]) }
        var request = JSONObject()
        if let id = record.text("gw.req") {
            request.append("uid", .string(id))
        } else {
            request.append("uid", .string(record.id))
        }
        api.append("request", .object(request))
        if let route = record.text("act.route") { api.append("group", ["name": .string(route)]) }
        return api
    }

    /// The caller's address if it may be told, else the gateway.
    private var source: JSONObject {
        var source = JSONObject()
        if isDisclosing, let address = record.disclosed("ip")?.stringValue { source.append("ip", .string(address)) }
        source.append("name", .string(record.text("gw.name") ?? "unknown"))
        if let peer = record.text("gw.peer") { source.append("uid", .string(peer)) }
        return source
    }

    private func tracing(_ trace: String) -> JSONObject {
        var json: JSONObject = ["uid": .string(trace)]
        if let span = record.text("gw.span") {
            let took = max(0, record.number("lat_us.total") ?? 0) / 1000
            json.append(
                "span",
                [
                    "end_time": Self.number(record.time / 1000 + took), "start_time": Self.number(record.time / 1000),
                    "uid": .string(span),
                ])
        }
        return json
    }

    // MARK: Administration

    private var entityManagement: JSONObject {
        var event = event(
            category: 3, class: 3004, activity: Self.activity(ofType: record.type),
            severity: Self.isAlarming(record.type) ? 3 : 1, profiles: [])
        event.append("actor", ["app_name": "countersign", "app_uid": .string(record.origin)])
        var entity: JSONObject = ["name": .string(record.type), "type": .string(Self.entity(ofType: record.type))]
        entity.append("uid", .string(content["set"]?.stringValue ?? content["id"]?.stringValue ?? record.id))
        if let set = content["set"]?.stringValue { entity.append("version", .string(set)) }
        entity.append("data", .object(content))
        event.append("entity", .object(entity))
        event.append("status_id", Self.number(record.type == "policy.reject" ? 2 : 1))
        return event
    }

    private var content: JSONObject { record.content }

    private static func activity(ofType type: String) -> Int64 {
        switch type {
        case "config.activate", "policy.activate", "breakglass", "boot": 10
        case "shutdown": 11
        case "credential.revoke", "erasure", "retention.prune": 4
        case "credential.rotate", "log.key.rotate", "jwks.change", "cert.load", "upstream.state", "legal.hold",
            "clock.step":
            3
        case "log.witness": 6
        case "admin.read": 2
        case "gap": 1
        default: 99
        }
    }

    private static func entity(ofType type: String) -> String {
        type.split(separator: ".").first.map(String.init) ?? "record"
    }

    private static func isAlarming(_ type: String) -> Bool { ["breakglass", "gap", "policy.reject"].contains(type) }

    private var authentication: JSONObject {
        let isGood = (content["outcome"]?.stringValue ?? content["result"]?.stringValue ?? "success") == "success"
        var event = event(category: 3, class: 3002, activity: 1, severity: isGood ? 1 : 3, profiles: [])
        event.append("dst_endpoint", ["name": .string(record.origin)])
        event.append("is_remote", true)
        event.append("service", ["name": "countersign"])
        event.append("status_id", Self.number(isGood ? 1 : 2))
        let who = content["who"]?.stringValue ?? content["user"]?.stringValue ?? content["subject"]?.stringValue
        let name = isDisclosing ? record.disclosed("sub")?.stringValue ?? who : who
        event.append("user", ["name": .string(name ?? "administrator"), "type_id": 2])
        return event
    }
}
