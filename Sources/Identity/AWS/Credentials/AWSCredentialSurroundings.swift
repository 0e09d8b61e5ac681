// SPDX-License-Identifier: Apache-2.0

/// What a process finds around itself when it looks for AWS credentials; tests pass surroundings of their own.
package struct AWSCredentialSurroundings: Sendable {
    /// One request to a credential service or to STS.
    package struct Request: Sendable {
        /// Whom the request is for, which decides where it may go.
        package enum Receiver: Sendable, Hashable {
            /// A service at one of the fixed addresses of clouds, or on this machine.
            case local
            /// A server on a network, over TLS (on this machine also without).
            case remote
        }

        package var method: String
        package var url: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]
        package var receiver: Receiver
    }

    /// A variable of the environment; `nil` if it is not set.
    package var variable: @Sendable (String) -> String?
    /// The bytes of a file of at most 1 MiB; `nil` if there is none or it cannot be read.
    package var file: @Sendable (String) -> [UInt8]?
    /// Sends a request; bounds time, size and destination.
    package var send: @Sendable (Request) async throws -> (status: Int, body: [UInt8])
    /// The current time, in whole seconds since the Unix epoch.
    package var now: @Sendable () -> Int64

    package init(
        variable: @escaping @Sendable (String) -> String?, file: @escaping @Sendable (String) -> [UInt8]?,
        send: @escaping @Sendable (Request) async throws -> (status: Int, body: [UInt8]),
        now: @escaping @Sendable () -> Int64
    ) {
        (self.variable, self.file, self.send, self.now) = (variable, file, send, now)
    }

    /// A variable that is set to something.
    func text(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
}
