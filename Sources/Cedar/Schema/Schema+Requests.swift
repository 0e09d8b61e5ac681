// SPDX-License-Identifier: Apache-2.0

public import StrictJSON

extension Schema {
    /// Reads the context of a request for an action.
    ///
    /// The action's context type says where strings stand for extension values and `{"type", "id"}` for entities.
    /// Values of other types are read as they are; ``check(_:)`` finds those that do not fit.
    ///
    /// - Throws: ``RequestError`` for an undeclared action, attributes that are missing or undeclared, and values that
    ///   cannot be read.
    public func context(_ json: JSONValue, action: EntityUID) throws(RequestError) -> Record {
        guard let action = model.action(action) else { throw .unknownAction(action) }
        guard let object = json.objectValue else {
            throw .context(path: "", problem: "expected an object, got \(json.kind)")
        }
        let fields = model.types.fields(of: action.context) ?? []
        let reader = TypedValueReader(model: model)
        let depth = json.nests(deeperThan: DeepStack.ordinaryDepth) ? Int.max : 0
        let result = DeepStack.run(depth: depth) { () -> Result<Record, DataProblem> in
            do throws(DataProblem) { return .success(try reader.record(object, fields)) } catch {
                return .failure(error)
            }
        }
        guard let result else { throw .context(path: "", problem: "there is no memory to read it") }
        do { return try result.get() } catch { throw .context(path: error.path, problem: error.problem) }
    }

    /// Checks that a request may be asked: declared action, principal and resource to which it applies, fitting context.
    public func check(_ request: Request) throws(RequestError) {
        let principal = try type(of: request.principal, .principal)
        let resource = try type(of: request.resource, .resource)
        guard let action = model.action(request.action) else { throw .unknownAction(request.action) }
        guard action.principals.contains(principal) else {
            throw .doesNotApply(
                .principal, request.principal, action: action.uid, accepted: action.principals.map { model[$0].name })
        }
        guard action.resources.contains(resource) else {
            throw .doesNotApply(
                .resource, request.resource, action: action.uid, accepted: action.resources.map { model[$0].name })
        }
        do {
            try model.check(request.context, has: model.types.fields(of: action.context) ?? [])
        } catch {
            throw .context(path: error.path, problem: error.problem)
        }
    }

    private func type(of uid: EntityUID, _ part: RequestError.Part) throws(RequestError) -> EntityTypeID {
        guard let id = model.entityTypeIDs[uid.type] else { throw .unknownType(part, uid) }
        switch model[id].content {
        case .standard: return id
        case .action: throw .unknownType(part, uid)
        case .enumerated(let ids):
            guard ids.contains(where: { $0.hasSameBytes(as: uid.id) }) else { throw .notListed(part, uid, listed: ids) }
            return id
        }
    }
}

extension JSONValue {
    /// Whether arrays and objects nest more deeply; looks no deeper than that.
    fileprivate func nests(deeperThan depth: Int) -> Bool {
        switch self {
        case .null, .bool, .number, .string: false
        case .array(let elements): depth == 0 || elements.contains { $0.nests(deeperThan: depth - 1) }
        case .object(let object): depth == 0 || object.members.contains { $0.value.nests(deeperThan: depth - 1) }
        }
    }
}
