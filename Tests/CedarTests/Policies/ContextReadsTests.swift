// SPDX-License-Identifier: Apache-2.0

import Cedar
import Testing

@Suite("What policies read of the context")
struct ContextReadsTests {
    private func reads(_ condition: String) throws -> ContextReads {
        try PolicySet.parse("permit(principal, action, resource) when { \(condition) };", file: "t.cedar").get()
            .contextReads
    }

    @Test("an attribute counts with what it is a part of and what it is made of, and nothing beside it")
    func attributes() throws {
        let reads = try reads("context.request.ip.isLoopback() && context has token.sub")
        #expect(reads.include("request", "ip") && reads.include("request") && reads.include("request", "ip", "x"))
        #expect(reads.include("token", "sub") && reads.include("token"))
        #expect(!reads.include("request", "path") && !reads.include("gateway") && !reads.include("token", "aud"))
    }

    @Test("a context that is compared, chosen or put into a set as a whole is read whole")
    func whole() throws {
        for condition in [
            "context == {a: 1}", "(if principal == resource then context else context).a == 1", "[context].isEmpty()",
            "{a: context} == {a: 1}",
        ] {
            #expect(try reads(condition).include("gateway", "name"), "\(condition)")
        }
        let part = try reads("context.request == {method: \"GET\"}")
        #expect(part.include("request", "path") && !part.include("gateway"))
    }

    @Test("policies that look at entities alone read nothing")
    func nothing() throws {
        #expect(try !reads("principal.scopes.contains(\"a\") && resource has path").include("request"))
        #expect(
            try PolicySet.parse("permit(principal, action, resource);", file: "").get().contextReads.include() == false)
    }

    @Test("templates count: they may be linked later")
    func templates() throws {
        let text = "permit(principal == ?principal, action, resource) when { context.now > datetime(\"2026-01-01\") };"
        #expect(try PolicySet.parse(text, file: "").get().contextReads.include("now"))
    }
}
