// SPDX-License-Identifier: Apache-2.0

/// The rules for the name of a log and of its keys: `<deployment>/<replica>`.
enum LogOrigin {
    /// Refuses names that a signed note or this log cannot carry (C2SP signed-note, "Format").
    static func validate(_ origin: String) throws(AuditLogError) {
        func refuse(_ problem: String) -> AuditLogError { .invalidOrigin(origin, problem: problem) }
        guard !origin.isEmpty else { throw refuse("is empty; write `<deployment>/<replica>`") }
        guard origin.utf8.count <= 255 else { throw refuse("is longer than 255 bytes") }
        for scalar in origin.unicodeScalars {
            if scalar == "+" || scalar.properties.isWhitespace { throw refuse("must not contain spaces or `+`") }
            let category = scalar.properties.generalCategory
            if category == .control || category == .format { throw refuse("must not contain control characters") }
        }
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }) else {
            throw refuse("must be `<deployment>/<replica>`, such as `acme/gateway-1`")
        }
    }
}
