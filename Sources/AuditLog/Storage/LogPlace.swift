// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where an audit directory really is, and whether a process works on it.
package struct LogPlace: Sendable, Hashable {
    /// The directory's path without symbolic links and dots.
    package let path: String
    /// The directory around it.
    package var parent: String { Self.parent(of: path) }

    /// Follows a path to its end; `nil` if there is nothing.
    package init?(_ path: String) {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        self.path = String(cString: real)
    }

    /// Whether a process holds the log's `LOCK`; a directory without one is a copy.
    ///
    /// - Throws: ``AuditLogError/storage(operation:path:code:)`` if that cannot be told.
    package func isInUse() throws(AuditLogError) -> Bool {
        let name = path + "/LOCK"
        let descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return false }
            throw .storage(operation: "opening", path: name, code: errno)
        }
        // Closing it gives back what was taken.
        defer { _ = close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return false }
        guard errno == EWOULDBLOCK else { throw .storage(operation: "locking", path: name, code: errno) }
        return true
    }

    /// The directory around the name that a path ends with.
    package static func parent(of path: String) -> String {
        var rest = path[...]
        while rest.count > 1, rest.last == "/" { rest.removeLast() }
        guard let slash = rest.lastIndex(of: "/") else { return "." }
        return slash == rest.startIndex ? "/" : String(rest[..<slash])
    }
}
