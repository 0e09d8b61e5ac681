// SPDX-License-Identifier: Apache-2.0

extension Machine {
    typealias Place = UnsafePointer<RuntimeValue>

    @inline(__always)
    static func bool(_ place: Place) throws(EvaluationError) -> Bool {
        guard case .bool(let value) = place.pointee else { throw mismatch([.bool], place) }
        return value
    }

    @inline(__always)
    static func long(_ place: Place) throws(EvaluationError) -> Int64 {
        guard case .long(let value) = place.pointee else { throw mismatch([.long], place) }
        return value
    }

    @inline(__always)
    static func set(_ place: Place) throws(EvaluationError) -> SetStorage {
        guard case .set(let value) = place.pointee else { throw mismatch([.set], place) }
        return value
    }

    @inline(never)
    static func mismatch(_ expected: [ValueKind], _ place: Place) -> EvaluationError {
        .typeMismatch(expected: expected, actual: place.pointee.kind)
    }

    static func uid(_ place: Place) throws(EvaluationError) -> RuntimeUID {
        switch place.pointee {
        case .entity(let number): return .known(number)
        case .foreign(let uid): return .foreign(uid)
        case .bool, .long, .string, .set, .record, .decimal, .datetime, .duration, .ip: throw mismatch([.entity], place)
        }
    }

    /// The number of an entity's type; -1 if no policy names it.
    func type(of place: Place) throws(EvaluationError) -> Int32 {
        switch place.pointee {
        case .entity(let number): return entities.type(number)
        case .foreign(let uid): return uid.type
        case .bool, .long, .string, .set, .record, .decimal, .datetime, .duration, .ip:
            throw Self.mismatch([.entity], place)
        }
    }

    // MARK: Entities

    func attribute(_ name: Int32, of place: Place) throws(EvaluationError) -> Place {
        switch place.pointee {
        case .record(let record):
            guard let found = record.place(of: name) else {
                throw .keyMissing(universe.names.texts[Int(name)])
            }
            return found
        case .entity(let number): return try attribute(name, of: .known(number), entities.data(number))
        case .foreign(let uid): return try attribute(name, of: .foreign(uid), entities.data(uid))
        case .bool, .long, .string, .set, .decimal, .datetime, .duration, .ip:
            throw Self.mismatch([.record, .entity], place)
        }
    }

    @inline(__always)
    private func attribute(
        _ name: Int32, of uid: @autoclosure () -> RuntimeUID, _ data: Unmanaged<EntityData>?
    ) throws(EvaluationError) -> Place {
        guard let data else { throw .entityDoesNotExist(universe.uid(of: uid())) }
        guard let found = data._withUnsafeGuaranteedRef({ $0.attributes.place(of: name) }) else {
            throw .attributeMissing(universe.uid(of: uid()), attribute: universe.names.texts[Int(name)])
        }
        return found
    }

    func has(_ name: Int32, in place: Place) throws(EvaluationError) -> Bool {
        switch place.pointee {
        case .record(let record): return record.place(of: name) != nil
        case .entity(let number):
            return entities.data(number)?._withUnsafeGuaranteedRef { $0.attributes.place(of: name) } != nil
        case .foreign(let uid):
            return entities.data(uid)?._withUnsafeGuaranteedRef { $0.attributes.place(of: name) } != nil
        case .bool, .long, .string, .set, .decimal, .datetime, .duration, .ip:
            throw Self.mismatch([.record, .entity], place)
        }
    }

    func hasTag(_ entity: Place, _ tag: Place) throws(EvaluationError) -> Bool {
        let uid = try Self.uid(entity)
        guard case .string(let tag) = tag.pointee else { throw Self.mismatch([.string], tag) }
        return entities.data(uid)?._withUnsafeGuaranteedRef { $0.tags.value(of: tag, in: universe) } != nil
    }

    func tag(_ tag: Place, of entity: Place) throws(EvaluationError) -> RuntimeValue {
        let uid = try Self.uid(entity)
        guard case .string(let tag) = tag.pointee else { throw Self.mismatch([.string], tag) }
        guard let data = entities.data(uid) else { throw .entityDoesNotExist(universe.uid(of: uid)) }
        guard let found = data._withUnsafeGuaranteedRef({ $0.tags.value(of: tag, in: universe) }) else {
            throw .tagMissing(universe.uid(of: uid), tag: tag)
        }
        return found
    }

