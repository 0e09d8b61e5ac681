// SPDX-License-Identifier: Apache-2.0

import Callout
import DecisionEngine
import Foundation
import Identity
import Transport
import Yams

extension ServerConfiguration {
    /// Reads a configuration file and collects every problem.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - overrides: Values by full path, which replace scalars of the file.
    /// - Returns: The configuration if there is no problem, and all problems.
    package static func read(
        _ path: String, overrides: [String: String] = [:]
    ) -> (configuration: ServerConfiguration?, problems: [ConfigurationProblem]) {
        let (draft, problems) = draft(path, overrides: overrides)
        return (problems.isEmpty ? draft : nil, problems)
    }

    /// Reads as far as possible, so that a check can look at the files that a faulty configuration names.
    static func draft(
        _ path: String, overrides: [String: String]
    ) -> (configuration: ServerConfiguration?, problems: [ConfigurationProblem]) {
        let problems = ConfigurationProblems()
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else {
            let problem = "cannot be read; a readable UTF-8 file is expected"
            return (nil, [ConfigurationProblem(file: path, line: 0, path: "", message: problem)])
        }
        guard let mapping = document(text, path, problems) else { return (nil, problems.all) }
        var top = ConfigurationSection(
            path: "", line: 1, file: path, mapping: mapping, overrides: overrides, problems: problems
        )
        let configuration = ServerConfiguration(&top, file: path, digest: ContentDigest.text(of: Array(data)))
        top.rejectUnknownKeys()
        for key in overrides.keys.sorted() where !problems.replaceable.contains(key) {
            problems.add(
                ConfigurationProblem(
                    file: path, line: 0, path: key,
                    message: "is set from outside of the file, but no such key with a single value is read; "
                        + "a section that the file lacks must be added there"))
        }
        return (configuration, problems.all.sorted { $0.line < $1.line })
    }

