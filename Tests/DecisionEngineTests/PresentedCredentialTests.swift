// SPDX-License-Identifier: Apache-2.0

import Callout
import DecisionEngine
import Fields
import Testing

@Suite("Where a credential may stand")
struct PresentedCredentialTests {
    private func find(
        _ sources: [CredentialSource], headers: [(String, String)] = [], query: String = "", handed: String? = nil
    ) throws(Fault) -> Credential? {
        let gateway = GatewayIdentity(name: "", peer: "", authentication: .none, mayForward: false)
        var callout = CalloutRequest(dialect: .apigee, gateway: gateway)
        for (name, value) in headers { callout.headers.append(name, value) }
        callout.query = query
        callout.credential = handed
        return try PresentedCredential.find(in: callout, sources: sources)
    }

    @Test("Authorization in any spelling, a header, a query parameter, a cookie, a flow variable")
    func places() throws {
        #expect(try find([.authorization], headers: [("AUTHORIZATION", "bEaReR abc.def")]) == .bearer("abc.def"))
        #expect(try find([.header("x-token")], headers: [("X-Token", "abc")]) == .bearer("abc"))
        #expect(try find([.query("t")], query: "a=1&t=abc&b") == .bearer("abc"))
        #expect(try find([.cookie("s")], headers: [("Cookie", "a=1; s=abc; s2=x")]) == .bearer("abc"))
        #expect(try find([.authorization], headers: [("authorization", "Basic YTpi")]) == .basic("YTpi"))
        #expect(try find([.authorization], handed: "Bearer abc") == .bearer("abc"))
        #expect(try find([.authorization], headers: [("authorization", "dpop abc")]) == .proven("abc"))
        #expect(try find([.authorization], handed: "DPoP abc") == .proven("abc"))
        let signature = "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00"
        #expect(try find([.authorization], headers: [("authorization", signature)]) == .awsRequest)
        #expect(try find([.authorization, .query("t")], query: "t=abc") == .bearer("abc"))
        #expect(try find([.authorization]) == nil)
    }

    @Test("credentials in two places: the declared order decides, and without one both are refused")
    func severalPlaces() throws {
        let gateway = GatewayIdentity(name: "", peer: "", authentication: .none, mayForward: false)
        var callout = CalloutRequest(dialect: .apigee, gateway: gateway)
        callout.headers.append("authorization", "Bearer abc")
        callout.query = "t=def"
        let both: [CredentialSource] = [.query("t"), .authorization]
        #expect(try PresentedCredential.find(in: callout, sources: both) == .bearer("def"))
        #expect(throws: Fault(.tokenMalformed)) {
            try PresentedCredential.find(in: callout, sources: both, onlyOne: true)
        }
        callout.query = ""
        #expect(try PresentedCredential.find(in: callout, sources: both, onlyOne: true) == .bearer("abc"))
    }

    @Test("two credentials in one place, or something that is no bearer token, is refused and never passed over")
    func refusals() {
        let cases: [([CredentialSource], [(String, String)], String)] = [
            ([.authorization], [("authorization", "Bearer a"), ("Authorization", "Bearer b")], ""),
            ([.authorization, .query("t")], [("authorization", "Digest YTpi")], "t=abc"),
            ([.authorization], [("authorization", "Bearer a b")], ""),
            ([.authorization], [("authorization", "Bearer ")], ""),
            ([.query("t")], [], "t=a&t=b"),
            ([.cookie("s")], [("cookie", "s=a"), ("cookie", "s=b")], ""),
            ([.header("x")], [("x", "a\"b")], ""),
        ]
        for (sources, headers, query) in cases {
            #expect(throws: Fault(.tokenMalformed)) { try find(sources, headers: headers, query: query) }
        }
    }
}
