// SPDX-License-Identifier: Apache-2.0
import Callout
import Fields

/// The signature of a request itself (Signature Version 4 in `Authorization`), as a gateway passes it on.
///
/// Method, host, path, query and the signed fields are those of the request as the gateway says it is. The body is covered by
/// the hash that the caller states; whoever reads the body checks it against that.
struct AWSSignedRequest: Sendable {
    /// Why a signature does not count.
    enum Defect: String, Error, Sendable, Hashable {
        case form = "`Authorization` is not one of Signature Version 4"
        case scope = "it is not signed for an accepted service in the configured region on its own day"
        case clock = "its time is more than 5 minutes from the clock"
        case unsigned = "host, date, the hash of the body or another `x-amz-` field are not signed"
        case members = "a field that is signed or must be is missing, stands twice, or holds what it may not"
        case session = "it belongs to a session, and the keys known here have none"
        case url = "the host, path or query cannot be signed"
    }

    let accessKeyID: String
    let signature: String
    /// The first second at which it is too old.
    let endsAt: Int64
    private let signer: AWSSigner
    private let moment: AWSTimestamp
    private let canonical: AWSCanonicalRequest

    /// Reads and checks a signature as far as that goes without the key.
    init(_ request: borrowing CalloutRequest, _ settings: AWSCallerSettings, now: Int64) throws(Defect) {
        guard let authorization = Self.only("authorization", request),
            let parts = AWSAuthorization(authorization), let signature = parts.lowercaseSignature
        else { throw .form }
        guard let date = Self.only("x-amz-date", request), let moment = AWSTimestamp(date) else { throw .members }
        let skew = AWSCallerSettings.maximumSkew
        guard moment.seconds - skew <= now, now < moment.seconds + skew else { throw .clock }
        let scope = parts.credential.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard scope.count == 5, scope[1] == moment.day, scope[2] == settings.region,
            settings.localServices.contains(scope[3]), scope[4] == "aws4_request"
        else { throw .scope }
        guard request.headerValues("x-amz-security-token").isEmpty else { throw .session }
        let hash = try Self.payloadHash(request)
        let fields = try Self.fields(parts.signed, request)
        guard let host = request.host,
            let target = AWSTarget("https://" + host + request.path + Self.suffix(request.query))
        else { throw .url }
        accessKeyID = scope[0]
        self.signature = signature
        endsAt = moment.seconds + skew
        self.moment = moment
        signer = AWSSigner(region: settings.region, service: scope[3])
        canonical = AWSCanonicalRequest(
            method: request.method, path: target.canonicalPath(service: scope[3]), parameters: target.parameters,
            headers: fields, payloadHash: hash)
        guard canonical.signedHeaders == parts.signed.joined(separator: ";") else { throw .form }
    }

    /// Whether the signature is that of a key; takes as long whatever it is.
    func isValid(_ credentials: AWSCredentials) -> Bool {
        let wanted = AWSSigner.signature(
            of: signer.stringToSign(canonical, moment), key: signer.key(credentials, moment.seconds))
        return ConstantTime.areEqual(Array(wanted.utf8), Array(signature.utf8))
    }

    private static func only(_ name: String, _ request: borrowing CalloutRequest) -> String? {
        let values = request.headerValues(name)
        return values.count == 1 ? values[0] : nil
    }

    private static func suffix(_ query: String) -> String { query.isEmpty ? "" : "?" + query }

    /// What the caller says of the body; nothing need be said where there is none.
    private static func payloadHash(_ request: borrowing CalloutRequest) throws(Defect) -> String {
        let stated = request.headerValues("x-amz-content-sha256")
        guard let hash = stated.first else {
            let length = request.headerValues("content-length")
            let isBodyless = ["GET", "HEAD", "DELETE", "OPTIONS"].contains(request.method)
            guard isBodyless, request.headerValues("transfer-encoding").isEmpty, length.allSatisfy({ $0 == "0" }) else {
                throw .unsigned
            }
            return AWSCanonicalRequest.digest([])
        }
        guard stated.count == 1 else { throw .members }
        let isHash = hash.utf8.count == 64 && hash.utf8.allSatisfy(AWSAuthorization.isLowercaseHexadecimal)
        guard isHash || hash == AWSCanonicalRequest.unsignedPayload else { throw .members }
        return hash
    }

    /// The signed fields with their values; what must be signed is among them.
    private static func fields(
        _ signed: [String], _ request: borrowing CalloutRequest
    ) throws(Defect) -> [(name: String, value: String)] {
        let names = Set(signed)
        guard names.count == signed.count, names.contains("host"), names.contains("x-amz-date") else { throw .unsigned }
        for field in request.headers {
            let name = AWSCanonicalRequest.smallLetters(field.name)
            guard !name.hasPrefix("x-amz-") || names.contains(name) else { throw .unsigned }
        }
        var fields: [(name: String, value: String)] = []
        for name in signed {
            guard name != "host" else {
                fields.append((name, request.host ?? ""))
                continue
            }
            guard let value = only(name, request), value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
                throw .members
            }
            fields.append((name, value))
        }
        return fields
    }
}

/// `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`, each once, in any order.
struct AWSAuthorization: Sendable, Hashable {
    var credential = ""
    /// The names of the signed fields.
    var signed: [String] = []
    var signature = ""

    /// The signature, if it is 64 hexadecimal digits in small letters.
    var lowercaseSignature: String? {
        signature.utf8.count == 64 && signature.utf8.allSatisfy(Self.isLowercaseHexadecimal) ? signature : nil
    }

    static func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// Takes a value apart; `nil` for anything else.
    init?(_ value: String) {
        let scheme = "AWS4-HMAC-SHA256 "
        guard value.utf8.count <= 8192, value.utf8.starts(with: scheme.utf8) else { return nil }
        let parts = value.dropFirst(scheme.count).split(separator: ",").map { $0.drop { $0 == " " } }
        guard parts.count == 3 else { return nil }
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else { return nil }
            switch pair[0] {
            case "Credential" where credential.isEmpty: credential = pair[1]
            case "SignedHeaders" where signed.isEmpty:
                signed = pair[1].split(separator: ";", omittingEmptySubsequences: false).map(String.init)
            case "Signature" where signature.isEmpty: signature = pair[1]
            default: return nil
            }
        }
    }
}
