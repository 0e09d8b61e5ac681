// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// Reads the context of a request for an action.
    ///
    /// The action's context type says where strings stand for extension values and `{"type", "id"}` for entities.
    /// Values of other types are read as they are; ``check(_:)`` finds those that do not fit.
    ///
    /// - Throws: ``RequestError`` for an undeclared action, attributes that are missing or undeclared, and values that
    ///   cannot be read.
    public func context(_ json: JSONNode, action: EntityUID) throws(RequestError) -> Record {
        guard let action = model.action(action) else { throw .unknownAction(action) }
        let result = DeepStack.run(depth: json.document.depth) { () -> Result<Record, DataProblem> in
            do throws(DataProblem) { return .success(try context(json, of: action)) } catch { return .failure(error) }
        }
        guard let result else { throw .context(path: "", problem: "there is no memory to read it") }
        do { return try result.get() } catch { throw .context(path: error.pathText, problem: error.problem) }
    }

    func context(_ json: JSONNode, of action: ActionModel) throws(DataProblem) -> Record {
        guard let object = json.objectValue else {
            throw DataProblem("expected an object, got \(json.kind.rawValue)")
        }
        return try TypedValueReader(model: model).record(object, model.types.fields(of: action.context) ?? [])
    }

    /// Checks that a request may be asked: declared action, principal and resource to which it applies, fitting context.
    public func check(_ request: Request) throws(RequestError) {
        let action = try checkedAction(of: request)
        do { try check(request.context, of: action) } catch {
            throw .context(path: error.pathText, problem: error.problem)
        }
    }

    func check(_ context: Record, of action: ActionModel) throws(DataProblem) {
        try model.check(context, has: model.types.fields(of: action.context) ?? [])
    }

    /// The action of a request, if principal and resource are such that it applies to them.
    func checkedAction(of request: Request) throws(RequestError) -> ActionModel {
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
        return action
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
