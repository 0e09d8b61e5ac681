// SPDX-License-Identifier: Apache-2.0

package import Callout

/// All APIs and routes, built once and looked up per request.
///
/// Among APIs that fit, the longest base path wins; within an API the most specific template wins, segment by segment
/// from the left: a literal before a parameter before a rest. The order of the file never matters.
package struct RouteTable: Sendable {
    /// A route together with what was read from the path.
    package struct Match: Sendable {
        package let api: APIDefinition
        package let route: RouteDefinition
        /// Index of the route in ``RouteTable/routes``.
        package let routeIndex: Int
        /// Parameters by name, decoded, in the order of the template.
        package let parameters: [(name: String, value: String)]
    }

    package struct Entry: Sendable {
        package let api: APIDefinition
        package let route: RouteDefinition
        package let template: [PathTemplate.Segment]
    }

    /// Two routes that would match the same request.
    package struct Overlap: Error, Sendable, Hashable {
        package let first: String
        package let second: String
    }

    /// Every route, in the order of the file.
    package let routes: [Entry]
    private let apis: [API]
    private let byName: [ByteKey: Int]

    fileprivate struct API {
        let definition: APIDefinition
        let hosts: [HostPattern]
        let baseDepth: Int
        var root = Node()
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
            var api = API(
                definition: definition, hosts: definition.hosts.map(HostPattern.init), baseDepth: base.count
            )
            for route in definition.routes {
                let index = routes.count
                let entry = Entry(api: definition, route: route, template: base + route.path.segments)
                routes.append(entry)
                for shape in Self.shapes(base: base, path: route.path) {
                    if let other = api.root.insert(index, methods: route.methods, at: shape[...]) {
                        throw Overlap(first: routes[other].route.name, second: route.name)
                    }
                }
                guard byName.updateValue(index, forKey: ByteKey(route.name)) == nil else {
                    throw Overlap(first: route.name, second: route.name)
                }
            }
            apis.append(api)
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
            guard let index = api.root.find(path.segments[...], method: request.method) else { return nil }
            return Match(
                api: api.definition, route: routes[index].route, routeIndex: index,
                parameters: parameters(of: routes[index].template, in: path.segments)
            )
        }
        return nil
    }

    /// The route that the gateway names; the path gives parameters only if it has the template's shape.
    private func match(named name: String, path: CanonicalPath, request: CalloutRequest) -> Match? {
        guard let index = byName[ByteKey(name)] else { return nil }
        let entry = routes[index]
        guard entry.api.gateways.isEmpty || entry.api.gateways.contains(request.gateway.name) else { return nil }
        return Match(
            api: entry.api, route: entry.route, routeIndex: index,
            parameters: parameters(of: entry.template, in: path.segments)
        )
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

/// A node of the tree over path segments.
private struct Node: Sendable {
    private var literals: [ByteKey: Node] = [:]
    private var parameter: [Node] = []
    private var rest = Leaf()
    private var here = Leaf()

    /// Adds a route, or returns the index of the one that is in its way.
    mutating func insert(_ index: Int, methods: [String], at path: ArraySlice<PathTemplate.Segment>) -> Int? {
        guard let first = path.first else { return here.insert(index, methods: methods) }
        switch first {
        case .literal(let key):
            return literals[key, default: Node()].insert(index, methods: methods, at: path.dropFirst())
        case .parameter:
            if parameter.isEmpty { parameter.append(Node()) }
            return parameter[0].insert(index, methods: methods, at: path.dropFirst())
        case .rest: return rest.insert(index, methods: methods)
        }
    }

    /// The most specific route; the depth of the recursion is that of the templates.
    func find(_ segments: ArraySlice<String>, method: String) -> Int? {
        guard let first = segments.first else { return here.find(method) }
        if let next = literals[ByteKey(first)], let found = next.find(segments.dropFirst(), method: method) {
            return found
        }
        if !first.isEmpty, let next = parameter.first, let found = next.find(segments.dropFirst(), method: method) {
            return found
        }
        return first.isEmpty && segments.count == 1 ? nil : rest.find(method)
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
        byMethod.first { $0.method == method }?.index ?? any
    }
}

extension PathTemplate {
    /// The segments of a base path; a final slash does not count.
    var literalSegments: [Segment] {
        segments.last == .literal(ByteKey("")) ? Array(segments.dropLast()) : segments
    }
}
