// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

/// `audit.erase`: takes personal data out of the log for good (AUDIT, section 5).
package struct EraseCommand: Sendable {
    static let name = "audit.erase"

    /// The value of `sub`; either this or entries.
    package var subject: String?
    /// Whose `sub` it is, where several issuers know it.
    package var issuer: String?
    package var entries: [UInt64]
    /// Names of what goes; everything if it is empty.
    package var fields: [String]
    package var reason: String
    package var ticket: String
    package var isDespiteHolds: Bool

    package init(
        subject: String?, issuer: String? = nil, entries: [UInt64], fields: [String], reason: String, ticket: String,
        isDespiteHolds: Bool
    ) {
        (self.subject, self.issuer, self.entries, self.fields) = (subject, issuer, entries, fields)
        (self.reason, self.ticket, self.isDespiteHolds) = (reason, ticket, isDespiteHolds)
    }

    init(_ arguments: inout ControlArguments) throws(ControlProblem) {
        subject = try arguments.optionalString("subject", limit: 4096)
        issuer = try arguments.optionalString("issuer", limit: 4096)
        entries = try arguments.indexes("entries")
        fields = try arguments.strings("fields", limit: 64)
        reason = try arguments.string("reason")
        ticket = try arguments.string("ticket")
        isDespiteHolds = try arguments.flag("despite_holds")
        guard (subject != nil) != !entries.isEmpty else {
            throw arguments.problem("subject", "or `entries` must be given, not both")
        }
        guard issuer == nil || subject != nil else { throw arguments.problem("issuer", "goes with `subject` only") }
    }

    var arguments: JSONObject {
        var object = JSONObject()
        if let subject { object.append("subject", .string(subject)) }
        if let issuer { object.append("issuer", .string(issuer)) }
        if !entries.isEmpty {
            object.append("entries", .array(entries.map { .number(JSONNumber(Int64(clamping: $0))) }))
        }
        if !fields.isEmpty { object.append("fields", .array(fields.map { .string($0) })) }
        object.append("reason", .string(reason))
        object.append("ticket", .string(ticket))
        if isDespiteHolds { object.append("despite_holds", true) }
        return object
    }

    func perform(in context: ControlContext) async throws(ControlProblem) -> JSONObject {
        let selection: ErasureRequest.Selection = subject.map { .subject($0, issuer: issuer) } ?? .entries(entries)
        var request = ErasureRequest(
            selection, fields: fields.isEmpty ? nil : Set(fields),
            notes: context.notes(reason: reason, ticket: ticket))
        request.despiteHolds = isDespiteHolds
        let receipt = try await context.onLog { log throws(AuditLogError) in try await log.erase(request) }
        var result = JSONObject()
        result.append("entries", .number(JSONNumber(Int64(receipt.entries.count))))
        result.append("fields", .array(receipt.fields.map { .string($0) }))
        result.append("records", .array(receipt.records.map { .number(JSONNumber(Int64(clamping: $0))) }))
        return result
    }
}
