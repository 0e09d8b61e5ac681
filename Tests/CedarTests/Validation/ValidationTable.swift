// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

/// Conditions and policies with the findings that the strict rules want; the reference agrees on which of them pass.
enum ValidationTable {
    typealias Kind = ValidationFinding.Kind

    static let schema = """
        entity Role;
        entity Team in [Role];
        entity User in [Team] {
          level: Long, name: String, mail?: String, active: Bool, manager?: User, mode: Mode, ip: ipaddr, born: datetime,
          session: duration, limit: decimal, groups: Set<String>, friends: Set<User>, address: {city: String, zip?: Long},
          note?: {text: String, by?: User}, last: Action
        } tags String;
        entity Doc in [Doc, Folder] { owner: User, size?: Long, labels: Set<String>, meta?: {a?: {b?: Long}} } tags Set<Long>;
        entity Folder;
        entity Robot;
        entity Mode enum ["on", "off"];
        action all; action other;
        action read, write in [all] appliesTo { principal: [User], resource: [Doc], context: { ip: ipaddr, now: datetime, mfa?: Bool, req: { method: String, path?: String } } };
        action serve in [other] appliesTo { principal: [Robot, User], resource: [Folder] };
        action idle;
        """

    /// The scope of the conditions.
    static let scope = #"permit(principal is User, action == Action::"read", resource is Doc) when"#

    static let validConditions: [String] = [
        "true",
        "principal.level == 1",
        "principal.level + principal.level * 2 - 1 < -principal.level",
        #"principal.name like "a*""#,
        #"principal["level"] >= 3"#,
        #"principal has mail && principal.mail == "x""#,
        #"if principal has mail then principal.mail == "x" else true"#,
        #"(principal has mail && principal.active) && principal.mail == "x""#,
        #"(principal has mail || principal has mail) && principal.mail == "x""#,
        #"(if principal.active then principal has mail else principal has mail) && principal.mail == "x""#,
        #"principal has "mail" && principal["mail"] == "x""#,
        #"resource.owner has mail && resource.owner.mail == "x""#,
        #"principal has note && principal.note.text == "x""#,
        "principal has note.by && principal.note.by.level == 1",
        #"principal has note.by.mail && principal.note.by.mail == "x""#,
        #"principal has manager.manager.mail && principal.manager.manager.mail like "*""#,
        "resource has meta.a.b && resource.meta.a.b > 1",
        #"principal.address.city == "x""#,
        "principal.address has zip && principal.address.zip == 1",
        "principal.address has city",
        "context has mfa && context.mfa",
        #"context.req.method == "GET""#,
        #"context.req has path && context.req.path like "/a/*""#,
        "principal != resource",
        "principal == resource.owner",
        #"principal == User::"a""#,
        #""a" == "a""#,
        "{a: 1} == {a: 2}",
        "[1] == [2]",
        "[true] == [false]",
        "[true, false].contains(principal.active)",
        #"ip("1.2.3.4") == ip("1.2.3.5")"#,
        #"action == Action::"read""#,
        #"principal.last == Action::"read""#,
        "principal.last == action",
        #"principal in Team::"a""#,
        #"principal in Role::"a""#,
        "principal in principal",
        #"resource in Folder::"f""#,
        #"principal in [Team::"a", Team::"b"]"#,
        "principal in principal.friends",
        #"action in Action::"all""#,
        #"action in [Action::"other", Action::"all"]"#,
        #"action in [Action::"read"]"#,
        #"principal.last in Action::"all""#,
        #"Action::"read" in Action::"all""#,
        #"User::"a" in Team::"t""#,
        #"User::"a" in [User::"a"]"#,
        "principal is User",
        #"principal is User in Team::"a""#,
        "resource.owner is User",
        #"principal.hasTag("a")"#,
        #"principal.hasTag("a") && principal.getTag("a") == "x""#,
        #"principal.hasTag(principal.name) && principal.getTag(principal.name) == "x""#,
        #"resource.hasTag("a") && resource.getTag("a").contains(1)"#,
        #"principal.hasTag("a") && principal.hasTag("a") && principal.getTag("a") like "*""#,
        #"principal.groups.contains("a")"#,
        #"principal.groups.containsAll(["a"])"#,
        "principal.groups.isEmpty()",
        "principal.friends.contains(resource.owner)",
        "[[1], [2]].contains([3])",
        #"["a"].contains("b")"#,
        #"principal.groups.contains("a") && true"#,
        "principal.born < context.now",
        "principal.born.offset(principal.session) < context.now",
        #"principal.session < duration("1h")"#,
        #"principal.limit.lessThan(decimal("1.0"))"#,
        #"principal.born.toDate() == datetime("2024-01-01")"#,
        #"principal.born.toTime() < duration("6h")"#,
        "context.now.durationSince(principal.born).toDays() > 365",
        #"context.ip.isInRange(ip("10.0.0.0/8"))"#,
        "context.ip.isIpv4()",
        "true || 1",
        "if true then true else 1",
        "if false then 1 else true",
        #"(if principal.active then User::"a" else User::"b").level == 1"#,
        "(if principal.active then principal else resource.owner).level == 1",
        #"principal.mode == Mode::"on""#,
        #""x" like "x""#,
        "{a: principal.level}.a == 1",
        "{a: 1} has a",
        "principal has manager && principal.manager has manager && principal.manager.manager.level == 1",
        #"principal.friends == [User::"a"]"#,
    ]

