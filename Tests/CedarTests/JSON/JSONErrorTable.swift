// SPDX-License-Identifier: Apache-2.0

/// JSON texts that are wrong, and what is to be said of them.
enum JSONErrorTable {
    /// One error each: the text, and line, column and words of the finding.
    static let single: [(String, String)] = [
        ("", "1:1: the text ends too early; expected a value"),
        (" \n ", "2:2: the text ends too early; expected a value"),
        ("[1", "1:3: the text ends too early; expected `]` for the `[` in line 1, column 1"),
        ("[\n {\"a\": [", "2:9: the text ends too early; expected `]` for the `[` in line 2, column 8"),
        ("{\"a\":1", "1:7: the text ends too early; expected `}` for the `{` in line 1, column 1"),
        ("{\"a\"", "1:5: the text ends too early; expected `}` for the `{` in line 1, column 1"),
        ("{\"a\":", "1:6: the text ends too early; expected `}` for the `{` in line 1, column 1"),
        ("[1,]", "1:4: unexpected `]`; expected a value"),
        ("{\"a\":1,}", "1:8: unexpected `}`; expected a member name in quotes"),
        ("[,1]", "1:2: unexpected `,`; expected a value"),
        ("[1,,2]", "1:4: unexpected `,`; expected a value"),
        ("[1 2]", "1:4: unexpected `2`; expected `,` or `]`"),
        ("[1; 2]", "1:3: unexpected `;`; expected `,` or `]`"),
        ("{\"a\":1 \"b\":2}", "1:8: unexpected `\"`; expected `,` or `}`"),
        ("{\"a\" 1}", "1:6: unexpected `1`; expected `:`"),
        ("{\"a\"}", "1:5: unexpected `}`; expected `:`"),
        ("{\"a\", \"b\": 1}", "1:5: unexpected `,`; expected `:`"),
        ("{\"a\":}", "1:6: unexpected `}`; expected a value"),
        ("{\"a\":, \"b\":1}", "1:6: unexpected `,`; expected a value"),
        ("{\"a\"::1}", "1:6: unexpected `:`; expected a value"),
        ("{a:1}", "1:2: unexpected `a`; expected a member name in quotes"),
        ("{'a': 1, \"b\": 2}", "1:2: unexpected `'a'`; expected a member name in quotes"),
        ("{1: [2], \"b\": 2}", "1:2: unexpected `1`; expected a member name in quotes"),
        ("{{\"a\":1}, \"b\":1}", "1:2: unexpected `{`; expected a member name in quotes"),
        ("{:1}", "1:2: unexpected `:`; expected a member name in quotes"),
        ("['a', 1]", "1:2: unexpected `'a'`; expected a value"),
        ("[tru, 1]", "1:2: unexpected `tru`; expected a value"),
        ("[True, 1]", "1:2: unexpected `True`; expected a value"),
        ("[nullx, 1]", "1:2: unexpected `nullx`; expected a value"),
        ("NaN", "1:1: unexpected `NaN`; expected a value"),
        ("permit(principal, action, resource);", "1:1: unexpected `permit(principal`; expected a value"),
        ("[01]", "1:2: `01` is no number that JSON knows; expected one such as `10` or `-3`"),
        ("-", "1:1: `-` is no number that JSON knows; expected one such as `10` or `-3`"),
        ("[1., 2]", "1:2: `1.` is no number that JSON knows; expected one such as `10` or `-3`"),
        ("[1e, 2]", "1:2: `1e` is no number that JSON knows; expected one such as `10` or `-3`"),
        ("[1_000, 2]", "1:2: `1_000` is no number that JSON knows; expected one such as `10` or `-3`"),
        ("[-Infinity]", "1:2: `-Infinity` is no number that JSON knows; expected one such as `10` or `-3`"),
        ("[+1, 2]", "1:2: unexpected `+1`; expected a value"),
        ("[.5, 2]", "1:2: unexpected `.5`; expected a value"),
        ("\"abc", "1:1: the string has no end; expected `\"`"),
        ("\"abc\\", "1:1: the string has no end; expected `\"`"),
        ("[\"abc\n, 1]", "1:6: the string does not end on its line; expected `\"`, or `\\n` for a line break"),
        ("[\"abc,\n 1]", "1:7: the string does not end on its line; expected `\"`, or `\\n` for a line break"),
        ("{\"a: 1,\n \"b\": 2}", "1:8: the string does not end on its line; expected `\"`, or `\\n` for a line break"),
        ("\"a\u{1}b\"", "1:3: control character inside a string; expected an escape such as `\\u0001`"),
        ("\"a\tb\"", "1:3: control character inside a string; expected an escape such as `\\u0009`"),
        ("\"\\x\"", "1:2: no escape that JSON knows; expected one such as `\\n`, `\\\"`, `\\\\` or `\\u00e9`"),
        (
            "\"\\u12\"",
            "1:2: no escape that JSON knows; expected `\\u` and four hexadecimal digits, beyond `\\uFFFF` a pair of surrogates"
        ),
        (
            "\"\\ud800\"",
            "1:2: no escape that JSON knows; expected `\\u` and four hexadecimal digits, beyond `\\uFFFF` a pair of surrogates"
        ),
        (
            "\"\\udc00\"",
            "1:2: no escape that JSON knows; expected `\\u` and four hexadecimal digits, beyond `\\uFFFF` a pair of surrogates"
        ),
        (
            "\"\\ud800\\u0041\"",
            "1:2: no escape that JSON knows; expected `\\u` and four hexadecimal digits, beyond `\\uFFFF` a pair of surrogates"
        ),
        ("1 2", "1:3: something follows the value"),
        ("{}{}", "1:3: something follows the value"),
        ("[1]]", "1:4: something follows the value"),
        ("\u{FEFF}1", "1:1: a byte order mark in front of the text; expected none"),
        ("/**/1", "1:1: a comment, which JSON does not have"),
        ("[1, // two, {\n 2]", "1:5: a comment, which JSON does not have"),
        ("[1 /* ], */ , 2]", "1:4: a comment, which JSON does not have"),
        ("[{\"a\":1,\"b\":2,\"a\":3}]", "1:15: member name `a` stands twice in one object"),
        ("{\"a\": [1, 2}", "1:12: unexpected `}`; expected `,` or `]`"),
        ("[{\"a\": 1]", "1:9: unexpected `]`; expected `,` or `}`"),
    ]

