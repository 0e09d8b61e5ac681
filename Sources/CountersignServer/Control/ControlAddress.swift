// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where the control socket of a data directory is.
struct ControlAddress: Sendable {
    static let fileName = "control.sock"
    /// The most bytes that the kernel takes as the name of a socket, its final zero not counted.
    private static let maximumPath = 107

    let directory: String

    init(data directory: String) { self.directory = directory }

    var path: String { "\(directory)/\(Self.fileName)" }

    /// Hands over a name of a file in the directory that is short enough for a socket, good for the length of the call.
    ///
    /// Long paths go by way of an open directory and `/proc/self/fd`.
    func withShortPath<Result, Failure: Error>(
        _ name: String, in folder: String? = nil, _ body: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let folder = folder ?? directory
        let whole = "\(folder)/\(name)"
        guard whole.utf8.count > Self.maximumPath else { return try body(whole) }
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return try body(whole) }
        defer { _ = close(descriptor) }
        return try body("/proc/self/fd/\(descriptor)/\(name)")
    }
}

/// What the kernel knows of the process at the other end (`SO_PEERCRED`; Linux: `struct ucred`).
struct PeerCredentials {
    var processID: Int32 = 0
    var userID: UInt32 = .max
    var groupID: UInt32 = .max

    /// Whether the process may command this one, or may be believed by it: the same user, or root.
    var isTrusted: Bool { userID == geteuid() || userID == 0 }
}
