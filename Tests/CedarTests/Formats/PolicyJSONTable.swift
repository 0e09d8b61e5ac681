// SPDX-License-Identifier: Apache-2.0

/// Pieces of policy JSON by what becomes of them; the outcomes were confirmed with the reference implementation.
enum PolicyJSONTable {
    /// Conditions' bodies, with the text that each is the same as.
    static let expressions: [(json: String, text: String)] = [
        (#"{"Var":"principal"}"#, "principal"),
        (#"{"Value":true}"#, "true"),
        (#"{"Value":-9223372036854775808}"#, "-9223372036854775808"),
        (#"{"Value":"e\u0301\n"}"#, #""e\u{301}\n""#),
        (#"{"Value":[]}"#, "[]"),
        (#"{"Value":{}}"#, "{}"),
        (#"{"Value":[1,{"a":true,"if":"x"}]}"#, #"[1, {a: true, "if": "x"}]"#),
        (#"{"Value":{"__entity":{"type":"A","id":"x","z":2}}}"#, #"A::"x""#),
        (#"{"Value":{"a":[{"b":{"__entity":{"type":"A::B","id":"x"}}}]}}"#, #"{a: [{b: A::B::"x"}]}"#),
        (#"{"Value":{"__entity":{"type":"A","id":"x"},"b":1}}"#, #"{"__entity": {id: "x", type: "A"}, b: 1}"#),
        (#"{"Value":{"__entity":{"type":"A"}}}"#, #"{"__entity": {type: "A"}}"#),
        (#"{"Value":{"__entity":"A"}}"#, #"{"__entity": "A"}"#),
        (#"{"Value":{"__extn":{"fn":"ip","arg":"x","z":1}}}"#, #"ip("x")"#),
        (#"{"Value":{"__extn":{"fn":"ip","args":["x","y"]}}}"#, #"ip("x", "y")"#),
        (#"{"Value":{"__extn":{"fn":"ip","arg":"x","args":["y"]}}}"#, #"ip("x")"#),
        (#"{"Value":{"__extn":{"fn":"ip","arg":"x","args":null,"z":{"a":null}}}}"#, #"ip("x")"#),
        (#"{"Value":{"__extn":{"fn":"ip"}}}"#, #"{"__extn": {fn: "ip"}}"#),
        (#"{"Value":{"__extn":{"fn":1,"arg":1}}}"#, #"{"__extn": {arg: 1, fn: 1}}"#),
        (
            #"{"Value":{"__extn":{"fn":"isLoopback","arg":{"__extn":{"fn":"ip","arg":"::1"}}}}}"#,
            #"ip("::1").isLoopback()"#
        ),
        (#"{"Value":{"__extn":{"fn":"A::ip","arg":"x"}}}"#, #"unknown("x")"#),
        (#"{"Value":{"__expr":1}}"#, #"{"__expr": 1}"#),
        (#"{"Value":{"__expr":"a","b":1}}"#, #"{"__expr": "a", b: 1}"#),
        (#"{"!":{"arg":{"Value":true}}}"#, "!true"),
        (#"{"neg":{"arg":{"Value":5}}}"#, "-(5)"),
        (#"{"neg":{"arg":{"neg":{"arg":{"Value":-5}}}}}"#, "-(-(-5))"),
        (#"{"isEmpty":{"arg":{"Value":true}}}"#, "true.isEmpty()"),
        (#"{"contains":{"right":{"Value":1},"left":{"Value":true}}}"#, "true.contains(1)"),
        (#"{"getTag":{"left":{"Var":"context"},"right":{"Value":1}}}"#, "context.getTag(1)"),
        (#"{"!=":{"left":{"Value":2},"right":{"Value":1}}}"#, "2 != 1"),
        (#"{">=":{"left":{"Value":2},"right":{"Value":1}}}"#, "2 >= 1"),
        (#"{"in":{"left":{"Value":2},"right":{"Set":[{"Var":"action"}]}}}"#, "2 in [action]"),
        (#"{"==":{"left":{"==":{"left":{"Value":1},"right":{"Value":2}}},"right":{"Value":2}}}"#, "(1 == 2) == 2"),
        (#"{"-":{"left":{"Value":1},"right":{"-":{"left":{"Value":2},"right":{"Value":3}}}}}"#, "1 - (2 - 3)"),
        (#"{"-":{"left":{"-":{"left":{"Value":1},"right":{"Value":2}}},"right":{"Value":3}}}"#, "1 - 2 - 3"),
        (#"{"*":{"left":{"+":{"left":{"Value":1},"right":{"Value":2}}},"right":{"Value":-3}}}"#, "(1 + 2) * -3"),
        (#"{"&&":{"left":{"Value":true},"right":{"Value":false}}}"#, "false"),
        (#"{"||":{"left":{"Var":"context"},"right":{"Value":true}}}"#, "context || true"),
        (
            #"{"&&":{"left":{"&&":{"left":{"Var":"action"},"right":{"Var":"context"}}},"right":{"Value":true}}}"#,
            "action && context && true"
        ),
        (
            #"{"&&":{"left":{"Var":"action"},"right":{"&&":{"left":{"Var":"context"},"right":{"Value":true}}}}}"#,
            "action && (context && true)"
        ),
        (#"{".":{"left":{"Value":-5},"attr":"if"}}"#, #"(-5)["if"]"#),
        (#"{".":{"left":{"Value":5},"attr":"a"}}"#, "5.a"),
        (#"{"has":{"left":{"Value":1},"attr":"a.b"}}"#, #"1 has "a.b""#),
        (#"{"has":{"left":{"Value":1},"attr":["a","b"]}}"#, "1 has a.b"),
        (#"{"has":{"left":{"Value":1},"attr":"a","right":1.5}}"#, "1 has a"),
        (#"{"has":{"left":{"Value":1},"attr":["if"]}}"#, #"1 has "if""#),
        (#"{"has":{"left":{"Value":1},"attr":["a","b c"]}}"#, #"1 has a && 1.a has "b c""#),
        (#"{"like":{"left":{"Value":"x"},"pattern":["Wildcard",{"Literal":"a*b\n"}]}}"#, #""x" like "*a\*b\n""#),
        (#"{"like":{"left":{"Value":"x"},"pattern":[{"Literal":""},{"Wildcard":null}]}}"#, #""x" like "*""#),
        (#"{"like":{"left":{"Value":"x"},"pattern":[]}}"#, #""x" like """#),
        (#"{"is":{"left":{"Value":1},"entity_type":"A::B"}}"#, "1 is A::B"),
        (#"{"is":{"left":{"Value":1},"entity_type":"A","in":null}}"#, "1 is A"),
        (#"{"is":{"left":{"Value":1},"entity_type":"A","in":{"Value":2}}}"#, "1 is A in 2"),
        (
            #"{"if-then-else":{"if":{"Value":true},"then":{"Value":1},"else":{"Value":2}}}"#,
            "if true then 1 else 2"
        ),
        (#"{"Set":[{"Value":true},{"Var":"context"}]}"#, "[true, context]"),
        (#"{"Record":{"b":{"Value":1},"a b":{"Value":2}}}"#, #"{"a b": 2, b: 1}"#),
        (#"{"ip":[]}"#, "ip()"),
        (#"{"ip":[{"Value":true},{"Value":true}]}"#, "ip(true, true)"),
        (#"{"isInRange":[{"Value":1}]}"#, "1.isInRange()"),
        (#"{"offset":[{"Value":1},{"Value":2},{"Value":3}]}"#, "1.offset(2, 3)"),
        (#"{"unknown":[{"Value":"x"}]}"#, #"unknown("x")"#),
    ]

    static let refusedExpressions = [
        "{}", "[]", "1", #""principal""#, #"{"Value":1,"Var":"principal"}"#, #"{"nope":[]}"#, #"{"A::ip":[]}"#,
        #"{"ipx":[]}"#, #"{"Unknown":[{"Value":"x"}]}"#, #"{"Slot":"?principal"}"#, #"{"Slot":"?foo"}"#,
        #"{"Var":"x"}"#, #"{"Var":1}"#, #"{"Value":null}"#, #"{"Value":[null]}"#, #"{"Value":{"a":null}}"#,
        #"{"Value":1.0}"#, #"{"Value":1e0}"#, #"{"Value":-0}"#, #"{"Value":9223372036854775808}"#,
        #"{"Value":{"a":1,"a":2}}"#, #"{"Value":1,"Value":1}"#, #"{"Value":{"__expr":"1"}}"#,
        #"{"Value":{"__entity":{"type":"A b","id":"x"}}}"#, #"{"Value":{"__entity":{"type":"if","id":"x"}}}"#,
        #"{"Value":{"__extn":{"fn":"ip","arg":null}}}"#, #"{"Value":{"__extn":{"fn":"a b","arg":1}}}"#,
        #"{"Value":{"__extn":{"fn":"if","arg":1}}}"#, #"{"Value":{"__extn":{"fn":"__cedar","arg":1}}}"#,
        #"{"Value":{"__entity":{"type":"A","id":"x","z":1.5}}}"#,
        #"{"Value":{"__extn":{"fn":"ip","arg":"x","args":[9223372036854775808]}}}"#,
        #"{"!":{"Value":true}}"#, #"{"!":[{"Value":true}]}"#, #"{"!":{"arg":{"Value":true},"x":1}}"#,
        #"{"isEmpty":{"left":{"Value":1}}}"#, #"{"isEmpty":[{"Value":1}]}"#, #"{"contains":[{"Value":1},{"Value":1}]}"#,
        #"{"contains":{"left":{"Value":1}}}"#, #"{"==":{"left":{"Value":1},"right":{"Value":1},"x":2}}"#,
        #"{"&&":{"left":{"Value":1},"right":{"Value":1},"x":2}}"#, #"{"&&":{"left":{"Value":1}}}"#,
        #"{"&&":{"left":{"&&":{"left":{"Value":1}}},"right":{"Value":1}}}"#, #"{"+":[{"Value":1},{"Value":1}]}"#,
        #"{".":{"left":{"Value":1},"attr":["a"]}}"#, #"{".":{"left":{"Value":1},"attr":"a","x":1}}"#,
        #"{"has":{"left":{"Value":1},"attr":[]}}"#, #"{"has":{"left":{"Value":1},"attr":["a",1]}}"#,
        #"{"has":{"left":{"Value":1}}}"#, #"{"like":{"left":{"Value":"x"},"pattern":"a*"}}"#,
        #"{"like":{"left":{"Value":"x"},"pattern":["wildcard"]}}"#,
        #"{"like":{"left":{"Value":"x"},"pattern":[{"Literal":"a","x":1}]}}"#,
        #"{"like":{"left":{"Value":"x"},"pattern":["Wildcard"],"x":1}}"#,
        #"{"is":{"left":{"Value":1},"entity_type":"A","x":1}}"#, #"{"is":{"left":{"Value":1},"entity_type":"A :: B"}}"#,
        #"{"is":{"left":{"Value":1},"entity_type":"if"}}"#, #"{"is":{"left":{"Value":1}}}"#,
        #"{"if-then-else":{"if":{"Value":true},"then":{"Value":true}}}"#,
        #"{"if-then-else":{"if":{"Value":1},"then":{"Value":1},"else":{"Value":1},"x":1}}"#,
        #"{"Set":{}}"#, #"{"Record":[]}"#, #"{"Record":{"a":{"Value":1},"a":{"Value":1}}}"#,
        #"{"ip":{"arg":{"Value":1}}}"#, #"{"ip":{"Value":1}}"#, #"{"containsany":[]}"#,
    ]

    /// Principal constraints, with their text.
    static let constraints: [(json: String, text: String)] = [
        (#"{"op":"All"}"#, "principal"),
        (#"{"op":"all"}"#, "principal"),
        (#"{"op":"All","entity":1,"x":1}"#, "principal"),
        (#"{"op":"==","entity":{"type":"A","id":"x","z":1}}"#, #"principal == A::"x""#),
        (#"{"op":"==","entity":{"__entity":{"type":"A","id":"x"}}}"#, #"principal == A::"x""#),
        (#"{"op":"==","entity":{"type":"A","id":"x"},"slot":"?principal","x":1}"#, #"principal == A::"x""#),
        (#"{"op":"in","entity":{"type":"A::B","id":""}}"#, #"principal in A::B::"""#),
        (#"{"op":"is","entity_type":"A"}"#, "principal is A"),
        (#"{"op":"is","entity_type":"A","in":null}"#, "principal is A"),
        (
            #"{"op":"is","entity_type":"A","in":{"entity":{"type":"A","id":"x"},"op":"in"}}"#,
            #"principal is A in A::"x""#
        ),
    ]

    static let refusedConstraints = [
        "{}", "null", #""All""#, #"{"op":"ALL"}"#, #"{"op":"=="}"#, #"{"op":"==","entity":"A::\"x\""}"#,
        #"{"op":"==","slot":"?principal"}"#, #"{"op":"==","slot":"?resource"}"#, #"{"op":"==","slot":"?foo"}"#,
        #"{"op":"in","entities":[{"type":"A","id":"x"}]}"#, #"{"op":"is","entity_type":"A","x":1}"#,
        #"{"op":"is","entity_type":"if"}"#, #"{"op":"is","entity_type":"A ::B"}"#, #"{"op":"is"}"#,
        #"{"op":"==","entity":{"type":"__cedar::A","id":"x"}}"#, #"{"op":"is","entity_type":"A","in":{}}"#,
        #"{"op":"is","entity_type":"A","entity":{"type":"A","id":"x"}}"#, #"{"op":"<","entity":{"type":"A","id":"x"}}"#,
    ]

    static let actions: [(json: String, text: String)] = [
        (#"{"op":"All"}"#, "action"),
        (#"{"op":"==","entity":{"type":"Action","id":"x"}}"#, #"action == Action::"x""#),
        (#"{"op":"in","entity":{"type":"NS::Action","id":"x"}}"#, #"action in NS::Action::"x""#),
        (#"{"op":"in","entities":[]}"#, "action in []"),
        (
            #"{"op":"in","entities":[{"type":"Action","id":"x"},{"__entity":{"type":"Action","id":"y"}}],"x":1}"#,
            #"action in [Action::"x", Action::"y"]"#
        ),
        (#"{"op":"in","entities":[],"entity":{"type":"Action","id":"x"}}"#, #"action in Action::"x""#),
    ]

    static let refusedActions = [
        #"{"op":"==","entity":{"type":"A","id":"x"}}"#, #"{"op":"in","entities":[{"type":"A","id":"x"}]}"#,
        #"{"op":"==","entities":[{"type":"Action","id":"x"}]}"#, #"{"op":"==","slot":"?principal"}"#,
        #"{"op":"in","slot":"?resource"}"#, #"{"op":"is","entity_type":"Action"}"#, #"{"op":"in"}"#,
        #"{"op":"in","entities":{"type":"Action","id":"x"}}"#, #"{"op":"==","entity":{"type":"Action::A","id":"x"}}"#,
    ]

    /// Whole sets; `STATIC` is a policy without slots, `TEMPLATE` one with `?principal`.
    static let sets = [
        #"{"staticPolicies":{},"templates":{},"templateLinks":[]}"#,
        #"{"templateLinks":[],"templates":{"":TEMPLATE},"staticPolicies":{"a b":STATIC,"é":STATIC,"e\u0301":STATIC}}"#,
        #"{"staticPolicies":{},"templates":{"t":TEMPLATE},"templateLinks":[{"templateId":"t","newId":"","values":{"?principal":{"type":"A","id":"x"}}},{"templateId":"t","newId":"m","values":{"?principal":{"__entity":{"type":"A","id":"x"}}}}]}"#,
        #"{"staticPolicies":{},"templates":{"t":STATIC},"templateLinks":[{"templateId":"t","newId":"l","values":{}}]}"#,
    ]

    static let refusedSets = [
        "", "null", "[]", "{}", "STATIC", #"{"staticPolicies":{},"templates":{}}"#,
        #"{"staticPolicies":{},"templateLinks":[]}"#, #"{"templates":{},"templateLinks":[]}"#,
        #"{"staticPolicies":{},"templates":{},"templateLinks":null}"#,
        #"{"staticPolicies":[],"templates":{},"templateLinks":[]}"#,
        #"{"staticPolicies":{},"templates":{},"templateLinks":{}}"#,
        #"{"staticPolicies":{},"templates":{},"templateLinks":[],"x":1}"#,
        #"{"staticPolicies":{"a":STATIC,"a":STATIC},"templates":{},"templateLinks":[]}"#,
        #"{"staticPolicies":{"a":STATIC},"templates":{"a":TEMPLATE},"templateLinks":[]}"#,
        #"{"staticPolicies":{"a":TEMPLATE},"templates":{},"templateLinks":[]}"#,
        #"{"staticPolicies":{"a":STATIC},"templates":{},"templateLinks":[{"templateId":"a","newId":"b","values":{}}]}"#,
    ]

    /// Links to a template `t` with `?principal`, beside a static policy `a`.
    static let refusedLinks = [
        #"{"templateId":"t","newId":"t","values":{"?principal":{"type":"A","id":"x"}}}"#,
        #"{"templateId":"t","newId":"a","values":{"?principal":{"type":"A","id":"x"}}}"#,
        #"{"templateId":"t","newId":"b","values":{}}"#,
        #"{"templateId":"t","newId":"b","values":{"?resource":{"type":"A","id":"x"}}}"#,
        #"{"templateId":"t","newId":"b","values":{"?principal":{"type":"A","id":"x"},"?resource":{"type":"A","id":"x"}}}"#,
        #"{"templateId":"q","newId":"b","values":{"?principal":{"type":"A","id":"x"}}}"#,
        #"{"templateId":"t","newId":"b","values":{"?principal":"A"}}"#,
        #"{"templateId":"t","newId":"b","values":{"?x":{"type":"A","id":"x"}}}"#,
        #"{"templateId":"t","newId":"b","values":{"?principal":{"type":"A","id":"x"}},"x":1}"#,
        #"{"templateId":"t","values":{"?principal":{"type":"A","id":"x"}}}"#,
        #"{"templateId":1,"newId":"b","values":{"?principal":{"type":"A","id":"x"}}}"#,
    ]

    /// Fields beside the usual ones of a policy, or in their place, each making the policy unusable.
    static let refusedFields: [(field: String, json: String)] = [
        ("effect", #""Permit""#), ("effect", "1"), ("conditions", "{}"), ("conditions", "null"),
        ("conditions", "[1]"), ("conditions", #"[{"kind":"When","body":{"Value":true}}]"#),
        ("conditions", #"[{"kind":"when","body":{"Value":true},"x":1}]"#), ("conditions", #"[{"kind":"when"}]"#),
        ("annotations", "null"), ("annotations", "[]"), ("annotations", #"{"a b":"x"}"#),
        ("annotations", #"{"a":1}"#), ("annotations", #"{"a":"x","a":"y"}"#), ("annotations", #"{"":"x"}"#),
        ("x", "1"), ("Effect", #""permit""#),
    ]
}
