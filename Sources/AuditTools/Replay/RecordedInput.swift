// SPDX-License-Identifier: Apache-2.0

package import Cedar
package import StrictJSON

/// The policy input of a decision, built again from what the record discloses.
package struct RecordedInput {
    /// What was asked.
    package let request: Request
    /// Principal and resource as they were over the base entities.
    package let entities: [Entity]
    /// Whether the request had query parameters: their values are never recorded.
    package let hasQuery: Bool

    /// Reads the disclosed `input`.
    ///
    /// The principal's entity has the mapped claims of `context.token` besides what stands in it (they are recorded once),
    /// and what the base entities say of principal and resource counts before what the request said.
    ///
    /// - Parameters:
    ///   - input: The value of the disclosure `input`.
    ///   - base: The base entities that were in force.
    /// - Throws: ``AuditToolError/missing(_:)`` if it is not of the recorded form.
    package init(_ input: JSONValue, base: EntityStore) throws(AuditToolError) {
        // Written once more for the library that decides: it reads JSON itself.
        let json = JSONDocument.parse(input.canonicalBytes(), file: "input").document?.root
        guard let json, let principal = Self.uid(json["principal"]), let action = Self.uid(json["action"]),
            let resource = Self.uid(json["resource"]), let context = json["context"], context.objectValue != nil
        else { throw .missing("the disclosed input is not of the form that decisions record") }
        do throws(EntityError) {
            request = Request(
                principal: principal, action: action, resource: resource, context: try Record(json: context))
            var own =
                try json["entities"].map { json throws(EntityError) in try EntityStore(json: json).entities } ?? []
            if let token = context["token"], token.objectValue != nil,
                let place = own.firstIndex(where: { $0.uid == principal })
            {
                let claims = try Record(json: token).members.map { ($0.key, $0.value) }
                own[place].attributes = Record(claims + own[place].attributes.members.map { ($0.key, $0.value) })
            }
            entities = own.map { Self.merged($0, over: base[$0.uid]) }
        } catch {
            throw .missing("the disclosed input cannot be read: \(error)")
        }
        hasQuery = context["request"]?["query"]?.stringValue?.isEmpty == false
    }

    private static func uid(_ json: JSONNode?) -> EntityUID? {
        guard let type = json?["type"]?.stringValue, let id = json?["id"]?.stringValue else { return nil }
        return EntityUID(type, id)
    }

    private static func merged(_ entity: Entity, over base: Entity?) -> Entity {
        guard let base else { return entity }
        let members = entity.attributes.members + base.attributes.members
        return Entity(
            uid: entity.uid, attributes: Record(members.map { ($0.key, $0.value) }), tags: base.tags,
            parents: entity.parents + base.parents.filter { !entity.parents.contains($0) })
    }
}
