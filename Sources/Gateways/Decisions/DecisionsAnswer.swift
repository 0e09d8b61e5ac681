// SPDX-License-Identifier: Apache-2.0

package import Callout
import StrictJSON

/// A verdict as JSON, the same for `POST /v1/decisions` and `countersign decide`.
package enum DecisionsAnswer {
    /// The text, members in the order in which people read them.
    package static func bytes(_ verdict: Verdict) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.key("allow")
        writer.bool(verdict.outcome == .allow)
        writer.key("verdict")
        writer.string(verdict.outcome.rawValue)
        writer.key("status")
        writer.int(Int64(verdict.status))
        writer.key("reason")
        writer.string(verdict.reason.rawValue)
        writer.key("message")
        writer.string(verdict.message)
        writer.key("decision")
        writer.string(verdict.decisionID)
        if let principal = verdict.principal {
            writer.key("principal")
            write(principal, to: &writer)
        }
        writer.key("attributes")
        writer.value(.object(verdict.attributes))
        writer.key("headers")
        writeHeaders(verdict, to: &writer)
        writer.key("policies")
        writer.beginArray()
        for policy in verdict.policies { writer.string(policy) }
        writer.endArray()
        if let challenge = verdict.challenge {
            writer.key("challenge")
            writer.string(challenge)
        }
        if let nonce = verdict.proofNonce {
            writer.key("dpop_nonce")
            writer.string(nonce)
        }
        writer.key("ttl")
        writer.int(Int64(verdict.ttl))
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ principal: Principal, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string(principal.kind.rawValue)
        writer.key("id")
        writer.string(principal.id)
        writer.key("issuer")
        writer.string(principal.issuer)
        writer.endObject()
    }

    private static func writeHeaders(_ verdict: Verdict, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("set")
        writer.beginObject()
        for field in verdict.setHeaders {
            writer.key(any: field.name)
            writer.string(field.value)
        }
        if verdict.outcome == .allow {
            writer.key("x-countersign-decision")
            writer.string(verdict.decisionID)
        }
        writer.endObject()
        writer.key("remove")
        writer.beginArray()
        writer.endArray()
        writer.endObject()
    }
}
