// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Callout
import StrictJSON

/// What a decision's record says (AUDIT, section 4).
struct DecisionRecord {
    let work: DecisionWork
    let verdict: Verdict
    let boot: String

    private var callout: CalloutRequest { _read { yield work.callout } }
    private var caller: IdentifiedCaller? { work.caller }
    private var plan: RoutePlan? { work.plan }
    private var mapped: MappedRequest? { work.mapped }

    /// Writes the record in the form that the log takes and hands over its bytes.
    func withBytes(
        _ body: (UnsafeRawBufferPointer, _ counterOffset: Int, UnsafeRawBufferPointer, AuditRecord.Release) -> Void
    ) {
        let scratch = work.scratch
        commit(to: &scratch.commitments)
        let counterOffset = write(to: &scratch.leaf, scratch.commitments)
        scratch.leaf.withUnsafeBytes { leaf in
            scratch.commitments.withDisclosures { disclosures in
                body(leaf, counterOffset, disclosures, release)
            }
        }
    }

    /// Only an allow, and only of a route that opted in, may leave before its record is durable.
    private var release: AuditRecord.Release {
        verdict.outcome == .allow && work.match?.route.mayPrecedeSync == true ? .mayPrecedeSync : .whenDurable
    }

    /// Writes the leaf; returns where the digits of `n` go.
    private func write(to writer: inout JSONWriter, _ commitments: Commitments) -> Int {
        writer.beginObject()
        writer.key("act")
        writeAction(to: &writer)
        writer.key("boot")
        writer.string(boot)
        writer.key("dec")
        writeDecision(to: &writer)
        writer.key("gw")
        writeGateway(to: &writer)
        writer.key("id")
        writer.string(work.decisionID)
        writer.key("lat_us")
        work.latency.write(to: &writer)
        writer.key("n")
        let counterOffset = writer.count
        writer.hole()
        if !commitments.isEmpty {
            writer.key("sd")
            commitments.writeObject(to: &writer)
        }
        writer.key("t")
        writer.string(plain: "decision")
        writer.key("told")
        writeTold(to: &writer)
        writeCutFields(to: &writer)
        writer.key("ts")
        writer.string(work.time.description)
        writer.key("v")
        writer.int(1)
        if let caller {
            writer.key("who")
            writer.raw(caller.whoJSON)
        }
        writer.endObject()
        return counterOffset
    }

    /// Personal data goes behind commitments only (AUDIT, section 5).
    private func commit(to commitments: inout Commitments) {
        if let caller, caller.principal.kind != .anonymous {
            commitments.add("sub", string: JSONWriter.cut(caller.principal.id))
            for name in ["email", "name"] as [StaticString] {
                if let text = caller.principal.attributes[name.description]?.stringValue {
                    commitments.add(name, string: JSONWriter.cut(text))
                }
            }
            if let groups = caller.groupsJSON { commitments.add("groups", json: groups) }
        }
        if let address = callout.clientAddress, !address.isEmpty {
            commitments.add("ip", string: JSONWriter.cut(address))
        }
        if let agent = callout.singleHeader("user-agent") { commitments.add("ua", string: JSONWriter.cut(agent)) }
        if let plan { commitments.add("path", string: plan.template) }
        if let mapped {
            commitments.add("resource", string: JSONWriter.cut(mapped.resource.id))
            work.scratch.input.withUnsafeBytes { _ = commitments.add("input", json: $0) }
        }
    }

    private func writeAction(to writer: inout JSONWriter) {
        writer.beginObject()
        if let mapped { writer.bounded("action", mapped.action.name) }
        if let host = work.host ?? callout.host { writer.bounded("host", host) }
        writer.bounded("method", callout.method)
        if let mapped { writer.bounded("resource_type", mapped.resource.type) }
        if let plan { writer.bounded("route", plan.template) }
        writer.endObject()
    }