    /// Several errors each.
    static let several: [(String, [String])] = [
        (
            "{\"a\": [1, 2}, \"b\": [3}, \"c\": x}",
            [
                "1:12: unexpected `}`; expected `,` or `]`", "1:22: unexpected `}`; expected `,` or `]`",
                "1:30: unexpected `x`; expected a value",
            ]
        ),
        (
            "[1 2, tru, 03, \"\\x\\y\", , {\"a\" 1, b: 2, \"a\": 3,}]",
            [
                "1:4: unexpected `2`; expected `,` or `]`", "1:7: unexpected `tru`; expected a value",
                "1:12: `03` is no number that JSON knows; expected one such as `10` or `-3`",
                "1:17: no escape that JSON knows; expected one such as `\\n`, `\\\"`, `\\\\` or `\\u00e9`",
                "1:19: no escape that JSON knows; expected one such as `\\n`, `\\\"`, `\\\\` or `\\u00e9`",
                "1:24: unexpected `,`; expected a value", "1:31: unexpected `1`; expected `:`",
                "1:34: unexpected `b`; expected a member name in quotes",
                "1:40: member name `a` stands twice in one object",
                "1:47: unexpected `}`; expected a member name in quotes",
            ]
        ),
        (
            """
            {
              "effect": "permit"
              "principal": {"op": 'All'},
              // everything
              "action": {"op": "All",},
              "resource: {"op": "All"},
              "conditions": [{"kind": "when", "body": {"Value": 01}}
            """,
            [
                "3:3: unexpected `\"`; expected `,` or `}`", "3:23: unexpected `'All'`; expected a value",
                "4:3: a comment, which JSON does not have",
                "5:26: unexpected `}`; expected a member name in quotes",
                "6:16: unexpected `op`; expected `:`", "6:22: unexpected `All`; expected `:`",
                "6:28: the string does not end on its line; expected `\"`, or `\\n` for a line break",
                "7:53: `01` is no number that JSON knows; expected one such as `10` or `-3`",
                "7:57: the text ends too early; expected `]` for the `[` in line 7, column 17",
            ]
        ),
        (
            "{\"a\": [{\"b\": [1, {\"c\": 2]}], \"d\": x}",
            [
                "1:25: unexpected `]`; expected `,` or `}`", "1:35: unexpected `x`; expected a value",
            ]
        ),
        (
            "[\"a\u{1}\u{2}\", }",
            [
                "1:4: control character inside a string; expected an escape such as `\\u0001`",
                "1:5: control character inside a string; expected an escape such as `\\u0002`",
                "1:9: unexpected `}`; expected a value",
                "1:10: the text ends too early; expected `]` for the `[` in line 1, column 1",
            ]
        ),
        ("/*", ["1:1: a comment, which JSON does not have", "1:3: the text ends too early; expected a value"]),
    ]
}
