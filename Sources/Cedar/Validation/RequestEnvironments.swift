// SPDX-License-Identifier: Apache-2.0

/// The sorts of requests that a schema allows, told apart by what a policy reads.
struct RequestEnvironments {
    /// What a policy can see of an environment; -1 for what it does not read.
    struct Key: Hashable {
        let principal: Int32
        let action: Int32
        let resource: Int32
        let context: Int32
    }

    private let model: SchemaModel
    /// One environment of each sort, by what is read.
    private var known: [UInt8: [RequestEnvironment]] = [:]

    init(_ model: SchemaModel) { self.model = model }

    func key(of environment: RequestEnvironment, _ variables: VariableSet) -> Key {
        Key(
            principal: variables.contains(.principal) ? environment.principal.index : -1,
            action: variables.contains(.action) ? Int32(environment.action) : -1,
            resource: variables.contains(.resource) ? environment.resource.index : -1,
            context: variables.contains(.context) ? model.actions[environment.action].context.index : -1)
    }

    /// One environment of each sort that a policy can tell apart by reading the variables.
    mutating func distinct(_ variables: VariableSet) -> [RequestEnvironment] {
        if let result = known[variables.rawValue] { return result }
        let result = distinct(variables, among: Array(model.actions.indices))
        known[variables.rawValue] = result
        return result
    }

    /// The same for some actions only.
    func distinct(_ variables: VariableSet, among actions: [Int]) -> [RequestEnvironment] {
        var seen: Set<Key> = []
        var result: [RequestEnvironment] = []
        for action in actions {
            for principal in model.actions[action].principals {
                for resource in model.actions[action].resources {
                    let environment = RequestEnvironment(principal: principal, action: action, resource: resource)
                    if seen.insert(key(of: environment, variables)).inserted { result.append(environment) }
                }
            }
        }
        return result
    }
}
