// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

/// A decision's record of usual size: a leaf of about 1.2 KB and disclosures of about 2 KB.
struct SampleRecord {
    private let head: [UInt8]
    private let middle: [UInt8]
    private let tail: [UInt8]
    private let input: [UInt8]

    init(boot: String) {
        let digest = String(repeating: "0123456789abcdef", count: 4)
        head = Array(
            """
            {"act":{"action":"read","host":"api.example.com","method":"GET","resource_type":"Document",\
            "route":"/documents/{id}"},"boot":"\(boot)","dec":{"ctx":"sha256:\(digest)","entities":"sha256:\(digest)",\
            "policies":["readers-may-read"],"policy_set":"sha256:\(digest)","reason":"allowed",\
            "schema":"sha256:\(digest)","status":200,"verdict":"allow"},"gw":{"name":"edge","peer":"gateway-1",\
            "peer_auth":"mtls","proto":"envoy","req":"6f1c0f9e-0d5a-4f6e-9d4a-1f1f3c2b7a10"},"id":"
            """.utf8)
        middle = Array("\",\"lat_us\":{\"authn\":3,\"policy\":4,\"queue\":1,\"total\":9},\"n\":".utf8)
        tail = Array(
            """
            ,"t":"decision","told":{"headers":["x-countersign-decision","x-user"],"ttl_s":30},\
            "ts":"2026-11-25T03:41:25.000000Z","v":1,"who":{"alg":"ES256","aud":["api"],"auth":"jwt",\
            "exp":1800000000,"iss":"https://idp.example.com","kid":"key-1","type":"user"}}
            """.utf8)
        input = Array(
            ("{\"action\":\"read\",\"context\":{"
                + (0..<20).map { "\"header\($0)\":\"value of this header\"" }.joined(separator: ",")
                + "},\"principal\":\"User::alice\",\"resource\":\"Document::7\"}").utf8)
    }

    /// Builds the record as a decision does: fresh identifier, fresh commitments.
    func make(_ commitments: inout Commitments) -> AuditRecord {
        commitments = Commitments()
        commitments.add("sub", string: "alice@example.com")
        commitments.add("ip", string: "203.0.113.7")
        commitments.add("ua", string: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
        commitments.add("path", string: "/documents/{id}")
        commitments.add("resource", string: "7")
        commitments.add("input", json: input)
        var leaf: [UInt8] = []
        leaf.reserveCapacity(2048)
        leaf.append(contentsOf: head)
        UUIDv7().append(to: &leaf)
        leaf.append(contentsOf: middle)
        let offset = leaf.count
        leaf.append(contentsOf: ",\"sd\":".utf8)
        var writer = JSONWriter()
        commitments.writeObject(to: &writer)
        leaf.append(contentsOf: writer.bytes)
        leaf.append(contentsOf: tail)
        return AuditRecord(leaf: leaf, counterOffset: offset, disclosures: commitments.disclosures)
    }
}

/// A decision's record of the smallest usual size, with subjects and times that differ, for logs of many millions.
struct SmallRecord {
    private static let start: Int64 = 1_793_491_200_000_000
    private let boot: String

    init(boot: String) { self.boot = boot }

    /// One of 200,000 subjects, at one of `count` moments that are spread over 30 days.
    func make(_ number: Int, of count: Int) -> AuditRecord {
        var commitments = Commitments()
        commitments.add("sub", string: "user-\(number &* 7919 % 200_000)")
        let time = Self.start + Int64(number) * (30 * 86_400_000_000 / Int64(count))
        let verdict = number % 20 == 0 ? "deny" : "allow"
        let reason = number % 20 == 0 ? "policy_denied" : "allowed"
        let head = """
            {"act":{"method":"GET","route":"/documents/{id}"},"boot":"\(boot)","dec":{"policies":["readers-may-read"],\
            "reason":"\(reason)","status":200,"verdict":"\(verdict)"},"gw":{"name":"edge"},"id":"\(UUIDv7())","n":
            """
        var writer = JSONWriter()
        commitments.writeObject(to: &writer)
        var leaf = Array(head.utf8)
        let offset = leaf.count
        leaf += Array(",\"sd\":".utf8) + writer.bytes
        leaf += Array(",\"t\":\"decision\",\"ts\":\"\(AuditTimestamp(microseconds: time))\",\"v\":1}".utf8)
        return AuditRecord(leaf: leaf, counterOffset: offset, disclosures: commitments.disclosures)
    }
}
