// SPDX-License-Identifier: Apache-2.0

import Callout
import AuditLog
import DecisionEngine
import Identity
import Transport

extension ServerConfiguration {
    static func listener(
        _ name: String, in listeners: inout ConfigurationSection, port: Int, protocols: [Listener.WireProtocol],
        of spoken: [Listener.WireProtocol], _ base: String
    ) -> Listener? {
        var section = listeners.sectionOrEmpty(name)
        defer { section.rejectUnknownKeys() }
        let text = section.string("address", default: "127.0.0.1:\(port)")
        if text == "off" { return nil }
        guard let (host, number) = address(text) else {
            section.problem("address", "must look like `127.0.0.1:\(port)` or `off`, got `\(text)`")
            return nil
        }
        let names = section.strings("protocols")
        let known = spoken.map(\.rawValue)
        for text in names ?? [] where !known.contains(text) {
            section.problem(
                "protocols", "`\(text)` is not available on `\(name)`; available: \(known.joined(separator: ", "))")
        }
        let chosen = names?.compactMap { Listener.WireProtocol(rawValue: $0) } ?? protocols
        let tls = tls(&section, base)
        let trust = section.choice("trust", PeerTrust.self, default: .gateway)
        var limits = ListenerLimits(trust)
        readLimits(&section, &limits)
        return Listener(
            listener: ListenerConfiguration(host: host, port: number, trust: trust, tls: tls, limits: limits),
            protocols: chosen, line: section.line,
            allowsUnauthenticated: section.bool("allow_unauthenticated", default: false)
        )
    }

    private static func tls(_ listener: inout ConfigurationSection, _ base: String) -> ListenerConfiguration.TLS? {
        guard var section = listener.section("tls") else { return nil }
        defer { section.rejectUnknownKeys() }
        let certificate = filePath(&section, "certificate", base)
        let key = filePath(&section, "key", base)
        let clientCA = section.has("client_ca") ? filePath(&section, "client_ca", base) : nil
        if clientCA == nil { _ = section.text("client_ca") }
        guard let certificate, let key else { return nil }
        return ListenerConfiguration.TLS(certificateChain: certificate, privateKey: key, clientCA: clientCA)
    }

    /// The path of a `file:` reference.
    static func filePath(_ section: inout ConfigurationSection, _ key: String, _ base: String) -> String? {
        guard let text = section.string(key) else { return nil }
        guard text.hasPrefix("file:"), text.utf8.count > 5 else {
            section.problem(key, "must be a reference such as `file:secrets/\(key).pem`")
            return nil
        }
        return resolve(String(text.dropFirst(5)), base)
    }

    private static func readLimits(_ listener: inout ConfigurationSection, _ limits: inout ListenerLimits) {
        var section = listener.sectionOrEmpty("limits")
        defer { section.rejectUnknownKeys() }
        limits.messageBytes = section.bytes("message_bytes", in: 1024...(64 << 20), default: limits.messageBytes)
        limits.bodyBytes = section.bytes("body_bytes", in: 1024...(64 << 20), default: limits.bodyBytes)
        limits.headerListBytes = section.bytes("header_bytes", in: 1024...(1 << 20), default: limits.headerListBytes)
        limits.concurrentStreams = section.int("concurrent_streams", in: 1...100_000, default: limits.concurrentStreams)
        limits.connections = section.int("connections", in: 1...1_000_000, default: limits.connections)
    }

    /// `host:port`, the host of IPv6 in brackets.
    static func address(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return host.isEmpty ? nil : (host, port)
    }

    static func gateways(_ top: inout ConfigurationSection) -> [Gateway] {
        top.namedSections("gateways").map { name, section in
            var section = section
            defer { section.rejectUnknownKeys() }
            let keys = section.strings("keys") ?? []
            for key in keys where !key.hasPrefix("file:") && !key.hasPrefix("env:") {
                section.problem(
                    "keys", "must hold references such as `file:secrets/\(name).key` or `env:NAME`, not keys")
            }
            return Gateway(
                name: name, line: section.line, keys: keys, subjects: section.strings("subjects") ?? [],
                mayForward: section.bool("forwarded_headers", default: false),
                certificateHeader: certificateHeader(&section)
            )
        }
    }

    /// Where a gateway hands over its clients' certificates: `xfcc`, `xfcc:HOPS`, `client-cert` or `pem:HEADER`.
    private static func certificateHeader(_ gateway: inout ConfigurationSection) -> CertificateHeader {
        guard let text = gateway.text("client_certificate") else { return .forwardedClientCert(hops: 1) }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch parts[0] {
        case "xfcc":
            if parts.count == 1 { return .forwardedClientCert(hops: 1) }
            if let hops = Int(parts[1]), (1...8).contains(hops) { return .forwardedClientCert(hops: hops) }
        case "client-cert" where parts.count == 1: return .clientCert
        case "pem" where parts.count == 2 && !parts[1].isEmpty: return .escapedPEM(parts[1].lowercased())
        default: break
        }
        gateway.problem(
            "client_certificate",
            "must be `xfcc`, `xfcc:HOPS` with 1 to 8 hops, `client-cert` or `pem:HEADER`, got `\(text)`")
        return .forwardedClientCert(hops: 1)
    }

    static func policies(_ top: inout ConfigurationSection, _ base: String) -> Policies {
        var section = top.sectionOrEmpty("policies")
        defer { section.rejectUnknownKeys() }
        let schema = section.string("schema", default: "generated")
        return Policies(
            schema: schema == "generated" ? nil : resolve(schema, base),
            directory: resolve(section.string("directory", default: "policies"), base),
            entities: (section.strings("entities") ?? []).map { resolve($0, base) }
        )
    }

    static func audit(_ top: inout ConfigurationSection, _ base: String) -> Audit {
        var section = top.sectionOrEmpty("audit")
        defer { section.rejectUnknownKeys() }
        let mode = section.choice("mode", Audit.Mode.self, default: .strict)
        let origin = section.string("origin", default: "countersign/local")
        let key = section.string("key", default: "file:secrets/log.key")
        if !key.hasPrefix("file:") { section.problem("key", "must be a reference such as `file:secrets/log.key`") }
        let nextKey = section.has("next_key") ? filePath(&section, "next_key", base) : nil
        if nextKey == nil { _ = section.text("next_key") }
        return Audit(
            mode: mode, early: early(&section, mode), origin: origin, key: resolve(String(key.dropFirst(5)), base),
            nextKey: nextKey,
            lines: (section.line(of: "origin"), section.line(of: "key"), section.line(of: "next_key")),
            retention: retention(&section), archive: ArchiveConfiguration(&section, base: base, origin: origin),
            checkpointInterval: section.duration(
                "checkpoint_interval", in: .milliseconds(50)...(.seconds(60)), default: .seconds(1)
            ),
            minimumFreeBytes: section.bytes("min_free", in: 0...(1 << 50), default: 1 << 30),
            segmentBytes: section.bytes("segment", in: (1 << 20)...(1 << 30), default: 64 << 20),
            keepsIndex: section.bool("index", default: true),
            witnesses: WitnessConfiguration(&section)
        )
    }
}
