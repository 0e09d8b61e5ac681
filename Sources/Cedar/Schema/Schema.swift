// SPDX-License-Identifier: Apache-2.0

/// A schema: which entities, actions and requests there are.
///
/// It gives types to entities and contexts read from JSON, checks requests, and validates policies before they run.
public struct Schema: Sendable {
    let model: SchemaModel

    /// The schema as written.
    public var definition: SchemaDefinition { model.definition }

    /// Every declared action, in the order of the definition.
    public var actions: [EntityUID] { model.actions.map(\.uid) }

    /// Every declared entity type, in the order of the definition.
    public var entityTypes: [EntityTypeName] {
        model.entityTypes.compactMap { type in
            switch type.content {
            case .standard, .enumerated: type.name
            case .action: nil
            }
        }
    }

    /// Resolves every name of a definition.
    ///
    /// - Throws: ``DiagnosticsError`` with every undeclared, repeated, shadowing, circular or ill-formed name.
    public init(_ definition: SchemaDefinition, limits: SchemaLimits = SchemaLimits()) throws(DiagnosticsError) {
        self = try Self.resolve(definition, limits: limits) { $0.location(file: "") }.get()
    }

    /// Reads a schema in Cedar's own syntax.
    ///
    /// - Parameters:
    ///   - bytes: The UTF-8 text.
    ///   - file: The name it goes by in findings.
    ///   - limits: Bounds on what is read.
    /// - Returns: The schema, or every reason why there is none.
    public static func parse(
        text bytes: [UInt8], file: String, limits: SchemaLimits = SchemaLimits()
    ) -> SchemaParseResult {
        var reader = SchemaTextReader(PolicySource(file: file, bytes: bytes), limits: limits)
        reader.run()
        guard reader.diagnostics.isEmpty else {
            return SchemaParseResult(schema: nil, diagnostics: reader.diagnostics + reader.warnings)
        }
        let result = resolve(reader.definition, limits: limits) { $0.location(file: file) }
        return SchemaParseResult(schema: result.schema, diagnostics: result.diagnostics + reader.warnings)
    }

    /// Reads a schema in the JSON format.
    ///
    /// - Parameters:
    ///   - bytes: The UTF-8 text.
    ///   - file: The name it goes by in findings.
    ///   - limits: Bounds on what is read.
    /// - Returns: The schema, or every reason why there is none; each names the path to what is wrong.
    public static func parse(
        json bytes: [UInt8], file: String, limits: SchemaLimits = SchemaLimits()
    ) -> SchemaParseResult {
        let parsed = JSONDocument.parse(bytes, file: file, limits: DataLimits(limits))
        guard let document = parsed.document else {
            return SchemaParseResult(schema: nil, diagnostics: parsed.diagnostics)
        }
        var reader = SchemaJSONReader(document, limits: limits)
        reader.run()
        guard reader.diagnostics.isEmpty else {
            return SchemaParseResult(schema: nil, diagnostics: reader.diagnostics)
        }
        return resolve(reader.definition, limits: limits) { $0.location(file: file) }
    }

    private static func resolve(
        _ definition: SchemaDefinition, limits: SchemaLimits, locate: (SchemaOrigin) -> SourceLocation
    ) -> SchemaParseResult {
        var resolver = SchemaResolver(definition, limits: limits)
        let model = resolver.model()
        let diagnostics = resolver.problems.map { problem in
            Diagnostic(
                severity: problem.severity, location: locate(problem.origin), problem: problem.text,
                expected: problem.expected)
        }
        return SchemaParseResult(schema: model.map(Schema.init(model:)), diagnostics: diagnostics)
    }

    private init(model: SchemaModel) { self.model = model }
}

extension SchemaOrigin {
    /// Where it is in a text; the beginning if it does not come from a text.
    func location(file: String) -> SourceLocation {
        switch place {
        case .text(let location): location
        case .none: SourceLocation(file: file, line: 1, column: 1, offset: 0)
        }
    }
}

extension DataLimits {
    /// A type takes three levels of JSON, and its declaration some more.
    fileprivate init(_ limits: SchemaLimits) {
        self.init(
            maximumBytes: limits.maximumBytes, maximumNesting: 3 * limits.nesting + 8,
            maximumDiagnostics: limits.maximumDiagnostics)
    }
}