    // MARK: Hierarchy

    func isIn(_ place: Place, _ ancestor: Int32) throws(EvaluationError) -> Bool {
        switch place.pointee {
        case .entity(let number): return number == ancestor || descends(entities.data(number), ancestor)
        case .foreign(let uid): return descends(entities.data(uid), ancestor)
        case .bool, .long, .string, .set, .record, .decimal, .datetime, .duration, .ip:
            throw Self.mismatch([.entity], place)
        }
    }

    @inline(__always)
    private func descends(_ data: Unmanaged<EntityData>?, _ ancestor: Int32) -> Bool {
        data?._withUnsafeGuaranteedRef { $0.descends(from: ancestor) } ?? false
    }

    private func descends(_ data: Unmanaged<EntityData>?, _ ancestor: RuntimeUID) -> Bool {
        data?._withUnsafeGuaranteedRef { $0.descends(from: ancestor) } ?? false
    }

    func isIn(_ left: Place, _ right: Place) throws(EvaluationError) -> Bool {
        let uid = try Self.uid(left)
        switch right.pointee {
        case .entity(let number): return isIn(uid, .known(number))
        case .foreign(let ancestor): return isIn(uid, .foreign(ancestor))
        case .set(let set):
            guard set.holdsOnlyEntities else {
                let kinds = set.elements.map(\.kind).filter { $0 != .entity }
                throw .typeMismatch(expected: [.entity], actual: kinds.min { $0.place < $1.place } ?? .bool)
            }
            let data = entities.data(uid)
            for element in set.elements {
                guard let other = element.identity else { continue }
                if other.isSame(as: uid) || descends(data, other) { return true }
            }
            return false
        case .bool, .long, .string, .record, .decimal, .datetime, .duration, .ip:
            throw Self.mismatch([.entity, .set], right)
        }
    }

    private func isIn(_ uid: RuntimeUID, _ ancestor: RuntimeUID) -> Bool {
        uid.isSame(as: ancestor) || descends(entities.data(uid), ancestor)
    }

    // MARK: Values

    @inline(__always)
    func isEqual(_ left: Place, _ right: Place) throws(EvaluationError) -> Bool {
        if case .string(let left) = left.pointee, case .string(let right) = right.pointee {
            return left.hasSameBytes(as: right)
        }
        return try isEqualValue(left, right)
    }

    @inline(never)
    private func isEqualValue(_ left: Place, _ right: Place) throws(EvaluationError) -> Bool {
        let depth = min(left.pointee.depth, right.pointee.depth)
        return try deep(depth) { left.pointee.isEqual(to: right.pointee) }
    }

    func isLike(_ place: Place, _ pattern: Int32) throws(EvaluationError) -> Bool {
        guard case .string(let text) = place.pointee else { throw Self.mismatch([.string], place) }
        return policies.tables.patterns[Int(pattern)].matches(text)
    }

    func contains(_ place: Place, _ element: Place) throws(EvaluationError) -> Bool {
        let set = try Self.set(place)
        return try deep(max(set.depth, element.pointee.depth)) { set.contains(element.pointee) }
    }

    func overlaps(_ step: Instruction) throws(EvaluationError) -> Bool {
        let (left, right) = (try Self.set(value(step.left)), try Self.set(value(step.right)))
        return try deep(max(left.depth, right.depth)) {
            step.operation == .containsAll ? left.containsAll(right) : left.containsAny(right)
        }
    }

    /// Compares or hashes values that nest `depth` deep.
    @inline(__always)
    private func deep(_ depth: Int32, _ body: () -> Bool) throws(EvaluationError) -> Bool {
        if depth <= Int32(DeepStack.ordinaryDepth) { return body() }
        guard let answer = DeepStack.run(depth: Int(depth), body) else { throw .nestingTooDeep }
        return answer
    }
}

extension ValueKind {
    /// The place in the order in which ``Value`` sorts.
    fileprivate var place: Int {
        switch self {
        case .bool: 0
        case .long: 1
        case .string: 2
        case .entity: 3
        case .set: 4
        case .record: 5
        case .decimal: 6
        case .ip: 7
        case .datetime: 8
        case .duration: 9
        }
    }
}
