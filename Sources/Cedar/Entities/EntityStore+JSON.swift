// SPDX-License-Identifier: Apache-2.0

public import StrictJSON

extension EntityStore {
    /// Reads an entities file: an array of `{"uid", "attrs", "parents", "tags"}`.
    ///
    /// - Throws: ``EntityError`` with the path to what is wrong.
    public static func parse(
        json bytes: [UInt8], limits: JSONLimits = JSONLimits(maximumBytes: 1 << 26, maximumDepth: 256)
    ) throws(EntityError) -> EntityStore {
        let result = DeepStack.run { () -> Result<EntityStore, EntityError> in
            do throws(EntityError) { return .success(try read(bytes, limits)) } catch { return .failure(error) }
        }
        guard let result else { throw .json(path: "", problem: "there is no memory to read the file") }
        return try result.get()
    }

    private static func read(_ bytes: [UInt8], _ limits: JSONLimits) throws(EntityError) -> EntityStore {
        let json: JSONValue
        do { json = try JSONValue.parse(bytes, limits: limits) } catch {
            throw .json(path: "", problem: error.description)
        }
        return try EntityStore(try entities(json))
    }

    static func entities(_ json: JSONValue) throws(EntityError) -> [Entity] {
        guard let elements = json.arrayValue else {
            throw .json(path: "", problem: "expected an array of entities, got \(json.kind)")
        }
        var entities: [Entity] = []
        entities.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            do throws(DataProblem) {
                entities.append(try ValueReader.entity(element))
            } catch {
                throw .json(path: error.inside("[\(index)]").path, problem: error.problem)
            }
        }
        return entities
    }
}

extension ValueReader {
    /// What reads attributes and tags of an entity once its identity is known.
    typealias RecordReader = (JSONObject) throws(DataProblem) -> Record

    static func entity(_ json: JSONValue) throws(DataProblem) -> Entity {
        let parts = try entityParts(json)
        return Entity(
            uid: parts.uid, attributes: try at("attrs") { () throws(DataProblem) in try record(parts.attributes) },
            tags: try at("tags") { () throws(DataProblem) in try record(parts.tags) }, parents: parts.parents)
    }

    static func entityParts(
        _ json: JSONValue
    ) throws(DataProblem) -> (uid: EntityUID, attributes: JSONObject, tags: JSONObject, parents: [EntityUID]) {
        guard let object = json.objectValue else { throw DataProblem("expected an entity, got \(json.kind)") }
        guard let uidJSON = object["uid"] else { throw DataProblem("`uid` is missing") }
        let uid = try at("uid") { () throws(DataProblem) in try self.uid(uidJSON) }
        guard let attributes = object["attrs"]?.objectValue else {
            throw DataProblem("expected an object", at: "attrs")
        }
        guard let list = object["parents"]?.arrayValue else { throw DataProblem("expected an array", at: "parents") }
        var tags = JSONObject()
        if let json = object["tags"] {
            guard let given = json.objectValue else { throw DataProblem("expected an object", at: "tags") }
            tags = given
        }
        var parents: [EntityUID] = []
        for (index, parent) in list.enumerated() {
            let parent = try at("parents[\(index)]") { () throws(DataProblem) in try self.uid(parent) }
            if uid.type.isAction, !parent.type.isAction {
                throw DataProblem("`\(parent)` is no action, as every parent of an action is", at: "parents[\(index)]")
            }
            parents.append(parent)
        }
        return (uid, attributes, tags, parents)
    }

    static func at<Result>(
        _ step: String, _ body: () throws(DataProblem) -> Result
    ) throws(DataProblem) -> Result {
        do { return try body() } catch { throw error.inside(step) }
    }
}

extension Record {
    /// Reads a record from JSON, with the explicit escapes of entities files.
    ///
    /// - Throws: ``EntityError`` with the path to what is wrong.
    package init(json object: JSONObject) throws(EntityError) {
        let result = DeepStack.run { () -> Result<Record, DataProblem> in
            do throws(DataProblem) { return .success(try ValueReader.record(object)) } catch { return .failure(error) }
        }
        switch result {
        case .success(let record): self = record
        case .failure(let problem): throw .json(path: problem.path, problem: problem.problem)
        case nil: throw .json(path: "", problem: "there is no memory to read the record")
        }
    }
}
