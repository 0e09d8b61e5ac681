// SPDX-License-Identifier: Apache-2.0

/// The controls that the log is evidence for, each with the query that gives the evidence (AUDIT, section 10).
package struct Control: Sendable {
    /// The catalogue.
    package let framework: String
    /// The control's number in it.
    package let id: String
    /// What the control asks for, in our words.
    package let subject: String
    /// The sections of the report that show it.
    package let sections: [Int]
    /// The conditions of the query, as `audit export --where` takes them.
    package let conditions: [String]

    fileprivate init(
        _ framework: String, _ id: String, _ subject: String, _ sections: [Int], _ conditions: [String]
    ) {
        (self.framework, self.id, self.subject) = (framework, id, subject)
        (self.sections, self.conditions) = (sections, conditions)
    }

    /// All controls.
    package static let all: [Control] = soc2 + iso27001 + sox

    private static let decisions = ["type=decision"]
    private static let denials = ["type=decision", "verdict=deny"]
    private static let credentials = ["type=credential.rotate|credential.revoke|jwks.change"]
    private static let changes = ["type=policy.activate|policy.reject|config.activate"]
    private static let incidents = ["type=gap|breakglass|policy.reject|clock.step|upstream.state"]

    private static let soc2: [Control] = [
        Control("SOC 2", "CC6.1", "Access to protected resources is decided by policy", [4, 5], decisions),
        Control("SOC 2", "CC6.2", "Credentials are issued, rotated and withdrawn", [8], credentials),
        Control("SOC 2", "CC6.3", "Access rights follow roles and change by approval", [6], ["type=policy.activate"]),
        Control("SOC 2", "CC6.6", "Callers from outside are refused unless permitted", [4], denials),
        Control(
            "SOC 2", "CC6.7", "Connections are protected by certificates in force", [8],
            ["type=cert.load|config.activate"]),
        Control("SOC 2", "CC7.2", "Operation is watched for anomalies", [3, 10], incidents),
        Control("SOC 2", "CC7.3", "Security events are evaluated", [12], ["type=gap|breakglass|policy.reject"]),
        Control("SOC 2", "CC8.1", "Changes are authorized, tested and recorded", [6, 7], changes),
    ]

    private static let iso27001: [Control] = [
        Control("ISO 27001:2022", "A 5.15", "Access control", [4, 6], decisions),
        Control(
            "ISO 27001:2022", "A 5.16", "Identity management", [4, 5],
            ["type=decision", "who.auth=jwt|introspection|api_key|mtls|aws_iam"]),
        Control("ISO 27001:2022", "A 5.17", "Authentication information", [8], credentials),
        Control(
            "ISO 27001:2022", "A 5.18", "Access rights", [6, 8], ["type=policy.activate|credential.revoke"]),
        Control("ISO 27001:2022", "A 8.2", "Privileged access rights", [7, 9], ["type=admin.login|breakglass"]),
        Control("ISO 27001:2022", "A 8.3", "Information access restriction", [4], denials),
        Control("ISO 27001:2022", "A 8.5", "Secure authentication", [4, 9], ["type=admin.login|decision"]),
        Control(
            "ISO 27001:2022", "A 8.15", "Logging", [2, 3],
            ["type=boot|shutdown|gap|log.witness|log.key.rotate|admin.read"]),
        Control("ISO 27001:2022", "A 8.16", "Monitoring activities", [10, 12], incidents),
        Control(
            "ISO 27001:2022", "A 8.24", "Use of cryptography", [2, 8], ["type=log.key.rotate|cert.load|jwks.change"]),
        Control("ISO 27001:2022", "A 8.32", "Change management", [6, 7], changes),
    ]

    private static let sox: [Control] = [
        Control(
            "SOX ITGC", "Access", "Access to programs and data", [4, 8, 9],
            ["type=decision|admin.login|admin.read|credential.revoke|breakglass"]),
        Control("SOX ITGC", "Change", "Program changes", [6, 7], changes),
        Control(
            "SOX ITGC", "Operations", "Computer operations", [3, 10, 11],
            ["type=boot|shutdown|gap|upstream.state|retention.prune|erasure|legal.hold"]),
    ]
}
