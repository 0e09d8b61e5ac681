// SPDX-License-Identifier: Apache-2.0

/// Which parts of `context` a set's policies can tell apart.
///
/// What no policy reads need not be put into a request: every decision, error included, is the same without it.
public struct ContextReads: Sendable, Hashable {
    /// Paths of attributes from `context` on, each read or tested as a whole; the empty path is all of it.
    private var paths: Set<[ByteKey]> = []

    fileprivate init() {}

    /// Whether a policy reads what stands at a path, something inside it, or something that it is a part of.
    ///
    /// - Parameter path: Names of attributes from `context` on.
    /// - Returns: Whether leaving the part out could change a decision.
    public func include(_ path: String...) -> Bool {
        let path = path.map { ByteKey($0) }
        return paths.contains { read in zip(read, path).allSatisfy { $0 == $1 } }
    }

    fileprivate mutating func add(_ path: [ByteKey]) { paths.insert(path) }
}

extension PolicySet {
    /// What the conditions of all policies and templates read of `context`.
    public var contextReads: ContextReads {
        var reads = ContextReads()
        for policy in policies + templates {
            // A stack of its own instead of recursion, so that nesting costs no stack.
            var open = policy.body.conditions.map(\.body)
            while let expression = open.popLast() {
                var (root, path): (Expression, [ByteKey]) = (expression, [])
                while let (inner, names) = root.kind.access { (root, path) = (inner, names + path) }
                if case .variable(.context) = root.kind {
                    reads.add(path)
                } else {
                    open += root.kind.children
                }
            }
        }
        return reads
    }
}

extension Expression.Kind {
    /// What is read or tested, and of what.
    fileprivate var access: (of: Expression, names: [Expression.Name])? {
        switch self {
        case .attribute(let inner, let name): (inner, [name])
        case .has(let inner, let names): (inner, names)
        case .literal, .variable, .slot, .and, .or, .arithmetic, .not, .negate, .comparison, .conditional, .isType,
            .like, .method, .call, .set, .record:
            nil
        }
    }
}
