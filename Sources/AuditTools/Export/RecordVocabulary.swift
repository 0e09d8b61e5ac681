// SPDX-License-Identifier: Apache-2.0

/// What can be asked of records: the names that conditions take, and the values of those that have a closed set.
package enum RecordVocabulary {
    /// Short names for the paths that are asked for most.
    static let shortNames = [
        "type": "t", "verdict": "dec.verdict", "reason": "dec.reason", "route": "act.route", "method": "act.method",
        "host": "act.host", "gateway": "gw.name", "policy": "dec.policies", "boot": "boot", "id": "id",
        "action": "act.action", "issuer": "who.iss", "auth": "who.auth",
    ]
    /// Members of records that hold a value, not an object.
    private static let values: Set<String> = [
        "boot", "id", "max_delay_ms", "max_unsynced", "mode", "n", "t", "trunc", "ts", "v", "version",
    ]
    /// Members of records that hold more members, by which paths begin.
    private static let objects: Set<String> = [
        "act", "admin", "breakglass", "cache", "cert", "clock", "config", "credential", "dec", "erasure", "ext", "gap",
        "gw", "hold", "jwks", "key", "lat_us", "log_key", "policy", "prune", "read", "sd", "told", "upstream", "who",
        "witness",
    ]
    /// The members of a decision that have a fixed form.
    private static let members: [String: Set<String>] = [
        "act": ["action", "host", "method", "resource_type", "route"],
        "dec": [
            "count", "ctx", "entities", "errors", "first", "last", "obligations", "policies", "policy_set", "reason",
            "schema", "shadow", "status", "verdict",
        ],
    ]
    /// Personal data, as far as it is disclosed.
    private static let personal: Set<String> = [
        "email", "groups", "input", "ip", "name", "path", "resource", "sub", "ua",
    ]
    /// Every `t`.
    static let types: Set<String> = [
        "admin.login", "admin.read", "boot", "breakglass", "cert.load", "clock.step", "config.activate",
        "config.reject",
        "credential.revoke", "credential.rotate", "decision", "erasure", "gap", "jwks.change", "legal.hold",
        "log.key.rotate", "log.witness", "policy.activate", "policy.reject", "retention.prune",
        "shutdown", "upstream.state",
    ]

    /// The path that a name of a condition stands for.
    ///
    /// - Throws: ``AuditToolError/argument(_:)`` with the names that there are.
    static func path(_ name: String) throws(AuditToolError) -> String {
        if let path = shortNames[name] { return path }
        if values.contains(name) || personal.contains(name) { return name }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1, !parts.contains(""), objects.contains(parts[0]),
            members[parts[0]]?.contains(parts[1]) ?? true
        {
            return name
        }
        let short = (Array(shortNames.keys) + Array(values) + Array(personal)).sorted().joined(separator: ", ")
        let begin = objects.sorted().joined(separator: ", ")
        throw .argument(
            "`\(SafeText.terminal(name))` names nothing in a record: \(short); or a path such as dec.status, "
                + "which begins with one of \(begin)")
    }

    /// Refuses a value that no record has under a path.
    ///
    /// - Parameters:
    ///   - value: What is looked for.
    ///   - path: The path in the record, such as `dec.verdict`.
    ///   - name: How the person called it, for the message.
    /// - Throws: ``AuditToolError/argument(_:)`` with the values that there are.
    package static func check(_ value: String, of path: String, called name: String) throws(AuditToolError) {
        let known: [String]
        switch path {
        case "dec.verdict": known = ["allow", "deny", "error"]
        case "t": known = types.sorted()
        default: return
        }
        guard !known.contains(value) else { return }
        throw .argument("\(name) `\(SafeText.terminal(value))`: \(known.joined(separator: ", "))")
    }
}
