// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

/// Writes policies that mostly fit a schema, and data that always does.
struct TypedPolicyGenerator {
    var random: SeededGenerator
    let model: SchemaModel
    private var types: TypeTable
    private var environment: RequestEnvironment
    /// What can be read from the request: text, type, and whether it is there without a test.
    private var paths: [(text: String, type: TypeID, isCertain: Bool)] = []

    init?(seed: UInt64, schema: Schema) {
        random = SeededGenerator(seed: seed)
        model = schema.model
        types = model.types
        guard
            let action = model.actions.firstIndex(where: { !$0.principals.isEmpty && !$0.resources.isEmpty }),
            let principal = model.actions[action].principals.first, let resource = model.actions[action].resources.first
        else { return nil }
        environment = RequestEnvironment(principal: principal, action: action, resource: resource)
    }

    // MARK: Policies

    /// A policy for one sort of request, which its scope may or may not enforce.
    mutating func policy() -> String {
        let usable = model.actions.indices.filter {
            !model.actions[$0].principals.isEmpty && !model.actions[$0].resources.isEmpty
        }
        let action = random.pick(usable, environment.action)
        environment = RequestEnvironment(
            principal: random.pick(model.actions[action].principals, environment.principal), action: action,
            resource: random.pick(model.actions[action].resources, environment.resource))
        findPaths()
        let effect = random.chance(50) ? "permit" : "forbid"
        let principal = random.chance(80) ? "principal is \(model[environment.principal].name)" : "principal"
        let resource = random.chance(80) ? "resource is \(model[environment.resource].name)" : "resource"
        let asked = random.chance(80) ? "action == \(model.actions[action].uid)" : "action"
        let word = random.word("when", "when", "unless")
        return "\(effect)(\(principal), \(asked), \(resource)) \(word) { \(boolean(3)) };"
    }

    private mutating func findPaths() {
        let action = model.actions[environment.action]
        paths = [
            ("principal", types.intern(.entity(environment.principal)), true),
            ("resource", types.intern(.entity(environment.resource)), true), ("context", action.context, true),
        ]
        var next = 0
        while next < paths.count, paths.count < 80 {
            let (text, type, isCertain) = paths[next]
            next += 1
            let record: TypeID
            if case .entity(let id) = types[type] { record = model[id].attributes } else { record = type }
            guard text.utf8.count < 30 else { continue }
            for field in types.fields(of: record) ?? [] {
                paths.append(("\(text).\(types.names[field.name])", field.type, isCertain && field.isRequired))
            }
        }
    }

    // MARK: Expressions

