// SPDX-License-Identifier: Apache-2.0

import DecisionEngine
import Testing

@Suite("Canonical paths: what an upstream might read differently is refused")
struct CanonicalPathTests {
    @Test(
        "reads plain paths, undoing percent-encoding once",
        arguments: [
            ("/", [""]), ("", [""]), ("/v1/orders", ["v1", "orders"]), ("/v1/orders/", ["v1", "orders", ""]),
            ("/a%20b", ["a b"]), ("/%41", ["A"]), ("/%252f", ["%2f"]), ("/caf%C3%A9", ["café"]), ("/café", ["café"]),
            ("/a.b/..c/...", ["a.b", "..c", "..."]), ("/%3b", [";"]),
        ] as [(String, [String])]
    )
    func reads(path: String, segments: [String]) throws {
        #expect(try CanonicalPath(path).segments == segments)
    }

    @Test(
        "refuses",
        arguments: [
            "v1", "//", "/a//b", "/./a", "/a/..", "/a/%2e%2e/b", "/%2E", "/.%2e", "/a;v=1", "/a\\b", "/a%5cb", "/a%2fb",
            "/a%00", "/a\u{0}", "/a%0d%0a", "/a\n", "/%", "/%4", "/%zz", "/%ff", "/%C3", "/a#b", "/a b", "/a\u{7F}",
            "/" + String(repeating: "x", count: 8192),
        ]
    )
    func refuses(path: String) {
        #expect(throws: CanonicalPath.Ambiguity.self) { try CanonicalPath(path) }
    }

    @Test(
        "hosts lose port, final dot and capitals",
        arguments: [
            ("API.example.TEST:8443", "api.example.test"), ("a.test.", "a.test"), ("[::1]:80", "[::1]"),
            ("10.0.0.1", "10.0.0.1"), ("user@a.test", nil), ("a.test/x", nil), ("", nil), ("a:b", nil), ("a b", nil),
        ] as [(String, String?)]
    )
    func hosts(text: String, expected: String?) {
        #expect(CanonicalHost.read(text) == expected)
    }
}