    /// Every key that reading a file looks for, by its full path: what documentation must name.
    package static func keysRead(_ path: String) -> Set<String> {
        let problems = ConfigurationProblems()
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8),
            let mapping = document(text, path, problems)
        else { return [] }
        var top = ConfigurationSection(
            path: "", line: 1, file: path, mapping: mapping, overrides: [:], problems: problems)
        _ = ServerConfiguration(&top, file: path, digest: "")
        return problems.read
    }

    private static func document(_ text: String, _ path: String, _ problems: ConfigurationProblems) -> Node.Mapping? {
        func add(_ line: Int, _ message: String) {
            problems.add(ConfigurationProblem(file: path, line: line, path: "", message: message))
        }
        do {
            guard let node = try Yams.compose(yaml: text) else {
                add(1, "is empty; a mapping of keys to values is expected")
                return nil
            }
            guard case .mapping(let mapping) = node else {
                add(node.mark?.line ?? 1, "must be a mapping of keys to values")
                return nil
            }
            return mapping
        } catch let error as YamlError {
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                add(mark.line, "is not YAML: \(problem)")
            case .duplicatedKeysInMapping(let duplicates, let context):
                add(context.mark.line, "the key `\(duplicates.joined(separator: "`, `"))` stands twice")
            case .no, .memory, .reader, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
                add(1, "is not YAML")
            }
        } catch {
            add(1, "is not YAML")
        }
        return nil
    }

    private init(_ top: inout ConfigurationSection, file: String, digest: String) {
        (self.file, self.digest, overridden) = (file, digest, top.overrides.keys.sorted())
        base = URL(fileURLWithPath: file).deletingLastPathComponent().path
        data = Self.resolve(top.string("data", default: ".countersign"), base)
        dataLine = top.line(of: "data")
        var listeners = top.sectionOrEmpty("listeners")
        let overGRPC: [Listener.WireProtocol] = [.apigee, .health, .reflection]
        let overHTTP: [Listener.WireProtocol] = [.decisions, .sharedSignals, .witness]
        let ofAdmin: [Listener.WireProtocol] = [.metrics, .health]
        grpc = Self.listener("grpc", in: &listeners, port: 9191, protocols: overGRPC, of: overGRPC, base)
        http = Self.listener("http", in: &listeners, port: 9192, protocols: [.decisions], of: overHTTP, base)
        admin = Self.listener("admin", in: &listeners, port: 9193, protocols: ofAdmin, of: ofAdmin, base)
        listeners.rejectUnknownKeys()
        Self.checkAddresses([("grpc", grpc), ("http", http), ("admin", admin)], listeners)
        gateways = Self.gateways(&top)
        let (directory, state) = (base, data)
        providers = top.namedSections("providers").compactMap { name, section in
            var section = section
            defer { section.rejectUnknownKeys() }
            return Provider(&section, name: name, base: directory, data: state)
        }
        audit = Self.audit(&top, base)
        audit.witnesses.readOwn(&top, origin: audit.origin, base: base)
        let (names, keyed, mode) = (providers.map(\.name), Set(providers.filter(\.hasKeys).map(\.name)), audit.mode)
        apis = top.namedSections("apis").map { name, section in
            var section = section
            defer { section.rejectUnknownKeys() }
            var api = APIDefinition(&section, name: name, providers: names, logMode: mode)
            if api.refusesSeveralCredentials, !keyed.isDisjoint(with: api.providers) {
                api.credentials.append(.header("x-api-key"))
            }
            return api
        }
        transmitters = top.namedSections("shared_signals").compactMap { name, section in
            var section = section
            defer { section.rejectUnknownKeys() }
            return Transmitter(&section, name: name, base: directory, providers: names)
        }
        if apis.isEmpty { top.problem("apis", "names no API; at least one with a route is expected") }
        policies = Self.policies(&top, base)
        if let delegates = top.section("delegates"), !delegates.keys.isEmpty {
            top.problem("delegates", "delegates are not available in this version; leave it empty")
        }
        if var section = top.section("dpop") {
            proofNonces = ProofNonceTerms(&section)
            section.rejectUnknownKeys()
        }
        var limits = top.sectionOrEmpty("limits")
        defaultBudget = limits.duration("default_budget", in: .milliseconds(10)...(.seconds(60)), default: .seconds(5))
        verifiedTokens = limits.int("verified_tokens", in: 1...1_048_576, default: 16_384)
        let proofAge = limits.duration("proof_age", in: .seconds(5)...(.seconds(300)), default: .seconds(60))
        self.proofAge = proofAge.components.seconds
        rememberedProofs = limits.int("remembered_proofs", in: 64...(1 << 24), default: 262_144)
        eventLoops = limits.int("event_loops", in: 0...256, default: 0)
        limits.rejectUnknownKeys()
        checkOverlaps(&top)
        checkExposure(&top)
    }

    /// A path of the file, relative to the file's own directory.
    static func resolve(_ path: String, _ base: String) -> String {
        path.hasPrefix("/") ? path : URL(fileURLWithPath: base).appendingPathComponent(path).standardized.path
    }

    /// Two listeners cannot have one port, unless the system picks it or the hosts differ.
    private static func checkAddresses(_ listeners: [(String, Listener?)], _ section: ConfigurationSection) {
        let bound = listeners.compactMap { name, listener in listener.map { (name: name, listener: $0.listener) } }
        let everywhere = ["0.0.0.0", "::"]
        for (index, later) in bound.enumerated() where later.listener.port != 0 {
            for earlier in bound[..<index] where earlier.listener.port == later.listener.port {
                let hosts = [earlier.listener.host, later.listener.host]
                guard hosts[0] == hosts[1] || hosts.contains(where: everywhere.contains) else { continue }
                section.problem(
                    later.name,
                    "has the address of `listeners.\(earlier.name)`, port \(later.listener.port); "
                        + "each listener needs its own, or `address: off`")
            }
        }
    }

    private func checkOverlaps(_ top: inout ConfigurationSection) {
        do throws(RouteTable.Overlap) {
            _ = try RouteTable(apis)
        } catch {
            top.problem("apis", error.description)
        }
        for api in apis {
            let chosen = providers.filter { api.providers.contains($0.name) }
            if chosen.count(where: \.readsOpaqueTokens) > 1 {
                top.problem("apis", "API `\(api.name)` has two providers for opaque tokens; at most one can be asked")
            }
            if api.routes.contains(where: \.wantsLiveState), let other = chosen.first(where: { !$0.hasLiveState }) {
                top.problem(
                    "apis", "API `\(api.name)` wants live state, but provider `\(other.name)` has no `introspection`")
            }
            let issuers = chosen.flatMap(\.issuers)
            if Set(issuers).count < issuers.count {
                top.problem(
                    "apis", "API `\(api.name)` has two providers with the same issuer; the issuer must pick one")
            }
        }
    }

    /// A listener that returns verdicts beyond loopback needs gateways that prove themselves (THREATS G1).
    private func checkExposure(_ top: inout ConfigurationSection) {
        let haveKeys = !gateways.isEmpty && gateways.allSatisfy { !$0.keys.isEmpty || !$0.subjects.isEmpty }
        for (name, listener) in [("grpc", grpc), ("http", http), ("admin", admin)] {
            guard let listener, !Self.isLoopback(listener.listener.host), !listener.allowsUnauthenticated else {
                continue
            }
            let hasClientCertificates = listener.listener.tls?.clientCA != nil
            if name == "admin" ? !hasClientCertificates : !haveKeys && !hasClientCertificates {
                top.problem(
                    "listeners",
                    "listeners.\(name) is beyond loopback (`\(listener.listener.host)`) without "
                        + (name == "admin" ? "`tls.client_ca`" : "`tls.client_ca` and without keys for every gateway")
                        + "; bind it to 127.0.0.1, set one of them, or say `allow_unauthenticated: true`"
                )
            }
        }
        if audit.mode == .off {
            for listener in [grpc, http].compactMap({ $0 }) where !Self.isLoopback(listener.listener.host) {
                top.problem("audit", "mode `off` is for measurements on loopback; use `strict`")
            }
        }
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
    }
}
