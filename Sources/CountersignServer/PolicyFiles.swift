// SPDX-License-Identifier: Apache-2.0

import Cedar
import DecisionEngine
import Foundation
import Identity
import StrictJSON

/// The policies and entities of a configuration, read from disk.
struct PolicyFiles {
    let policies: PolicySet
    let entities: [Entity]
    let digests: PolicyGeneration.Digests
    /// What each digest is taken of.
    let contents: [(digest: String, bytes: [UInt8])]
    /// Relative paths of the policy files, sorted.
    let files: [String]
    /// What policies are checked against.
    let schema: Schema
    /// What is surely not meant, but does not keep the policies from deciding.
    let warnings: [ConfigurationProblem]

    /// Reads everything and collects every problem.
    static func read(_ configuration: ServerConfiguration) -> (files: PolicyFiles?, problems: [ConfigurationProblem]) {
        var problems: [ConfigurationProblem] = []
        let sources = policySources(configuration.policies.directory, &problems)
        let parsed = PolicySet.parse(files: sources)
        for diagnostic in parsed.diagnostics where diagnostic.severity == .error {
            let expected = diagnostic.expected.isEmpty ? "" : "; expected \(diagnostic.expected)"
            problems.append(
                ConfigurationProblem(
                    file: "\(configuration.policies.directory)/\(diagnostic.location.file)",
                    line: diagnostic.location.line, path: "",
                    message: "\(diagnostic.problem)\(expected)"
                )
            )
        }
        let (entities, bytes, entityProblems) = readEntities(configuration)
        problems += entityProblems
        guard problems.isEmpty, let policies = parsed.policies else { return (nil, problems) }
        let schema: Schema
        var warnings: [ConfigurationProblem] = []
        do throws(PolicyCheck.Failure) {
            let check = PolicyCheck(configuration: configuration, entities: entities)
            schema = try check.schema()
            (problems, warnings) = check.validate(policies, schema)
            warnings += check.idleTemplates(of: policies) + check.misspelledNames(in: policies)
        } catch {
            problems = error.problems
            return (nil, problems)
        }
        guard problems.isEmpty else { return (nil, problems + warnings) }
        let set = sources.flatMap { lengthPrefixed(Array($0.file.utf8)) + lengthPrefixed($0.bytes) }
        let contents = [set, schema.json(), bytes].map { (digest: ContentDigest.text(of: $0), bytes: $0) }
        let files = PolicyFiles(
            policies: policies, entities: entities,
            digests: PolicyGeneration.Digests(
                policySet: contents[0].digest, schema: contents[1].digest, entities: contents[2].digest),
            contents: contents, files: sources.map(\.file), schema: schema, warnings: warnings)
        return (files, [])
    }

    /// The operator's entities, what their digest is taken of, and every problem.
    static func readEntities(
        _ configuration: ServerConfiguration
    ) -> (entities: [Entity], bytes: [UInt8], problems: [ConfigurationProblem]) {
        var problems: [ConfigurationProblem] = []
        var bytes: [UInt8] = []
        var entities: [Entity] = []
        for path in configuration.policies.entities {
            guard let data = FileManager.default.contents(atPath: path) else {
                problems.append(
                    ConfigurationProblem(
                        file: path, line: 0, path: "", message: "cannot be read; an entities file is expected")
                )
                continue
            }
            bytes += lengthPrefixed(Array(data))
            let result = EntityStore.parse(json: Array(data), file: path)
            entities += result.entities?.entities ?? []
            problems += result.diagnostics.map { diagnostic in
                ConfigurationProblem(
                    file: path, line: diagnostic.location.line, path: "", message: diagnostic.problem)
            }
        }
        return (entities, bytes, problems)
    }

    /// The policy files below a directory, by relative path.
    private static func policySources(_ directory: String, _ problems: inout [ConfigurationProblem]) -> [PolicySource] {
        guard let enumerator = FileManager.default.enumerator(atPath: directory) else {
            problems.append(
                ConfigurationProblem(
                    file: directory, line: 0, path: "",
                    message: "cannot be read; a directory of `.cedar`, `.cedar.json` and `links.json` files is expected"
                )
            )
            return []
        }
        let names = enumerator.compactMap { $0 as? String }.filter(PolicySource.isPolicyFile).sorted()
        // A directory that was emptied by mistake would deny everything.
        if names.isEmpty {
            problems.append(
                ConfigurationProblem(
                    file: directory, line: 0, path: "",
                    message: "holds no policies: at least one `.cedar` or `.cedar.json` file is expected"))
        }
        return names.compactMap { name in
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else {
                problems.append(
                    ConfigurationProblem(file: "\(directory)/\(name)", line: 0, path: "", message: "cannot be read")
                )
                return nil
            }
            return PolicySource(file: name, bytes: Array(data))
        }
    }

    /// Fields cannot run into each other when they are hashed.
    private static func lengthPrefixed(_ bytes: [UInt8]) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
    }
}

extension PolicyGeneration {
    /// Compiles what was read.
    convenience init(
        _ configuration: ServerConfiguration, _ files: PolicyFiles, providers: [String: Authenticator]
    ) throws {
        let routes = try RouteTable(configuration.apis)
        let entities = try Self.baseEntities(files.entities, routes)
        var selections: [String: AuthenticatorSelection] = [:]
        for api in configuration.apis where !api.providers.isEmpty {
            selections[api.name] = try AuthenticatorSelection(api.providers.compactMap { providers[$0] })
        }
        try self.init(
            routes: routes,
            engine: PolicyEngine(policies: files.policies, entities: entities),
            digests: files.digests, selections: selections
        )
    }

    /// The operator's entities with those that every deployment has: actions and APIs.
    static func baseEntities(_ own: [Entity], _ routes: RouteTable) throws(EntityError) -> EntityStore {
        let actions = actionEntities(of: routes)
        let named = Set(actions.map(\.uid))
        let known = Set(own.map(\.uid))
        let apis = Set(routes.routes.map(\.api.name)).sorted().compactMap { EntityUID("Api", $0) }
        return try EntityStore(
            own.filter { !named.contains($0.uid) } + actions
                + apis.filter { !known.contains($0) }.map { Entity(uid: $0) })
    }
}
