// SPDX-License-Identifier: Apache-2.0

import Cedar
import DecisionEngine
import Foundation
import Identity

/// Checks policies against the schema of a configuration: the one that is generated from it, or a file.
struct PolicyCheck {
    /// Why there is no schema.
    struct Failure: Error {
        let problems: [ConfigurationProblem]
    }

    let configuration: ServerConfiguration
    let entities: [Entity]

    /// The schema.
    func schema() throws(Failure) -> Schema {
        guard let path = configuration.policies.schema else { return try generated() }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw problem(
                path, "cannot be read; `generated`, or a file in Cedar's schema syntax or JSON (`.json`) is expected")
        }
        let bytes = Array(data)
        let result =
            path.hasSuffix(".json") ? Schema.parse(json: bytes, file: path) : Schema.parse(text: bytes, file: path)
        guard let schema = result.schema else {
            throw Failure(
                problems: result.diagnostics.filter { $0.severity == .error }.map { diagnostic in
                    let expected = diagnostic.expected.isEmpty ? "" : "; expected \(diagnostic.expected)"
                    return ConfigurationProblem(
                        file: path, line: diagnostic.location.line, path: "", message: diagnostic.problem + expected)
                })
        }
        do throws(EntityError) { _ = try schema.store(entities) } catch {
            let found = placesOfNonconformance(to: schema)
            guard found.isEmpty else { throw Failure(problems: found) }
            throw problem(path, "the entities do not conform: \(error)")
        }
        return schema
    }

    /// What is wrong with the entities in the lines of their files.
    private func placesOfNonconformance(to schema: Schema) -> [ConfigurationProblem] {
        configuration.policies.entities.flatMap { path -> [ConfigurationProblem] in
            guard let data = FileManager.default.contents(atPath: path) else { return [] }
            return EntityStore.parse(json: Array(data), file: path, schema: schema).diagnostics.map { diagnostic in
                ConfigurationProblem(file: path, line: diagnostic.location.line, path: "", message: diagnostic.problem)
            }
        }
    }

    private func generated() throws(Failure) -> Schema {
        do {
            let routes = try RouteTable(configuration.apis)
            return try GeneratedSchema(
                routes: routes, entities: PolicyGeneration.baseEntities(entities, routes),
                mappings: configuration.providers.compactMap(\.mapping)
            ).schema()
        } catch {
            throw problem(configuration.file, "no schema can be generated: \(error)")
        }
    }

    private func problem(_ file: String, _ message: String) -> Failure {
        Failure(problems: [ConfigurationProblem(file: file, line: 0, path: "policies.schema", message: message)])
    }

    /// What is wrong with policies, and what is surely not meant.
    func validate(
        _ policies: PolicySet, _ schema: Schema
    ) -> (problems: [ConfigurationProblem], warnings: [ConfigurationProblem]) {
        let result = schema.validate(policies)
        let isGenerated = configuration.policies.schema == nil
        let refused = result.errors.filter { !isGenerated || !$0.kind.mayHoldBeyondGeneratedSchema }
        let tolerated = result.errors.filter { isGenerated && $0.kind.mayHoldBeyondGeneratedSchema }
        return (
            refused.map { problem(of: $0, isWarning: false) },
            (tolerated + result.warnings).map { problem(of: $0, isWarning: true) }
        )
    }

    /// Names of routes, APIs and providers, and annotations, that are surely misspelled.
    func misspelledNames(in policies: PolicySet) -> [ConfigurationProblem] {
        let providers = configuration.providers.map(\.name)
        let names = KnownNames(
            ids: [
                "Api": configuration.apis.map(\.name), "Route": configuration.apis.flatMap(\.routes).map(\.name),
            ], prefixes: ["User": providers, "Client": providers], entities: Set(entities.map(\.uid)))
        return names.findings(in: policies).map { finding in
            let place = finding.location
            return ConfigurationProblem(
                file: "\(configuration.policies.directory)/\(place.file)", line: place.line, path: finding.policy.text,
                message: "\(finding.problem); expected \(finding.expected)", isWarning: true, column: place.column)
        }
    }

    /// Templates that nothing links: they decide nothing.
    func idleTemplates(of policies: PolicySet) -> [ConfigurationProblem] {
        let linked = Set(policies.links.map(\.template))
        return policies.templates.filter { !linked.contains($0.id) }.map { template in
            ConfigurationProblem(
                file: "\(configuration.policies.directory)/\(template.location.file)", line: template.location.line,
                path: template.id.text,
                message: "nothing links the template, so it decides nothing; links stand in a `links.json` file",
                isWarning: true)
        }
    }

    private func problem(of finding: ValidationFinding, isWarning: Bool) -> ConfigurationProblem {
        let expected = finding.expected.isEmpty ? "" : "; expected \(finding.expected)"
        return ConfigurationProblem(
            file: "\(configuration.policies.directory)/\(finding.location.file)", line: finding.location.line,
            path: finding.policy.text, message: finding.problem + expected, isWarning: isWarning)
    }
}

extension ValidationFinding.Kind {
    /// Whether a request may prove the finding wrong, since the generated schema does not know it: claims whose type
    /// nobody declared, tags, and what a gateway may or may not send.
    fileprivate var mayHoldBeyondGeneratedSchema: Bool {
        switch self {
        case .attributeNotFound, .unsafeOptionalAccess, .unsafeTagAccess, .noTagsAllowed, .invalidActionApplication:
            true
        case .unrecognizedEntityType, .unrecognizedAction, .invalidEnumID, .unexpectedType, .incompatibleTypes,
            .wrongArgumentCount, .invalidArgument, .nonLiteralConstructor, .emptySet, .unknownFunction, .outOfMemory,
            .impossiblePolicy, .bidirectionalText, .mixedScripts, .confusableText:
            false
        }
    }
}