    /// Valid, but never satisfied.
    static let impossibleConditions: [String] = [
        "false",
        "principal has nothing",
        #"principal has nothing && principal.nothing.deep == "ill" + 1"#,
        #"principal has nothing && 1 == "x""#,
        "!(principal.address has city) && principal.whatever",
        "principal == resource",
        #"principal == Robot::"a""#,
        "1 == 2",
        #"1 == "a""#,
        #"1 == principal.level && 2 == "b""#,
        #"action == Action::"write""#,
        #"action == Action::"write" && principal.nothing"#,
        #"principal in Folder::"a""#,
        #"principal in Folder::"a" && principal.nothing"#,
        "principal in resource",
        #"action in Action::"other""#,
        #"action in Action::"other" && principal.nothing"#,
        #"!(action in [Action::"other", Action::"all"]) && principal.nothing"#,
        "action in principal",
        #"Action::"write" in [Action::"other"]"#,
        #"User::"a" in Folder::"t""#,
        "principal is Robot",
        "principal is Robot && principal.nothing",
        #"principal is User in Folder::"a""#,
        "principal is Action",
        "principal is Other::Action",
        #"Folder::"f".hasTag("a")"#,
        #"Folder::"f".hasTag("a") && Folder::"f".getTag("a") == 1"#,
        #"principal.hasTag("a" ) && principal has a"#,
        #"false && ip("bad").isIpv4()"#,
        "false && 1",
        "principal.mode has x",
        #"principal.mode in Role::"x""#,
        "{a: 1} has b",
        "!({a: 1} has a) && 1",
        "principal.last has x",
        "action has x",
        #"principal.last.hasTag("x")"#,
    ]

    /// Warnings other than that.
    static let warnedConditions: [([Kind], [String])] = [
        (
            [.unknownFunction],
            [
                #"unknown("x") == 1"#,
                #"unknown("x")"#,
                #"unknown("x") && true"#,
                #"unknown("x") has a"#,
                "unknown(principal.name) == 1",
                #"unknown("x") < 1"#,
                #"[unknown("x"), 1].contains(2)"#,
                #"[unknown("x")].contains("a")"#,
                #"unknown("x") in principal"#,
                #"principal in unknown("x")"#,
                #"unknown("x") is User"#,
                #"unknown("x") like "a""#,
                #"unknown("x").contains(1)"#,
                #"unknown("x").isIpv4()"#,
                #"!unknown("x")"#,
                #"if unknown("x") then true else false"#,
                #"(if principal.active then unknown("x") else 1) == 1"#,
                #"principal in [unknown("x")]"#,
                #"unknown("x").isEmpty()"#,
                #"unknown("x") + 1 == 2"#,
                #"(if principal.active then unknown("x") else principal).level == 1"#,
                #"(unknown("x") && principal has mail) && principal.mail == "s""#,
            ]
        )
    ]

