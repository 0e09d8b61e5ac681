// SPDX-License-Identifier: Apache-2.0

package import Callout
import Fields

extension ApigeeMessage {
    /// The gateway's API key, if the proxy hands it over in a flow variable (WIRE W6).
    package var presentedKey: String? { variables[.key] }

    /// The question that the message asks.
    ///
    /// In response and error flows Apigee sends no request; method and target then come from the flow variables
    /// `request.verb` and `request.uri`, if the policy lists them, else the path from the proxy's own.
    package func calloutRequest(from gateway: GatewayIdentity) -> CalloutRequest {
        var callout = CalloutRequest(dialect: .apigee, gateway: gateway)
        callout.flow = hasError ? .error : hasResponse ? .response : .request
        callout.gatewayRequestID = messageID
        callout.environment = environment
        callout.proxy = proxyName
        callout.routeName = variables[.route]
        callout.scheme = clientScheme
        callout.method = request?.verb ?? variables[.verb] ?? ""
        let target = request?.uri ?? variables[.uri] ?? ""
        (callout.path, callout.query) = Self.split(target.isEmpty ? basePath + pathSuffix : target)
        callout.headers = headerFields()
        callout.host = callout.singleHeader("host")
        callout.credential = variables[.token]
        let address = proxyClientIP.isEmpty ? clientIP : proxyClientIP
        callout.clientAddress = address.isEmpty ? nil : address
        return callout
    }

    private func headerFields() -> FieldList {
        if let request { return request.headers }
        var fields = FieldList()
        if let host = variables[.host] { fields.append("host", host) }
        if let authorization = variables[.authorization] { fields.append("authorization", authorization) }
        return fields
    }

    /// Path and query of a request target; an absolute URL loses scheme and authority.
    static func split(_ target: String) -> (path: String, query: String) {
        let bytes = target.utf8
        var start = bytes.startIndex
        // An absolute URL has its `://` before any slash.
        if let colon = bytes.firstIndex(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") }),
            bytes[colon...].starts(with: "://".utf8)
        {
            let authority = bytes[colon...].dropFirst(3)
            start = authority.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? authority.endIndex
        }
        guard let mark = bytes[start...].firstIndex(of: UInt8(ascii: "?")) else {
            return (start == bytes.startIndex ? target : String(target[start...]), "")
        }
        return (String(target[start..<mark]), String(target[bytes.index(after: mark)...]))
    }
}
