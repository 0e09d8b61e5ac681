// SPDX-License-Identifier: Apache-2.0
import Foundation
import StrictJSON
import Testing

@testable import Identity

@Suite("AWS Signature Version 4: known answers of botocore")
struct AWSSignerTests {
    /// One case of sigv4.json.
    struct Case: Sendable, CustomTestStringConvertible {
        let fields: JSONObject
        var testDescription: String { fields["id"]?.stringValue ?? "?" }

        func text(_ name: String) throws -> String { try #require(fields[name]?.stringValue, "\(name)") }

        var request: AWSSigner.Request {
            get throws {
                let headers = (fields["headers"]?.arrayValue ?? []).compactMap(\.arrayValue).map {
                    (name: $0[0].stringValue ?? "", value: $0[1].stringValue ?? "")
                }
                let body = try #require(Data(base64Encoded: try text("body_b64")))
                return AWSSigner.Request(try text("method"), try text("url"), headers: headers, body: Array(body))
            }
        }

        var credentials: AWSCredentials {
            get throws {
                AWSCredentials(
                    accessKeyID: try text("access_key_id"),
                    secretAccessKey: Secret(try text("secret_access_key").utf8),
                    sessionToken: fields["session_token"]?.stringValue.map { Secret($0.utf8) })
            }
        }

        var signer: AWSSigner { get throws { AWSSigner(region: try text("region"), service: try text("service")) } }
    }

    static let cases: [Case] = {
        let limits = JSONLimits(maximumBytes: 1 << 20, maximumDepth: 16)
        let file = (try? Vectors.bytes("sigv4")).flatMap { try? JSONValue.parse($0, limits: limits) }
        return (file?.objectValue?["cases"]?.arrayValue ?? []).compactMap(\.objectValue).map(Case.init)
    }()

    @Test("there are as many cases as the file says")
    func count() { #expect(Self.cases.count == 215) }

    @Test("signs in header fields", arguments: cases.filter { $0.fields["mode"] == "header" })
    func header(_ item: Case) throws {
        let now = try #require(AWSTimestamp(try item.text("amz_date")))
        let (request, credentials, signer) = (try item.request, try item.credentials, try item.signer)
        let (signature, canonical, _) = try signer.signed(request, credentials, now)
        #expect(canonical.text == (try item.text("canonical_request")))
        #expect(signer.stringToSign(canonical, now) == (try item.text("string_to_sign")))
        #expect(signature == (try item.text("signature")))
        let added = try signer.headers(for: request, credentials: credentials, at: now.seconds)
        #expect(added.last?.value == (try item.text("authorization")))
        let sent = (request.headers + added).map { [JSONValue.string($0.name), .string($0.value)] }
        #expect(JSONValue.array(sent.map(JSONValue.array)) == item.fields["signed_request_headers"])
    }

    @Test("signs in the query of a URL", arguments: cases.filter { $0.fields["mode"] == "query" })
    func query(_ item: Case) throws {
        let now = try #require(AWSTimestamp(try item.text("amz_date")))
        let (request, credentials, signer) = (try item.request, try item.credentials, try item.signer)
        let expires = try #require(item.fields["expires"]?.int64Value)
        let (_, _, canonical) = try signer.presigned(request, credentials, now, expires)
        #expect(canonical.text == (try item.text("canonical_request")))
        #expect(signer.stringToSign(canonical, now) == (try item.text("string_to_sign")))
        let url = try signer.presignedURL(for: request, credentials: credentials, at: now.seconds, expires: expires)
        #expect(url == (try item.text("presigned_url")))
    }

    @Test("refuses to sign control characters and addresses without host")
    func refuses() {
        let credentials = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("secret".utf8))
        let signer = AWSSigner(region: "us-east-1", service: "s3")
        func problem(_ request: AWSSigner.Request) -> AWSSigner.Problem? {
            do throws(AWSSigner.Problem) {
                _ = try signer.headers(for: request, credentials: credentials, at: 0)
                return nil
            } catch { return error }
        }
        let url = "https://b.s3.us-east-1.amazonaws.com/k"
        #expect(problem(.init("PUT", url)) == nil)
        #expect(problem(.init("PUT", url, headers: [("x", "a\r\nb: c")])) == .controlCharacter(in: "header field"))
        #expect(problem(.init("PUT\n", url)) == .controlCharacter(in: "method"))
        #expect(problem(.init("PUT", url + "\n")) == .controlCharacter(in: "URL"))
        for url in ["", "/k", "ftp://h/", "https://", "https:///k", "https://user@h/k"] {
            #expect(problem(.init("PUT", url)) == .url, "\(url)")
        }
    }

    @Test("a payload that is not signed is said to be so, and S3's name for it is sent")
    func unsignedPayload() throws {
        let credentials = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("secret".utf8))
        let signer = AWSSigner(region: "us-east-1", service: "s3", payload: .unsigned)
        let request = AWSSigner.Request("PUT", "https://b.s3.us-east-1.amazonaws.com/k", body: Array("body".utf8))
        let added = try signer.headers(for: request, credentials: credentials, at: 1_773_500_966)
        #expect(added.contains { $0.name == "X-Amz-Content-SHA256" && $0.value == "UNSIGNED-PAYLOAD" })
        let (_, canonical, _) = try signer.signed(request, credentials, AWSTimestamp(1_773_500_966))
        #expect(canonical.text.hasSuffix("\nUNSIGNED-PAYLOAD"))
    }

    @Test("neither key nor session token is shown")
    func redacted() {
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("canary-secret".utf8),
            sessionToken: Secret("canary-token".utf8))
        #expect(!String(reflecting: credentials).contains("canary"))
        var dumped = ""
        dump(credentials, to: &dumped)
        #expect(!dumped.contains("canary"))
    }
}

@Suite("AWS timestamps")
struct AWSTimestampTests {
    @Test(
        "writes and reads the same moment",
        arguments: [
            (0, "19700101T000000Z"), (1_773_500_966, "20260314T150926Z"), (951_782_400, "20000229T000000Z"),
            (4_107_542_399, "21000228T235959Z"), (-1, "19691231T235959Z"), (253_402_300_799, "99991231T235959Z"),
        ] as [(Int64, String)]
    )
    func roundTrip(seconds: Int64, text: String) {
        #expect(AWSTimestamp(seconds).text == text)
        #expect(AWSTimestamp(text)?.seconds == seconds)
    }

    @Test("numbers outside the calendar do not trap")
    func extremes() {
        #expect(AWSTimestamp(.max).text == "99991231T235959Z")
        #expect(AWSTimestamp(.min).text == "00000101T000000Z")
    }

    @Test(
        "reads no other form",
        arguments: [
            "", "20260314T150926", "2026-03-14T15:09:26Z", "20260314t150926z", "20260230T000000Z", "20260314T240000Z",
            "20261301T000000Z", "20260314T150926Z ", "+0260314T150926Z", "2026031\u{664}T15092Z",
        ])
    func refuses(text: String) { #expect(AWSTimestamp(text) == nil) }
}
