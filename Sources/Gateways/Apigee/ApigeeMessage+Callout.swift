// SPDX-License-Identifier: Apache-2.0

package import Callout

extension ApigeeMessage {
    /// The gateway's API key, if the proxy hands it over in a flow variable (WIRE W6).
    package var presentedKey: String? { variables[ApigeeVariable.key] }

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
        callout.routeName = variables[ApigeeVariable.route]
        callout.scheme = clientScheme
        callout.method = request?.verb ?? variables[ApigeeVariable.verb] ?? ""
        let target = request?.uri ?? variables[ApigeeVariable.uri] ?? ""
        (callout.path, callout.query) = Self.split(target.isEmpty ? basePath + pathSuffix : target)
        callout.headers = headerFields()
        callout.host = callout.singleHeader("host")
        callout.credential = variables[ApigeeVariable.token]
        let address = proxyClientIP.isEmpty ? clientIP : proxyClientIP
        callout.clientAddress = address.isEmpty ? nil : address
        return callout
    }

    private func headerFields() -> [HeaderField] {
        guard let request else {
            return [("host", ApigeeVariable.host), ("authorization", ApigeeVariable.authorization)]
                .compactMap { name, variable in variables[variable].map { HeaderField(name, $0) } }
        }
        var fields: [HeaderField] = []
        fields.reserveCapacity(request.headers.count)
        for header in request.headers {
            for value in header.values { fields.append(HeaderField(header.key, value)) }
        }
        return fields
    }

    /// Path and query of a request target; an absolute URL loses scheme and authority.
    private static func split(_ target: String) -> (path: String, query: String) {
        var rest = target[...]
        if let scheme = rest.firstRange(of: "://"), !rest[..<scheme.lowerBound].contains("/") {
            let authority = rest[scheme.upperBound...]
            rest = authority[(authority.firstIndex { $0 == "/" || $0 == "?" } ?? authority.endIndex)...]
        }
        guard let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (String(rest), "") }
        return (String(rest[..<mark]), String(rest[rest.utf8.index(after: mark)...]))
    }
}
