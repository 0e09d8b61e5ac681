// SPDX-License-Identifier: Apache-2.0

public import Fields

/// One question of a gateway about one API request.
///
/// Every adapter fills in what its gateway says; what the gateway did not say is `nil` or empty, never guessed.
public struct CalloutRequest: Sendable {
    /// The dialect in which the question came.
    public enum Dialect: String, Sendable, Hashable, CaseIterable {
        /// Apigee's ExternalCallout over gRPC.
        case apigee
        /// `POST /v1/decisions`.
        case decisions
    }

    /// Where in the gateway's flow the question is asked.
    public enum Flow: String, Sendable, Hashable {
        /// Before the request goes to the upstream.
        case request
        /// On the way back, with the upstream's answer.
        case response
        /// In the gateway's error flow.
        case error
    }

    /// The dialect.
    public var dialect: Dialect
    /// The flow.
    public var flow: Flow = .request
    /// The gateway.
    public var gateway: GatewayIdentity
    /// The gateway's own id of the request; empty if it sent none.
    public var gatewayRequestID = ""
    /// The gateway's environment, as it names it; empty if it sent none.
    public var environment = ""
    /// The gateway's API proxy; `nil` for gateways that have no such thing.
    public var proxy: String?
    /// The route that the gateway asks for by name.
    public var routeName: String?

    /// The method, as sent.
    public var method = ""
    /// `http` or `https`; empty if unknown.
    public var scheme = ""
    /// The host with the port, if any; `nil` if the gateway did not say.
    public var host: String?
    /// The path as it stood in the request target, before any decoding, without the query.
    public var path = ""
    /// The query as it stood behind the `?`; empty if there was none.
    public var query = ""
    /// The header fields, in order, names as received.
    public var headers = FieldList()
    /// The client's address as the gateway saw it.
    public var clientAddress: String?
    /// The credential that the gateway handed over outside the headers.
    public var credential: String?
    /// The certificates that the caller presented, the leaf first, each in DER; empty if the gateway's adapter knows none.
    ///
    /// Set only where the gateway vouches that the caller holds the leaf's key.
    public var clientCertificates: [[UInt8]] = []

    /// The most bytes that names and values of the header fields may take: 1 MiB.
    ///
    /// A message can say one long name for many short values, so its own size bounds nothing (THREATS G6).
    public static let maximumHeaderBytes = 1 << 20

    /// Makes a question without content.
    public init(dialect: Dialect, gateway: GatewayIdentity) {
        self.dialect = dialect
        self.gateway = gateway
    }

    /// The values of every field of this name, in order.
    ///
    /// - Parameter name: The name in small letters.
    /// - Returns: The values; none if there is no such field.
    public func headerValues(_ name: String) -> [String] { headers.values(name) }

    /// The value of the only field of this name; `nil` if there is none or more than one.
    public func singleHeader(_ name: String) -> String? { headers.single(name) }
}
