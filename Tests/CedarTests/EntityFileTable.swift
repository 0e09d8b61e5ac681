// SPDX-License-Identifier: Apache-2.0

/// Entities files that load and that do not; the outcomes were confirmed with the reference implementation.
enum EntityFileTable {
    static let loading = [
        "[]",
        #"[{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":""},"attrs":{},"parents":[],"zzz":1}]"#,
        #"[{"uid":{"__entity":{"type":"A","id":"a"}},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a","x":1},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"__entity":{"type":"A","id":"a"},"x":1},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":-9223372036854775808},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__entity":{"type":"B","id":"b","z":1}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__entity":{"type":"B"}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__entity":{"type":"B","id":"b"},"k":1}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__extn":{"fn":"ip","arg":"1.1.1.1"}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__extn":{"fn":"ip"}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__extn":{"fn":"ip","args":["1.1.1.1"]}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"1970-01-01"}},{"__extn":{"fn":"duration","arg":"1d"}}]}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__extn":{"fn":"isIpv4","arg":{"__extn":{"fn":"ip","arg":"1.1.1.1"}}}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__expr":1}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__expr":"1","y":1}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[{"type":"A","id":"b"},{"type":"A","id":"c"}]},{"uid":{"type":"A","id":"b"},"attrs":{},"parents":[{"type":"A","id":"c"}]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[]},{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"s":[1,2]},"parents":[]},{"uid":{"type":"A","id":"a"},"attrs":{"s":[2,1,1]},"parents":[]}]"#,
        #"[{"uid":{"type":"N::Action","id":"a"},"attrs":{},"parents":[{"type":"Action","id":"x"}]}]"#,
        #"[{"uid":{"type":"Action::N","id":"a"},"attrs":{},"parents":[{"type":"G","id":"x"}]}]"#,
        #"[{"uid":{"type":"G","id":"a"},"attrs":{},"parents":[{"type":"Action","id":"x"}]}]"#,
        #"[{"uid":{"type":"Action","id":"a"},"attrs":{"x":1},"parents":[],"tags":{"x":1}}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"__entity":1,"if":2,"":3},"parents":[],"tags":{"":{"__extn":{"fn":"decimal","arg":"1.5"}}}}]"#,
        #"[{"uid":{"type":"A","id":"\u00e9"},"attrs":{},"parents":[]},{"uid":{"type":"A","id":"e\u0301"},"attrs":{"x":1},"parents":[]}]"#,
    ]

    static let refused = [
        "{}",
        #"[{"uid":"A::\"a\"","attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"A"},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":1},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"A B","id":"a"},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":" A","id":"a"},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"A :: B","id":"a"},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"if","id":"a"},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"__cedar::A","id":"a"},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"","id":"a"},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{}}]"#,
        #"[{"uid":{"type":"A","id":"a"},"parents":[]}]"#,
        #"[{"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[],"tags":null}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":null,"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":null},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":1.0},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":1e3},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":-0},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":9223372036854775808},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":1,"x":1},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"y":1,"y":2}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__entity":{"type":"if","id":"b"}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__extn":{"fn":"ip","arg":"x"}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__extn":{"fn":"ip","arg":1}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__extn":{"fn":"nope","arg":"x"}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__extn":{"fn":"ip","args":[]}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__extn":{"fn":"ip","args":["1.1.1.1","2"]}}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":{"__expr":"1"}},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{"x":[{"__expr":"1"}]},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[{"type":"A","id":"a"}]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[{"type":"A","id":"b"}]},{"uid":{"type":"A","id":"b"},"attrs":{},"parents":[{"type":"A","id":"c"}]},{"uid":{"type":"A","id":"c"},"attrs":{},"parents":[{"type":"A","id":"a"}]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[]},{"uid":{"type":"A","id":"a"},"attrs":{"x":1},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[],"tags":{"x":1}},{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"Action","id":"a"},"attrs":{},"parents":[{"type":"G","id":"x"}]}]"#,
        #"[{"uid":{"type":"A","id":"\ud800"},"attrs":{},"parents":[]}]"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[]}] x"#,
        #"[{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[],}]"#,
        #"[{"uid":{"type":"A","id":"a"},"uid":{"type":"A","id":"a"},"attrs":{},"parents":[]}]"#,
    ]

    /// What the expressions are evaluated over.
    static let store = #"""
        [
         {
          "uid": {
           "type": "User",
           "id": "alice"
          },
          "attrs": {
           "n": 1,
           "s": "str",
           "r": {
            "k": {
             "z": 5
            }
           },
           "m": {
            "__entity": {
             "type": "User",
             "id": "ghost"
            }
           },
           "b": {
            "__entity": {
             "type": "User",
             "id": "bob"
            }
           },
           "if": true,
           "xs": [
            1,
            "a"
           ]
          },
          "parents": [
           {
            "type": "Group",
            "id": "g"
           },
           {
            "type": "Group",
            "id": "dangling"
           }
          ],
          "tags": {
           "t": 1,
           "u v": "w"
          }
         },
         {
          "uid": {
           "type": "User",
           "id": "bob"
          },
          "attrs": {
           "n": 2
          },
          "parents": []
         },
         {
          "uid": {
           "type": "Group",
           "id": "g"
          },
          "attrs": {},
          "parents": [
           {
            "type": "Group",
            "id": "top"
           }
          ]
         },
         {
          "uid": {
           "type": "Action",
           "id": "read"
          },
          "attrs": {},
          "parents": [
           {
            "type": "Action",
            "id": "all"
           }
          ]
         },
         {
          "uid": {
           "type": "Doc",
           "id": "d"
          },
          "attrs": {},
          "parents": []
         }
        ]
        """#
}
