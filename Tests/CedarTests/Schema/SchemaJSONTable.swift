// SPDX-License-Identifier: Apache-2.0

/// Parts of schemas in the JSON format, each to be put into its frame.
enum SchemaJSONTable {
    /// A place for a part.
    enum Frame: String, CaseIterable {
        case whole, attribute, entityType, action, commonTypes

        func around(_ part: String) -> String {
            let actions = #""actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}"#
            return switch self {
            case .whole: part
            case .attribute:
                #"{"": {"entityTypes": {"U": {}, "Q": {"shape": {"type": "Record", "attributes": {"x": "#
                    + part + "}}}}, " + actions + "}}}"
            case .entityType: #"{"": {"entityTypes": {"U": {}, "Q": "# + part + "}, " + actions + "}}}"
            case .action: #"{"": {"entityTypes": {"U": {}}, "# + actions + #", "b": "# + part + "}}}"
            case .commonTypes:
                #"{"": {"entityTypes": {"U": {}}, "# + actions + #"}, "commonTypes": "# + part + "}}"
            }
        }
    }

    static let accepted: [(Frame, [String])] = [
        (
            .attribute,
            [
                #"{"type": "Long"}"#,
                #"{"type": "Bool"}"#,
                #"{"type": "Boolean"}"#,
                #"{"type": "Set", "element": {"type": "Long"}}"#,
                #"{"type": "Record", "attributes": {}}"#,
                #"{"type": "Record", "attributes": {}, "additionalAttributes": false}"#,
                #"{"type": "Entity", "name": "U"}"#,
                #"{"type": "Extension", "name": "ipaddr"}"#,
                #"{"type": "EntityOrCommon", "name": "U"}"#,
                #"{"type": "EntityOrCommon", "name": "Long"}"#,
                #"{"type": "__cedar::Long"}"#,
                #"{"type": "ipaddr"}"#,
                #"{"type": "Long", "required": false}"#,
                #"{"type": "Long", "annotations": {"a": "b"}}"#,
                #"{"type": "Record", "attributes": {"a": {"type": "Long", "annotations": {"q": "z"}}}}"#,
                #"{"type": "Entity", "name": "Action"}"#,
                #"{"type": "Record", "attributes": {"a": {"type": "Long"}, "b": {"type": "Set", "element": {"type": "String"}, "required": false}}}"#,
            ]
        ),
        (
            .entityType,
            [
                #"{"tags": {"type": "Long"}}"#,
                #"{"enum": ["a"]}"#,
                #"{"enum": ["a"], "annotations": {"x": "y"}}"#,
                #"{"memberOfTypes": ["U", "Q", "U"]}"#,
                #"{"annotations": {"a": "b"}}"#,
            ]
        ),
        (
            .action,
            [
                "{}",
                #"{"memberOf": null}"#,
                #"{"memberOf": []}"#,
                #"{"appliesTo": null}"#,
                #"{"appliesTo": {"principalTypes": [], "resourceTypes": []}}"#,
                #"{"attributes": null}"#,
                #"{"memberOf": [{"id": "a"}]}"#,
                #"{"memberOf": [{"id": "a", "type": "Action"}]}"#,
                #"{"memberOf": [{"id": "a", "type": null}]}"#,
                #"{"annotations": {"a": "b"}}"#,
            ]
        ),
        (
            .commonTypes,
            [
                #"{"T": {"type": "Long"}}"#,
                #"{"T": {"type": "Long", "annotations": {"a": "b"}}}"#,
                #"{"ipaddr": {"type": "Long"}}"#,
                #"{"EntityOrCommon": {"type": "Long"}}"#,
            ]
        ),
        (
            .whole,
            [
                "{}",
                #"{"": {"actions": {}, "entityTypes": {}, "annotations": {}}}"#,
                #"{"A": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}, "annotations": {"a": "b"}}}"#,
                #"{"A": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}, "annotations": {"a": null}}}"#,
                #"{"A": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}, "annotations": {"if": "x"}}}"#,
                #"{"": {"entityTypes": {"U": {}, "Q": {"shape": {"type": "T"}}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}, "commonTypes": {"T": {"type": "Record", "attributes": {}}}}}"#,
                #"{"": {"entityTypes": {"U": {}, "Long": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"": {"entityTypes": {"U": {}, "principal": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"A": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"A::B": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"A": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}, "b": {"memberOf": [{"id": "a", "type": "A::Action"}]}}}}"#,
                #"{"A": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}, "b": {"memberOf": [{"id": "a", "type": "Action"}]}}}}"#,
                #"{"A": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}, "b": {"memberOf": [{"id": "a"}]}}}}"#,
                #"{"":{"entityTypes":{"ipaddr":{},"Q":{"shape":{"type":"Record","attributes":{"x":{"type":"EntityOrCommon","name":"ipaddr"}}}}},"actions":{}}}"#,
                #"{"":{"entityTypes":{"Q":{"shape":{"type":"T"}}},"actions":{},"commonTypes":{"T":{"type":"S"},"S":{"type":"Record","attributes":{"x":{"type":"Entity","name":"Q"}}}}}}"#,
                #"{"A":{"entityTypes":{"T":{}},"actions":{},"commonTypes":{"T":{"type":"Long"}}},"B":{"entityTypes":{"Q":{"shape":{"type":"Record","attributes":{"x":{"type":"Entity","name":"A::T"},"y":{"type":"A::T"}}}}},"actions":{}}}"#,
            ]
        ),
    ]

