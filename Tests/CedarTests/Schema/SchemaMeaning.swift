// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

extension Schema {
    /// What the schema says, whatever way it is written: one line for each entity type and action.
    var meaning: [String] {
        let types = model.entityTypes.map { type in
            let above = model.entityTypes.indices.filter(type.ancestors.contains).map {
                model.entityTypes[$0].name.text
            }
            let content =
                switch type.content {
                case .action: "action"
                case .enumerated(let ids): "enum \(ids)"
                case .standard(let attributes, let tags): "\(words(attributes)) tags \(tags.map(words) ?? "none")"
                }
            return "\(type.name) in \(above.sorted()) \(content)"
        }
        let actions = model.actions.map { action in
            let applies = !action.principals.isEmpty && !action.resources.isEmpty
            let requests =
                applies
                ? "\(action.principals.map { model[$0].name.text }) \(action.resources.map { model[$0].name.text }) "
                    + words(action.context) : "nothing"
            return "\(action.uid) in \(model.actionStore.ancestors(of: action.uid).sorted()) \(requests)"
        }
        return types.sorted() + actions.sorted()
    }

    private func words(_ type: TypeID) -> String {
        switch model.types[type] {
        case .entity(let id): "entity \(model[id].name)"
        case .set(let element): "set of \(words(element))"
        case .record(let fields):
            "{"
                + fields.map { field in
                    "\(CedarString.quoted(model.types.names[field.name]))\(field.isRequired ? "" : "?"): \(words(field.type))"
                }.sorted().joined(separator: ", ") + "}"
        case .never, .yes, .no, .bool, .long, .string, .decimal, .ip, .datetime, .duration:
            "\(model.types[type])"
        }
    }
}
