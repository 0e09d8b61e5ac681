// SPDX-License-Identifier: Apache-2.0

package import Callout
import StrictJSON

/// A header that tells the upstream something about the caller, present on every allow (WIRE W9).
package struct IdentityHeader: Sendable, Hashable {
    /// What the header says.
    package enum Content: Sendable, Hashable {
        case subject
        case entity
        case provider
        case issuer
        case scopes
        case roles
        case groups
        case attribute(String)
    }

    package struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// The name in small letters.
    package let name: String
    package let content: Content

    /// A header whose name says what it holds: `x-user`, `x-scopes`, `x-roles`, `x-groups`, `x-issuer`, `x-provider`,
    /// `x-principal`, else the attribute of that name (`x-tenant-id` holds `tenant_id`).
    package init(_ name: String) throws(Problem) {
        let lowercased = name.asciiLowercased
        let content: Content =
            switch lowercased {
            case "x-user", "x-subject", "x-user-id": .subject
            case "x-principal": .entity
            case "x-provider": .provider
            case "x-issuer": .issuer
            case "x-scopes", "x-scope": .scopes
            case "x-roles", "x-role": .roles
            case "x-groups", "x-group": .groups
            default:
                .attribute(
                    String(
                        (lowercased.hasPrefix("x-") ? lowercased.dropFirst(2) : lowercased[...]).map {
                            $0 == "-" ? "_" : $0
                        })
                )
            }
        try self.init(name, content)
    }

    /// A header with named content.
    package init(_ name: String, _ content: Content) throws(Problem) {
        let lowercased = name.asciiLowercased
        guard HeaderRules.isSettable(lowercased) else {
            throw Problem(
                description:
                    "`\(name)` must not be set on the way to an upstream; names of letters, digits and `-` are accepted, "
                    + "but no pseudo-header, `host`, hop-by-hop, `content-*`, `x-envoy-*` or `x-countersign-*` name"
            )
        }
        self.name = lowercased
        self.content = content
    }

    /// The value for a caller; empty if unknown or not expressible in a header.
    package func value(for principal: Principal?) -> String {
        guard let principal else { return "" }
        let text: String =
            switch content {
            case .subject: principal.id
            case .entity: "\(principal.kind.rawValue)::\"\(principal.entityID)\""
            case .provider: principal.provider
            case .issuer: principal.issuer
            case .scopes: principal.scopes.joined(separator: " ")
            case .roles: principal.roles.joined(separator: ",")
            case .groups: principal.groups.joined(separator: ",")
            case .attribute(let name): Self.text(of: principal.attributes[name])
            }
        return HeaderRules.isSafeValue(text) ? text : ""
    }

    private static func text(of value: JSONValue?) -> String {
        switch value {
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .number(let number): number.text
        case .array(let elements): elements.map { text(of: $0) }.joined(separator: ",")
        case .object, .null, nil: ""
        }
    }
}

/// Which header names and values may leave (WIRE W4, W5, W8; THREATS G5).
package enum HeaderRules {
    /// The most bytes of header names and values in one answer.
    package static let maximumBytes = 3500
    /// The longest single value.
    package static let maximumValueBytes = 1024

    private static let refused: Set<String> = [
        "host", "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te",
        "trailer", "transfer-encoding", "upgrade", "expect", "authorization", "cookie", "set-cookie", "forwarded",
    ]

    /// Whether a name, in small letters, may be set on a request to an upstream.
    package static func isSettable(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 64, !refused.contains(name) else { return false }
        for prefix in ["x-envoy-", "x-countersign-", "x-forwarded", "x-original-", "content-", "proxy-"]
        where name.hasPrefix(prefix) { return false }
        return name.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 || $0 == UInt8(ascii: "-") }
    }

    /// The fields, with values emptied from the end while all together are too long (WIRE W8); no name is lost (W9).
    static func bounded(_ fields: [HeaderField]) -> [HeaderField] {
        var total = fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard total > maximumBytes else { return fields }
        var bounded = fields
        for index in bounded.indices.reversed() where total > maximumBytes {
            total -= bounded[index].value.utf8.count
            bounded[index] = HeaderField(bounded[index].name, "")
        }
        return bounded
    }

    /// Whether a value has no control character and is short enough.
    package static func isSafeValue(_ value: String) -> Bool {
        value.utf8.count <= maximumValueBytes && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
