// SPDX-License-Identifier: Apache-2.0

package import Callout

/// All APIs and routes, built once and looked up per request.
///
/// Among APIs that fit, the longest base path wins; within an API the most specific template wins, segment by segment
/// from the left: a literal before a parameter before a rest. The order of the file never matters.
package struct RouteTable: Sendable {
    /// A route together with what was read from the path.
    package struct Match: Sendable {
        let entry: Entry
        package var api: APIDefinition { entry.api }
        package var route: RouteDefinition { entry.route }
        /// Index of the route in ``RouteTable/routes``.
        package let routeIndex: Int
        /// Parameters by name, decoded, in the order of the template.
        package let parameters: [(name: String, value: String)]
    }

    /// A route with its API; one object that every match refers to.
    package final class Entry: Sendable {
        package let api: APIDefinition
        package let route: RouteDefinition
        package let template: [PathTemplate.Segment]

        fileprivate init(api: APIDefinition, route: RouteDefinition, template: [PathTemplate.Segment]) {
            (self.api, self.route, self.template) = (api, route, template)
        }
    }

    /// Two routes that would match the same request.
    package struct Overlap: Error, Sendable, Hashable, CustomStringConvertible {
        package let first: String
        package let second: String

        package var description: String {
            first == second
                ? "two routes are named `\(first)`" : "routes `\(first)` and `\(second)` match the same requests"
        }
    }

    /// Every route, in the order of the file.
    package let routes: [Entry]
    private let apis: [API]
    private let byName: [ByteKey: Int]

    fileprivate final class API: Sendable {
        let definition: APIDefinition
        let hosts: [HostPattern]
        let baseDepth: Int
        let root: Node

        init(_ definition: APIDefinition, baseDepth: Int, root: NodeBuilder) {
            self.definition = definition
            self.baseDepth = baseDepth
            self.root = Node(root)
            hosts = definition.hosts.map(HostPattern.init)
        }
    }

    /// Builds the table.
    ///
    /// - Throws: ``Overlap`` if two routes of one API have the same shape and share a method, or if a name stands twice.
    package init(_ definitions: [APIDefinition]) throws(Overlap) {
        var routes: [Entry] = []
        var byName: [ByteKey: Int] = [:]
        var apis: [API] = []
        for definition in definitions {
            let base = definition.basePath.literalSegments
            var root = NodeBuilder()
            for route in definition.routes {
                let index = routes.count
                let entry = Entry(api: definition, route: route, template: base + route.path.segments)
                routes.append(entry)
                for shape in Self.shapes(base: base, path: route.path) {
                    if let other = root.insert(index, methods: route.methods, at: shape[...]) {
                        throw Overlap(first: routes[other].route.name, second: route.name)
                    }
                }
                guard byName.updateValue(index, forKey: ByteKey(route.name)) == nil else {
                    throw Overlap(first: route.name, second: route.name)
                }
            }
            apis.append(API(definition, baseDepth: base.count, root: root))
        }
        self.routes = routes
        self.byName = byName
        self.apis = apis.enumerated()
            .sorted { ($1.element.baseDepth, $0.offset) < ($0.element.baseDepth, $1.offset) }
            .map(\.element)
    }

    /// The paths of a route: `/` under a base path means the base path with and without a final slash.
    private static func shapes(base: [PathTemplate.Segment], path: PathTemplate) -> [[PathTemplate.Segment]] {
        path.text == "/" && !base.isEmpty ? [base, base + path.segments] : [base + path.segments]
    }

    /// The route that a request belongs to, or `nil` if none does.
    package func match(_ request: CalloutRequest, path: CanonicalPath, host: String?) -> Match? {
        if let name = request.routeName, !name.isEmpty { return match(named: name, path: path, request: request) }
        for api in apis where api.accepts(request, host: host) && api.root.holdsBase(api.baseDepth, of: path.segments) {
            guard let index = api.root.find(path.segments, method: request.method) else { return nil }
            let entry = routes[index]
            return Match(
                entry: entry, routeIndex: index, parameters: parameters(of: entry.template, in: path.segments))
        }
        return nil
    }

    /// The route that the gateway names; the path gives parameters only if it has the template's shape.
    private func match(named name: String, path: CanonicalPath, request: CalloutRequest) -> Match? {
        guard let index = byName[ByteKey(name)] else { return nil }
        let entry = routes[index]
        guard entry.api.gateways.isEmpty || entry.api.gateways.contains(request.gateway.name) else { return nil }
        return Match(entry: entry, routeIndex: index, parameters: parameters(of: entry.template, in: path.segments))
    }

    private func parameters(
        of template: [PathTemplate.Segment], in segments: [String]
    ) -> [(name: String, value: String)] {
        var found: [(name: String, value: String)] = []
        for (index, part) in template.enumerated() {
            guard index < segments.count else { return [] }
            switch part {
            case .literal(let key): guard key == ByteKey(segments[index]) else { return [] }
            case .parameter(let name): found.append((name, segments[index]))
            case .rest(let name): found.append((name, segments[index...].joined(separator: "/")))
            }
        }
        return found
    }
}