    static let refused: [(Frame, [String])] = [
        (
            .attribute,
            [
                #"{"type": "Set"}"#,
                #"{"type": "Set", "element": {"type": "Long", "required": true}}"#,
                #"{"type": "Record"}"#,
                #"{"type": "Record", "attributes": {}, "additionalAttributes": true}"#,
                #"{"type": "Entity"}"#,
                #"{"type": "Entity", "name": "__cedar::Long"}"#,
                #"{"type": "Extension", "name": "ip"}"#,
                #"{"type": "Extension", "name": "__cedar::ipaddr"}"#,
                #"{"type": "EntityOrCommon", "name": "Boolean"}"#,
                #"{"type": "U"}"#,
                #"{"type": "Long", "element": {"type": "Long"}}"#,
                #"{"type": "Long", "name": "x"}"#,
                #"{"type": "Long", "foo": 1}"#,
                #"{"type": "Long", "required": null}"#,
                #"{"type": "Long", "annotations": null}"#,
                #"{"type": "Entity", "name": " U"}"#,
                #"{"type": " Long"}"#,
                #"{"type": "Action"}"#,
                #"{"element": {"type": "Long"}}"#,
                #"{"type": null}"#,
                #"{"type": 1}"#,
                #""Long""#,
                "null",
                #"{"type": "Record", "attributes": null}"#,
                #"{"type": "Set", "element": null}"#,
            ]
        ),
        (
            .entityType,
            [
                #"{"memberOfTypes": null}"#,
                #"{"shape": null}"#,
                #"{"tags": null}"#,
                #"{"tags": {"type": "Long", "required": true}}"#,
                #"{"enum": []}"#,
                #"{"enum": ["a"], "memberOfTypes": []}"#,
                #"{"enum": ["a"], "shape": {"type": "Record", "attributes": {}}}"#,
                #"{"enum": null}"#,
                #"{"enum": [1]}"#,
                #"{"shape": {"type": "Long"}}"#,
                #"{"shape": {"type": "T"}}"#,
                #"{"memberOfTypes": ["X"]}"#,
                #"{"foo": 1}"#,
                #"{"shape": {"type": "Record", "attributes": {}, "annotations": {"a": "b"}}}"#,
                #"{"shape": {"type": "Record", "attributes": {}, "required": true}}"#,
            ]
        ),
        (
            .action,
            [
                "null",
                #"{"appliesTo": {}}"#,
                #"{"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"], "context": null}}"#,
                #"{"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"], "context": {"type": "Long"}}}"#,
                #"{"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"], "context": {"type": "Entity", "name": "U"}}}"#,
                #"{"attributes": {}}"#,
                #"{"memberOf": [{"id": "a", "x": null}]}"#,
                #"{"memberOf": [{"id": "b"}]}"#,
                #"{"memberOf": [{"type": "Action"}]}"#,
                #"{"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"], "x": 1}}"#,
                #"{"appliesTo": {"principalTypes": ["U"]}}"#,
                #"{"appliesTo": {"principalTypes": null, "resourceTypes": ["U"]}}"#,
            ]
        ),
        (
            .commonTypes,
            [
                #"{"if": {"type": "Long"}}"#,
                #"{"Long": {"type": "Long"}}"#,
                #"{"Bool": {"type": "Long"}}"#,
                #"{"Entity": {"type": "Long"}}"#,
                #"{"A::B": {"type": "Long"}}"#,
                #"{"T": {"type": "Long", "required": true}}"#,
                #"{"T": {"type": "T"}}"#,
                #"{"__cedar": {"type": "Long"}}"#,
                #"{"Set": {"type": "Long"}}"#,
                #"{"": {"type": "Long"}}"#,
                "null",
            ]
        ),
        (
            .whole,
            [
                #"{"": {"entityTypes": {}}}"#,
                #"{"": {"actions": {}}}"#,
                #"{"": {"actions": {}, "entityTypes": {}, "x": 1}}"#,
                #"{"": {"actions": {}, "entityTypes": {}, "annotations": {"a": "b"}}}"#,
                #"{"A": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}, "annotations": {"a-b": "x"}}}"#,
                #"{"A": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}, "annotations": {"a": 1}}}"#,
                #"{"": {"entityTypes": {"U": {}, "if": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"": {"entityTypes": {"U": {}, "A::B": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"": {"entityTypes": {"U": {}, "": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"": {"entityTypes": {"U": {}, "Action": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"": {"entityTypes": {"U": {}, "\u00e9": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"": {"entityTypes": {"U": {}, "__cedar": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{" A": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"if": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"__cedar": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"A::__cedar": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"\u00e9": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"A::": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"::A": {"entityTypes": {"U": {}}, "actions": {"a": {"appliesTo": {"principalTypes": ["U"], "resourceTypes": ["U"]}}}}}"#,
                #"{"A":{"entityTypes":{},"entityTypes":{},"actions":{}}}"#,
                #"{"A":{"entityTypes":{},"actions":{}},"A":{"entityTypes":{},"actions":{}}}"#,
                #"{"A":{"entityTypes":{"X":{},"X":{}},"actions":{}}}"#,
                #"{"":{"entityTypes":{"X":{"shape":{"type":"Record","attributes":{"a":{"type":"Long"},"a":{"type":"Long"}}}}},"actions":{}}}"#,
                #"{"":{"entityTypes":{"X":{"shape":{"type":"Record","type":"Record","attributes":{}}}},"actions":{}}}"#,
                #"{"":{"entityTypes":{},"actions":{},"annotations":{"a":"b","a":"c"}}}"#,
                "[]",
                "null",
                #"{"":[]}"#,
                #"{"A":{"entityTypes":[],"actions":{}}}"#,
                #"{"":{"entityTypes":{"ipaddr":{},"Q":{"shape":{"type":"Record","attributes":{"x":{"type":"ipaddr"}}}}},"actions":{}}}"#,
            ]
        ),
    ]
}
