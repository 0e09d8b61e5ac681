// SPDX-License-Identifier: Apache-2.0

extension EntityStore {
    /// Reads an entities file: an array of `{"uid", "attrs", "parents", "tags"}`.
    ///
    /// - Throws: ``EntityError`` with the path to what is wrong; of several syntax errors the first.
    public static func parse(
        json bytes: [UInt8], limits: DataLimits = DataLimits()
    ) throws(EntityError) -> EntityStore {
        try EntityStore(json: try JSONDocument.entities(bytes, limits).root)
    }

    /// Takes entities from a JSON value: an array of `{"uid", "attrs", "parents", "tags"}`.
    ///
    /// - Throws: ``EntityError`` with the path to what is wrong.
    package init(json: JSONNode) throws(EntityError) {
        self = try json.document.reading { () throws(EntityError) in
            try EntityStore(
                try ValueReader.entities(json) { element throws(DataProblem) in try ValueReader.entity(element) })
        }
    }
}

extension JSONDocument {
    /// The document of an entities file that has no name.
    static func entities(_ bytes: [UInt8], _ limits: DataLimits) throws(EntityError) -> JSONDocument {
        let result = parse(bytes, file: "", limits: limits)
        if let document = result.document { return document }
        guard let first = result.diagnostics.first else { throw .json(path: "", problem: "it cannot be read") }
        let place = "\(first.location.line):\(first.location.column)"
        throw .json(path: "", problem: "\(place): \(first.message)")
    }

    /// Runs a walk over values of this document, on a stack that what they nest fits.
    func reading<Result>(_ body: () throws(EntityError) -> Result) throws(EntityError) -> Result {
        let result = DeepStack.run(depth: depth) { () -> Swift.Result<Result, EntityError> in
            do throws(EntityError) { return .success(try body()) } catch { return .failure(error) }
        }
        guard let result else { throw .json(path: "", problem: "there is no memory to read it") }
        return try result.get()
    }
}

extension ValueReader {
    /// Reads an array of entities, each by the given way.
    static func entities(
        _ json: JSONNode, _ read: (JSONNode) throws(DataProblem) -> Entity
    ) throws(EntityError) -> [Entity] {
        guard let elements = json.arrayValue else {
            throw .json(path: "", problem: "expected an array of entities, got \(json.kind.rawValue)")
        }
        do throws(DataProblem) { return try self.elements(elements, read) } catch {
            throw .json(path: error.pathText, problem: error.problem)
        }
    }

    static func entity(_ json: JSONNode) throws(DataProblem) -> Entity {
        let parts = try entityParts(json)
        return Entity(
            uid: parts.uid, attributes: try at("attrs") { () throws(DataProblem) in try record(parts.attributes) },
            tags: try at("tags") { () throws(DataProblem) in try parts.tags.map(record) ?? Record() },
            parents: parts.parents)
    }

    /// What an entity consists of, attributes and tags still unread.
    struct EntityParts {
        let uid: EntityUID
        let attributes: JSONNode.Members
        let tags: JSONNode.Members?
        let parents: [EntityUID]
    }

    static func entityParts(_ json: JSONNode) throws(DataProblem) -> EntityParts {
        guard let object = json.objectValue else { throw DataProblem("expected an entity, got \(json.kind.rawValue)") }
        guard let uidJSON = object["uid"] else { throw DataProblem("`uid` is missing") }
        let uid = try at("uid") { () throws(DataProblem) in try self.uid(uidJSON) }
        guard let attributes = object["attrs"]?.objectValue else {
            throw DataProblem("expected an object", at: .key("attrs"))
        }
        guard let list = object["parents"]?.arrayValue else {
            throw DataProblem("expected an array", at: .key("parents"))
        }
        let tags = object["tags"]
        if let tags, tags.kind != .object { throw DataProblem("expected an object", at: .key("tags")) }
        let parents = try at("parents") { () throws(DataProblem) in
            try elements(list) { json throws(DataProblem) in
                let parent = try self.uid(json)
                guard !uid.type.isAction || parent.type.isAction else {
                    throw DataProblem("`\(parent)` is no action, as every parent of an action is")
                }
                return parent
            }
        }
        return EntityParts(uid: uid, attributes: attributes, tags: tags?.objectValue, parents: parents)
    }

    static func at<Result>(
        _ name: String, _ body: () throws(DataProblem) -> Result
    ) throws(DataProblem) -> Result {
        do { return try body() } catch { throw error.inside(.key(name)) }
    }
}

extension Record {
    /// Reads a record from a JSON object, with the explicit escapes of entities files.
    ///
    /// - Throws: ``EntityError`` with the path to what is wrong.
    package init(json: JSONNode) throws(EntityError) {
        self = try json.document.reading { () throws(EntityError) in
            guard let object = json.objectValue else {
                throw .json(path: "", problem: "expected an object, got \(json.kind.rawValue)")
            }
            do throws(DataProblem) { return try ValueReader.record(object) } catch {
                throw .json(path: error.pathText, problem: error.problem)
            }
        }
    }
}