    static let faultyConditions: [([Kind], [String])] = [
        (
            [.attributeNotFound],
            [
                "principal.nothing == 1",
                "context.none",
                "principal.last.x == 1",
                "action.x",
                #"unknown("x").a == 1"#,
                #"unknown("x") && principal.nothing"#,
                #"unknown("x") || principal.nothing"#,
            ]
        ),
        (
            [.emptySet],
            [
                "principal in []",
                "[[], [1]].isEmpty()",
            ]
        ),
        (
            [.incompatibleTypes],
            [
                "resource has size && resource has meta && resource.size > 1 && resource.meta == {}",
                #"principal.level == "x""#,
                "principal.level == principal.active",
                "{a: 1} == {b: 1}",
                #"{a: 1} == {a: "x"}"#,
                #"[1] == ["x"]"#,
                #"ip("1.2.3.4") == decimal("1.0")"#,
                #"resource in [Folder::"f", Doc::"d"]"#,
                #"resource.hasTag("a") && resource.getTag("a").contains("x")"#,
                "principal.groups.contains(1)",
                "principal.groups.containsAll([1])",
                "principal.groups.containsAny(principal.friends)",
                "principal.friends.contains(resource)",
                "[principal, resource].contains(principal)",
                #"[1, "x"].isEmpty()"#,
                #"if principal.active then 1 else "x""#,
                "if principal.active then true else 1",
                "(if principal.active then principal else resource) == principal",
                #"principal.address == {city: "x"}"#,
                #"principal.address == {city: "x", zip: 1}"#,
                "context == {}",
                #"context.req == {method: "x"}"#,
                #"principal.friends == [Doc::"a"]"#,
                #"[unknown("x"), 1].contains("a")"#,
            ]
        ),
        (
            [.invalidArgument],
            [
                #"ip("bad").isIpv4()"#,
                #"decimal("1.23456").lessThan(decimal("1.0"))"#,
                #"datetime("2024-13-01") < context.now"#,
                #"duration("1y") < duration("1h")"#,
            ]
        ),
        (
            [.invalidEnumID],
            [
                #"principal.mode == Mode::"broken""#,
                #"false && principal.mode == Mode::"broken""#,
            ]
        ),
        (
            [.noTagsAllowed],
            [
                #"Folder::"f".getTag("a") == 1"#
            ]
        ),
        (
            [.nonLiteralConstructor],
            [
                "ip(principal.name) == context.ip",
                #"ip(if true then "1.1.1.1" else "x").isIpv4()"#,
                #"ip(unknown("x")).isIpv4()"#,
            ]
        ),
        (
            [.unexpectedType],
            [
                "principal.level has x",
                "principal.level.x == 1",
                "principal in [1]",
                "1 in principal",
                "principal in 1",
                "principal.friends in principal",
                "principal.level is User",
                "principal.hasTag(1)",
                #"principal.address.hasTag("a")"#,
                "principal.name.isEmpty()",
                "principal.born < principal.session",
                "principal.session < 1",
                "principal.limit.lessThan(1)",
                #"context.ip.isInRange("10.0.0.0/8")"#,
                "principal.name.isIpv4()",
                "principal.level",
                #""x""#,
                "1 && true",
                "true && 1",
                "false || 1",
                "!1",
                #"-"x" == 1"#,
                #"1 + "x" == 2"#,
                "principal.active + 1 == 2",
                "if 1 then true else false",
                #"principal.level like "x""#,
                "unknown(1) == 1",
                #"unknown("x").hasTag("a")"#,
                #"unknown("x").getTag("a") == 1"#,
                #"unknown("x") in [1]"#,
                #"unknown("x") < "a""#,
            ]
        ),
        (
            [.unexpectedType, .unexpectedType],
            [
                #"principal.limit < decimal("1.0")"#,
                #"principal.name < "x""#,
            ]
        ),
        (
            [.unrecognizedAction],
            [
                #"action == Action::"nope""#
            ]
        ),
        (
            [.unrecognizedEntityType],
            [
                #"principal == Nope::"a""#,
                #"false && principal == Nope::"a""#,
                "principal is Nope",
            ]
        ),
        (
            [.unsafeOptionalAccess],
            [
                #"principal.mail == "x""#,
                #"principal has mail || principal.mail == "x""#,
                #"!(principal has mail) || principal.mail == "x""#,
                #"if principal has mail then true else principal.mail == "x""#,
                #"(principal has mail || principal.active) && principal.mail == "x""#,
                #"(if principal has mail then principal.active else false) && principal.mail == "x""#,
                #"(if principal.active then principal has mail else false) && principal.mail == "x""#,
                #"principal["mail"] == "x" && principal has mail"#,
                #"principal has mail && resource.owner.mail == "x""#,
                #"principal has note.by && principal.note.by.mail == "x""#,
                "resource has meta.a && resource.meta.a.b > 1",
                "principal.address.zip == 1",
                "context.mfa",
                "{a: 1, b: principal.mail}.a == 1",
                #"[principal.mail] == ["x"]"#,
                "principal.manager.manager.level == 1",
                #"principal has manager && principal.manager has manager && principal.manager.manager.mail == "x""#,
                #"(unknown("x") || principal has mail) && principal.mail == "s""#,
            ]
        ),
        (
            [.unsafeTagAccess],
            [
                #"principal.getTag("a") == "x""#,
                #"principal.hasTag("a") && principal.getTag("b") == "x""#,
                #"principal.hasTag("a") && resource.getTag("a") == [1]"#,
            ]
        ),
        (
            [.wrongArgumentCount],
            [
                "ip().isIpv4()",
                #"ip("1.1.1.1", "x").isIpv4()"#,
                "context.ip.isInRange()",
                "unknown() == 1",
            ]
        ),
    ]

