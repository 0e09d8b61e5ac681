// SPDX-License-Identifier: Apache-2.0

import Callout
import DecisionEngine
import Fields
import NIOCore
import StrictJSON
import Transport

/// Reads the body of `POST /v1/decisions` strictly: unknown members and wrong types are refused, never ignored.
///
/// The content type is not looked at: gateways' callout policies and `curl -d` send all kinds, and only JSON is read.
struct DecisionsRequest {
    private static let known = ["request", "route", "context"]
    private static let knownInRequest = [
        "method", "scheme", "host", "path", "query", "headers", "body", "body_base64", "client_ip",
    ]

    static func read(_ call: HTTPCallRequest, from gateway: GatewayIdentity) throws(DecisionsProblem) -> CalloutRequest
    {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(call.body.readableBytesUInt8Span)
        } catch {
            throw malformed("the body is not acceptable JSON: \(error)")
        }
        let body = try Members(value, at: "the body", known: known)
        let request = try Members(
            try body.required("request"), at: "`request`", known: knownInRequest
        )
        var callout = CalloutRequest(dialect: .decisions, gateway: gateway)
        callout.gatewayRequestID = call.headers["x-request-id"] ?? ""
        callout.routeName = try body.string("route")
        if let context = body.object["context"], context.objectValue == nil {
            throw malformed("`context` must be an object, got a \(context.kind)")
        }
        callout.method = try request.requiredString("method")
        callout.scheme = try request.string("scheme") ?? ""
        callout.host = try request.string("host")
        (callout.path, callout.query) = try target(request)
        callout.clientAddress = try request.string("client_ip")
        if let address = callout.clientAddress, !ClientAddress.isAddress(address) {
            throw malformed("`request.client_ip` must be an IPv4 or IPv6 address")
        }
        callout.headers = try headers(request)
        if callout.host == nil { callout.host = callout.singleHeader("host") }
        if request.object["body"] != nil, request.object["body_base64"] != nil {
            throw malformed("`request` must not have both `body` and `body_base64`")
        }
        _ = try request.string("body")
        if let text = try request.string("body_base64"), !isBase64(text) {
            throw malformed("`request.body_base64` is not base64")
        }
        return callout
    }

    private static func target(_ request: Members) throws(DecisionsProblem) -> (path: String, query: String) {
        let path = try request.requiredString("path")
        let query = try request.string("query")
        guard let mark = path.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (path, query ?? "") }
        guard query == nil else { throw malformed("`request.path` must not hold a query beside `request.query`") }
        return (String(path[..<mark]), String(path[path.utf8.index(after: mark)...]))
    }

    private static func headers(_ request: Members) throws(DecisionsProblem) -> FieldList {
        guard let value = request.object["headers"] else { return FieldList() }
        guard let object = value.objectValue else {
            throw malformed("`request.headers` must be an object of lists of strings, got a \(value.kind)")
        }
        var fields = FieldList()
        for member in object.members {
            switch member.value {
            case .array(let values):
                for value in values {
                    guard let text = value.stringValue else {
                        throw malformed("the values of header `\(member.key.prefix(64))` must be strings")
                    }
                    let size = fields.byteCount + member.key.utf8.count + text.utf8.count
                    guard size <= CalloutRequest.maximumHeaderBytes else {
                        let limit = CalloutRequest.maximumHeaderBytes
                        throw DecisionsProblem(
                            status: 413, code: ReasonCode.requestTooLarge.rawValue,
                            detail: "names and values of `request.headers` may take \(limit) bytes together")
                    }
                    fields.append(member.key, text)
                }
            case .null, .bool, .number, .string, .object:
                throw malformed(
                    "header `\(member.key.prefix(64))` must be a list of strings, got a \(member.value.kind)")
            }
        }
        return fields
    }

    private static func isBase64(_ text: String) -> Bool {
        let digits = Array(text.utf8)
        let padding = digits.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return digits.count % 4 == 0 && padding <= 2
            && digits.dropLast(padding).allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"): true
                default: false
                }
            }
    }

    fileprivate static func malformed(_ detail: String) -> DecisionsProblem {
        DecisionsProblem(status: 400, code: "request_malformed", detail: detail)
    }

    /// An object whose every member is known.
    private struct Members {
        let object: JSONObject
        let place: String

        init(_ value: JSONValue, at place: String, known: [String]) throws(DecisionsProblem) {
            guard let object = value.objectValue else {
                throw malformed("\(place) must be an object, got a \(value.kind)")
            }
            for member in object.members where !known.contains(where: { $0.utf8.elementsEqual(member.key.utf8) }) {
                throw malformed(
                    "`\(member.key.prefix(64))` is not a known member of \(place); known: \(known.joined(separator: ", "))"
                )
            }
            self.object = object
            self.place = place
        }

        func required(_ key: String) throws(DecisionsProblem) -> JSONValue {
            guard let value = object[key] else { throw malformed("\(place) lacks `\(key)`") }
            return value
        }

        func string(_ key: String) throws(DecisionsProblem) -> String? {
            guard let value = object[key] else { return nil }
            guard let text = value.stringValue else {
                throw malformed("`\(key)` must be a string, got a \(value.kind)")
            }
            return text
        }

        func requiredString(_ key: String) throws(DecisionsProblem) -> String {
            _ = try required(key)
            return try string(key) ?? ""
        }
    }
}