    private mutating func expression(_ type: TypeID, _ depth: Int) -> String {
        let type = random.chance(2) ? TypeID.long : type
        let fitting = paths.filter { $0.type == type && ($0.isCertain || random.chance(3)) }
        if !fitting.isEmpty, random.chance(60) { return random.pick(fitting, fitting[0]).text }
        if depth > 0, random.chance(10) {
            return "(if \(boolean(depth - 1)) then \(expression(type, depth - 1)) else \(expression(type, depth - 1)))"
        }
        switch types[type] {
        case .bool, .yes, .no: return boolean(depth - 1)
        case .long:
            guard depth > 0, random.chance(40) else { return random.word("0", "1", "-3", "9223372036854775807") }
            return "(\(expression(.long, depth - 1)) \(random.word("+", "-", "*")) \(expression(.long, depth - 1)))"
        case .string: return random.word(#""""#, #""a""#, #""x*y""#)
        case .decimal: return random.word(#"decimal("1.0")"#, #"decimal("-0.5")"#)
        case .ip: return random.word(#"ip("10.0.0.1")"#, #"ip("::1")"#)
        case .datetime:
            return depth > 0 && random.chance(40)
                ? "(\(expression(.datetime, depth - 1))).offset(\(expression(.duration, depth - 1)))"
                : #"datetime("2024-02-29")"#
        case .duration:
            return depth > 0 && random.chance(40)
                ? "(\(expression(.datetime, depth - 1))).durationSince(\(expression(.datetime, depth - 1)))"
                : random.word(#"duration("1h")"#, #"duration("-1d")"#)
        case .entity(let id): return uid(id).description
        case .set(let element): return "[\(expression(element, depth - 1)), \(expression(element, depth - 1))]"
        case .record(let fields):
            let members = fields.filter { $0.isRequired || random.chance(30) }
                .map { "\(types.names[$0.name]): \(expression($0.type, depth - 1))" }
            return "{\(members.joined(separator: ", "))}"
        case .never: return "1"
        }
    }

    private mutating func boolean(_ depth: Int) -> String {
        guard depth > 0 else { return random.word("true", "false", "(principal == resource)", "(1 == 1)") }
        switch random.below(14) {
        case 0, 1: return "(\(boolean(depth - 1)) && \(boolean(depth - 1)))"
        case 2: return "(\(boolean(depth - 1)) || \(boolean(depth - 1)))"
        case 3: return "!(\(boolean(depth - 1)))"
        case 4: return "(if \(boolean(depth - 1)) then \(boolean(depth - 1)) else \(boolean(depth - 1)))"
        case 5, 6: return guarded(depth)
        case 7: return tagged(depth)
        case 8:
            let type = random.pick(paths, paths[0]).type
            return "(\(expression(type, depth - 1)) \(random.word("==", "!=")) \(expression(type, depth - 1)))"
        case 9:
            let type = random.pick([TypeID.long, .datetime, .duration], .long)
            let sign = random.word("<", "<=", ">", ">=")
            return "(\(expression(type, depth - 1)) \(sign) \(expression(type, depth - 1)))"
        case 10: return "(\(entity(depth)) in \(entity(depth)))"
        case 11: return "(\(entity(depth)) is \(random.pick(model.entityTypes, model.entityTypes[0]).name))"
        case 12:
            let sets = paths.filter { if case .set = types[$0.type] { $0.isCertain } else { false } }
            guard let set = sets.randomElement(using: &random), case .set(let element) = types[set.type] else {
                return "true"
            }
            return random.chance(50)
                ? "\(set.text).contains(\(expression(element, depth - 1)))"
                : "\(set.text).\(random.word("containsAll", "containsAny"))(\(expression(set.type, depth - 1)))"
        default:
            return random.chance(50)
                ? "(\(expression(.string, depth - 1)) like \"*a*\")"
                : "(\(expression(.ip, depth - 1))).isInRange(\(expression(.ip, depth - 1)))"
        }
    }

    private mutating func entity(_ depth: Int) -> String {
        let entities = paths.filter { if case .entity = types[$0.type] { $0.isCertain } else { false } }
        if random.chance(60) { return random.pick(entities, paths[0]).text }
        return uid(EntityTypeID(index: Int32(random.below(model.entityTypes.count)))).description
    }

    /// A test for an optional attribute, joined with a use of it in ways that are safe, or nearly so.
    private mutating func guarded(_ depth: Int) -> String {
        let optional = paths.filter { !$0.isCertain }
        guard let path = optional.randomElement(using: &random), let dot = path.text.lastIndex(of: ".") else {
            return "true"
        }
        let test = "\(path.text[..<dot]) has \(path.text[path.text.index(after: dot)...])"
        let use = "\(path.text) == \(expression(path.type, depth - 1))"
        let other = boolean(depth - 1)
        return random.word(
            "(\(test) && \(use))", "(\(test) && \(other) && \(use))", "(if \(test) then \(use) else \(other))",
            "((\(test) || \(test)) && \(use))", "((\(test) && \(other)) && (\(other) || \(use)))",
            "(!(\(test)) || \(use))", "((\(test) || \(other)) && \(use))",
            "((if \(other) then \(test) else \(test)) && \(use))", "((if \(test) then \(other) else false) && \(use))")
    }

    private mutating func tagged(_ depth: Int) -> String {
        let candidates = paths.compactMap { path -> (String, TypeID)? in
            guard path.isCertain, case .entity(let id) = types[path.type], let tag = model[id].tags else {
                return nil
            }
            return (path.text, tag)
        }
        guard let (text, type) = candidates.randomElement(using: &random) else { return "false" }
        let (tag, other) = (expression(.string, 0), random.word(#""a""#, #""b""#))
        return random.word(
            "(\(text).hasTag(\(tag)) && \(text).getTag(\(tag)) == \(expression(type, depth - 1)))",
            "(\(text).hasTag(\(tag)) && \(text).getTag(\(other)) == \(expression(type, depth - 1)))")
    }

    // MARK: Data

    private mutating func uid(_ id: EntityTypeID) -> EntityUID {
        let type = model[id]
        switch type.content {
        case .enumerated(let ids): return EntityUID(type: type.name, id: random.pick(ids, ""))
        case .standard: return EntityUID(type: type.name, id: random.word("a", "b", "c"))
        case .action:
            let own = model.actions.filter { $0.type == id }
            return random.pick(own, model.actions[0]).uid
        }
    }

    private mutating func value(_ type: TypeID) -> Value {
        switch types[type] {
        case .bool, .yes, .no, .never: return .bool(random.chance(50))
        case .long: return .long(random.pick([0, 1, -3, .max, .min], 0))
        case .string: return .string(random.word("", "a", "xay"))
        case .decimal: return .decimal(DecimalValue(tenThousandths: Int64(random.below(20_000))))
        case .ip:
            return (try? IPValue(parsing: random.word("10.0.0.1", "10.0.0.0/8", "::1"))).map(Value.ip) ?? .bool(false)
        case .datetime: return .datetime(DatetimeValue(milliseconds: random.pick([0, -1, .max, 1_700_000_000_000], 0)))
        case .duration: return .duration(DurationValue(milliseconds: random.pick([0, -1, .min, 3_600_000], 0)))
        case .entity(let id): return .entity(uid(id))
        case .set(let element): return .set((0..<random.below(3)).map { _ in value(element) })
        case .record: return .record(record(type))
        }
    }

    private mutating func record(_ type: TypeID) -> Record {
        var members: [(String, Value)] = []
        for field in types.fields(of: type) ?? [] where field.isRequired || random.chance(50) {
            members.append((types.names[field.name], value(field.type)))
        }
        return Record(members)
    }

    /// Every entity that a policy or a value can name, each conforming.
    mutating func entities() -> [Entity] {
        var result: [Entity] = []
        for type in model.entityTypes {
            switch type.content {
            case .action: break
            case .enumerated(let ids): result += ids.map { Entity(uid: EntityUID(type: type.name, id: $0)) }
            case .standard:
                for id in ["a", "b", "c"] {
                    var tags: [(String, Value)] = []
                    if let tag = type.tags {
                        for name in ["", "a", "b"] where random.chance(50) { tags.append((name, value(tag))) }
                    }
                    // Parents of another type only, so that there are no circles.
                    let above = model.entityTypes.indices.filter {
                        type.ancestors.contains($0) && model.entityTypes[$0].name > type.name
                    }
                    let parents = above.filter { _ in random.chance(50) }
                        .map { uid(EntityTypeID(index: Int32($0))) }
                    result.append(
                        Entity(
                            uid: EntityUID(type: type.name, id: id), attributes: record(type.attributes),
                            tags: Record(tags), parents: parents))
                }
            }
        }
        return result
    }

    /// A request that the schema allows.
    mutating func request() -> Request {
        let action = random.pick(model.actions.filter { !$0.principals.isEmpty }, model.actions[environment.action])
        return Request(
            principal: uid(random.pick(action.principals, environment.principal)), action: action.uid,
            resource: uid(random.pick(action.resources, environment.resource)), context: record(action.context))
    }
}