extension RouteTable.API {
    fileprivate func accepts(_ request: CalloutRequest, host: String?) -> Bool {
        guard definition.gateways.isEmpty || definition.gateways.contains(request.gateway.name) else { return false }
        var isProxyProven = false
        if let proxy = request.proxy, !definition.proxies.isEmpty {
            guard definition.proxies.contains(where: { ByteKey($0) == ByteKey(proxy) }) else { return false }
            isProxyProven = true
        }
        if hosts.isEmpty { return definition.proxies.isEmpty || isProxyProven || request.proxy == nil }
        guard let host else { return request.host == nil && isProxyProven }
        return hosts.contains { $0.matches(host) }
    }
}

/// A host name, exact or with `*.` for one label or more in front.
private struct HostPattern: Sendable {
    let text: String
    let isWildcard: Bool

    init(_ pattern: String) {
        isWildcard = pattern.hasPrefix("*.")
        text = isWildcard ? String(pattern.dropFirst()) : pattern
    }

    func matches(_ host: String) -> Bool {
        isWildcard ? host.utf8.count > text.utf8.count && host.hasSuffix(text) : host == text
    }
}

/// A node of the tree over path segments while the tree is built.
private struct NodeBuilder {
    var literals: [ByteKey: NodeBuilder] = [:]
    var parameter: [NodeBuilder] = []
    var rest = Leaf()
    var here = Leaf()

    /// Adds a route, or returns the index of the one that is in its way.
    mutating func insert(_ index: Int, methods: [String], at path: ArraySlice<PathTemplate.Segment>) -> Int? {
        guard let first = path.first else { return here.insert(index, methods: methods) }
        switch first {
        case .literal(let key):
            return literals[key, default: NodeBuilder()].insert(index, methods: methods, at: path.dropFirst())
        case .parameter:
            if parameter.isEmpty { parameter.append(NodeBuilder()) }
            return parameter[0].insert(index, methods: methods, at: path.dropFirst())
        case .rest: return rest.insert(index, methods: methods)
        }
    }
}

/// A node of the tree over path segments.
private final class Node: Sendable {
    private let literals: Literals
    private let parameter: Node?
    private let rest: Leaf
    private let here: Leaf

    init(_ builder: NodeBuilder) {
        literals = Literals(builder.literals)
        parameter = builder.parameter.first.map { Node($0) }
        (rest, here) = (builder.rest, builder.here)
    }

    /// The most specific route; the depth of the recursion is that of the templates.
    func find(_ segments: [String], from start: Int = 0, method: String) -> Int? {
        guard start < segments.count else { return here.find(method) }
        let first = segments[start]
        if let next = literals[ByteKey(first)], let found = next.find(segments, from: start + 1, method: method) {
            return found
        }
        if !first.isEmpty, let found = parameter?.find(segments, from: start + 1, method: method) { return found }
        return first.isEmpty && segments.count == start + 1 ? nil : rest.find(method)
    }

    /// Whether the first segments are those of the base path, the only ones in the tree down to that depth.
    func holdsBase(_ depth: Int, of segments: [String]) -> Bool {
        var node = self
        for index in 0..<depth {
            guard index < segments.count, let next = node.literals[ByteKey(segments[index])] else { return false }
            node = next
        }
        return true
    }
}

/// The children of a node by their literal: a few are compared, many are looked up.
private struct Literals: Sendable {
    private var few: [(key: ByteKey, node: Node)] = []
    private var many: [ByteKey: Node] = [:]

    init(_ builders: [ByteKey: NodeBuilder]) {
        let nodes = builders.mapValues { Node($0) }
        if nodes.count <= 8 { few = nodes.map { ($0.key, $0.value) } } else { many = nodes }
    }

    subscript(_ key: ByteKey) -> Node? {
        guard many.isEmpty else { return many[key] }
        for entry in few where entry.key == key { return entry.node }
        return nil
    }
}

/// The routes of one template, by method.
private struct Leaf: Sendable {
    private var byMethod: [(method: String, index: Int)] = []
    private var any: Int?

    mutating func insert(_ index: Int, methods: [String]) -> Int? {
        guard !methods.isEmpty else {
            if let any { return any }
            any = index
            return nil
        }
        for method in methods {
            if let taken = byMethod.first(where: { $0.method == method }) { return taken.index }
            byMethod.append((method, index))
        }
        return nil
    }

    func find(_ method: String) -> Int? {
        for entry in byMethod where entry.method == method { return entry.index }
        return any
    }
}

extension PathTemplate {
    /// The segments of a base path; a final slash does not count.
    var literalSegments: [Segment] {
        segments.last == .literal(ByteKey("")) ? Array(segments.dropLast()) : segments
    }
}