    private func writeDecision(to writer: inout JSONWriter) {
        let digests = work.generation.digests
        writer.beginObject()
        if mapped != nil {
            writer.key("ctx")
            writer.string(work.inputDigest)
        }
        writer.key("entities")
        writer.string(digests.entities)
        if !work.policyErrors.isEmpty { writer.bounded("errors", work.policyErrors) }
        if !work.obligations.isEmpty { writer.bounded("obligations", work.obligations) }
        writer.bounded("policies", verdict.policies)
        writer.key("policy_set")
        writer.string(digests.policySet)
        writer.key("reason")
        writer.string(verdict.reason.rawValue)
        writer.key("schema")
        writer.string(digests.schema)
        writer.key("status")
        writer.int(Int64(verdict.status))
        writer.key("verdict")
        writer.string(verdict.outcome.rawValue)
        writer.endObject()
    }

    private func writeGateway(to writer: inout JSONWriter) {
        let gateway = callout.gateway
        writer.beginObject()
        writer.bounded("name", gateway.name)
        if !gateway.peer.isEmpty { writer.bounded("peer", gateway.peer) }
        writer.key("peer_auth")
        writer.string(gateway.authentication.rawValue)
        writer.key("proto")
        writer.string(callout.dialect.rawValue)
        if !callout.gatewayRequestID.isEmpty { writer.bounded("req", callout.gatewayRequestID) }
        if let text = callout.singleHeader("traceparent") { Self.writeTrace(of: text, to: &writer) }
        writer.endObject()
    }

    private func writeTold(to writer: inout JSONWriter) {
        writer.beginObject()
        if !verdict.attributes.isEmpty { writer.bounded("attributes", verdict.attributes.members.map(\.key)) }
        if !verdict.setHeaders.isEmpty { writer.bounded("headers", verdict.setHeaders.map(\.name)) }
        writer.key("ttl_s")
        writer.int(Int64(verdict.ttl))
        writer.endObject()
    }

    /// The names of fields of which only the beginning is recorded, sorted.
    private func writeCutFields(to writer: inout JSONWriter) {
        let fields: [(name: StaticString, isCut: Bool)] = [
            ("act.host", JSONWriter.isCut(work.host ?? callout.host ?? "")),
            ("act.method", JSONWriter.isCut(callout.method)), ("gw.req", JSONWriter.isCut(callout.gatewayRequestID)),
        ]
        guard fields.contains(where: \.isCut) else { return }
        writer.key("trunc")
        writer.beginArray()
        for field in fields where field.isCut { writer.string(plain: field.name) }
        writer.endArray()
    }

    /// Writes trace and span of `traceparent` (W3C Trace Context, section 3.2.2), if that is what the text is.
    private static func writeTrace(of text: String, to writer: inout JSONWriter) {
        text.utf8Span.span.withUnsafeBytes { bytes in
            guard bytes.count == 55 else { return }
            for (index, byte) in bytes.enumerated() {
                switch (index, byte) {
                case (2, UInt8(ascii: "-")), (35, UInt8(ascii: "-")), (52, UInt8(ascii: "-")): continue
                case (2, _), (35, _), (52, _): return
                case (_, 0x30...0x39), (_, 0x61...0x66): continue
                default: return
                }
            }
            writer.key("span")
            writer.string(plain: UnsafeRawBufferPointer(rebasing: bytes[36..<52]))
            writer.key("trace")
            writer.string(plain: UnsafeRawBufferPointer(rebasing: bytes[3..<35]))
        }
    }
}

/// How long the stages of a decision took, in microseconds.
struct StageLatency {
    var total: Int64 = 0
    /// From the arrival of the request to the beginning of its decision.
    var queue: Int64 = 0
    var identify: Int64 = 0
    var decide: Int64 = 0

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("authn")
        writer.int(identify)
        writer.key("policy")
        writer.int(decide)
        writer.key("queue")
        writer.int(queue)
        writer.key("total")
        writer.int(total)
        writer.endObject()
    }
}