    static let validPolicies: [String] = [
        "permit(principal, action, resource);",
        #"permit(principal == User::"a", action, resource);"#,
        #"permit(principal in Role::"a", action, resource);"#,
        #"permit(principal is User in Team::"a", action, resource);"#,
        #"permit(principal is Robot, action == Action::"serve", resource);"#,
        #"permit(principal, action in Action::"all", resource);"#,
        #"permit(principal, action in [Action::"all", Action::"other"], resource);"#,
        "permit(principal is User, action, resource) when { principal.level == 1 };",
        #"permit(principal, action in Action::"all", resource) when { principal.level == 1 };"#,
        "permit(principal, action, resource) when { principal is User && principal.level == 1 };",
        "permit(principal, action, resource) when { principal has level && principal.level == 1 };",
        #"permit(principal, action, resource) when { action == Action::"read" && context has mfa };"#,
        "permit(principal, action, resource) when { context has mfa && context.mfa };",
        "permit(principal, action, resource) when { context has ip && context.ip.isIpv4() };",
        "permit(principal == ?principal, action, resource);",
        #"permit(principal in ?principal, action == Action::"read", resource == ?resource) when { principal.level == 1 };"#,
        "permit(principal is User in ?principal, action, resource) when { principal.level == 1 };",
        #"permit(principal, action == Action::"serve", resource) when { if principal is User then principal.level == 1 else true };"#,
        #"permit(principal == User::"a", action == Action::"read", resource == Doc::"d") when { principal == User::"b" };"#,
    ]

    /// Valid, but never satisfied.
    static let impossiblePolicies: [String] = [
        "permit(principal, action, resource) when { false };",
        "permit(principal, action, resource) when { principal is User } unless { principal is User } when { principal.nothing };",
        #"permit(principal, action == Action::"serve", resource) when { principal == resource };"#,
    ]

    /// Warnings other than that.
    static let warnedPolicies: [([Kind], [String])] = [
        (
            [.bidirectionalText, .impossiblePolicy],
            [
                #"permit(principal, action, resource) when { "\#u{202e}" == "x" };"#
            ]
        ),
        (
            [.confusableText],
            [
                #"permit(principal == User::"\#u{430}\#u{441}\#u{435}", action, resource);"#
            ]
        ),
        (
            [.mixedScripts, .impossiblePolicy],
            [
                #"permit(principal, action, resource) when { "p\#u{430}ypal" == "x" };"#
            ]
        ),
    ]

    static let faultyPolicies: [([Kind], [String])] = [
        (
            [.attributeNotFound],
            [
                "permit(principal, action, resource) when { principal.level == 1 };",
                "permit(principal, action, resource) when { context.ip.isIpv4() };",
                "forbid(principal, action, resource is Folder) when { resource.x == 1 };",
            ]
        ),
        (
            [.invalidActionApplication],
            [
                #"permit(principal == Role::"a", action, resource);"#,
                #"permit(principal in Folder::"a", action, resource);"#,
                #"permit(principal is User in Folder::"a", action, resource);"#,
                #"permit(principal is Robot, action == Action::"read", resource);"#,
                "permit(principal is Robot, action, resource is Doc);",
                #"permit(principal, action == Action::"idle", resource);"#,
                #"permit(principal, action == Action::"all", resource);"#,
                #"permit(principal, action in Action::"all", resource is Folder);"#,
                "permit(principal, action in [], resource);",
                #"permit(principal == Mode::"on", action, resource);"#,
                #"permit(principal is Robot in ?principal, action == Action::"read", resource);"#,
                "permit(principal is Mode, action, resource);",
                #"permit(principal in Action::"read", action, resource);"#,
                "permit(principal is Action, action, resource);",
            ]
        ),
        (
            [.invalidEnumID, .invalidActionApplication],
            [
                #"permit(principal == User::"a", action, resource == Mode::"bad");"#
            ]
        ),
        (
            [.unrecognizedAction, .invalidActionApplication],
            [
                #"permit(principal, action == Action::"nope", resource);"#,
                #"permit(principal, action in [Action::"read", Action::"nope"], resource);"#,
            ]
        ),
        (
            [.unrecognizedEntityType, .invalidActionApplication],
            [
                #"permit(principal == Nope::"a", action, resource);"#,
                "permit(principal is Nope, action, resource);",
            ]
        ),
    ]
}
