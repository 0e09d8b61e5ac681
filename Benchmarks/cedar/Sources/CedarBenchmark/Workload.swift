// SPDX-License-Identifier: Apache-2.0

import Cedar

/// Policies of a company with many teams and folders: one guards everything, the others each concern one team, one
/// user or one folder, so that few of them apply to a request however many there are.
struct Workload {
    let count: Int
    let policyText: String
    let entities: [Entity]
    let requests: [Request]

    /// What policies, entities and requests conform to.
    static let schemaText = """
        entity Team in Team;
        entity Folder in Folder;
        entity User in Team { clearance: Long };
        entity Document in Folder { owner: User, sensitivity: Long };
        type Context = {
          tls: Bool, level: Long, now: datetime, environment: String, address: ipaddr,
          request: { method: String, path: String, headers: { accept: String, trusted?: String } }
        };
        action look, change;
        action read, list in look appliesTo { principal: User, resource: Document, context: Context };
        action write, delete in change appliesTo { principal: User, resource: Document, context: Context };
        """

    private static let people = 1000

    init(policies count: Int, requests requestCount: Int) {
        self.count = count
        var random = Random(seed: UInt64(count))
        policyText = (0..<count).map { Self.policy($0, of: count) }.joined(separator: "\n")
        entities = Self.entities(count)
        requests = (0..<requestCount).map { _ in Self.request(&random) }
    }

    private static func policy(_ number: Int, of count: Int) -> String {
        guard number > 0 else {
            return "forbid (principal, action, resource) unless { context.tls && context.level >= 1 };"
        }
        switch number % 5 {
        case 0:
            return """
                permit (principal in Team::"t\(number)", action == Action::"read", resource in Folder::"f\(number)")
                when { context.request.method == "GET" && context.level >= 2 && context.now < datetime("2030-01-01")
                    && principal.clearance >= resource.sensitivity };
                """
        case 1:
            return """
                permit (principal == User::"u\(number)", action in Action::"change", resource in Folder::"f\(number)")
                when { resource.owner == principal || principal in Team::"admins" };
                """
        case 2:
            return """
                forbid (principal, action, resource in Folder::"f\(number)")
                when { context.address.isInRange(ip("10.\(number % 256).0.0/16")) }
                unless { context.request.headers has trusted };
                """
        case 3:
            return """
                permit (principal is User in Team::"t\(number)", action in [Action::"read", Action::"list"],
                    resource == Document::"d\(number)")
                when { ["test", "stage", "live"].contains(context.environment) };
                """
        default:
            return """
                permit (principal in Team::"t\(number)", action, resource is Document in Folder::"f\(number)")
                when { context.request.path like "/api/*/documents/*" && context.level + 1 > 2 };
                """
        }
    }

    private static func uid(_ type: String, _ id: String) -> EntityUID {
        guard let uid = EntityUID(type, id) else { stop("`\(type)` is no entity type") }
        return uid
    }

    private static func entities(_ count: Int) -> [Entity] {
        var result: [Entity] = []
        for name in ["read", "list"] {
            result.append(Entity(uid: uid("Action", name), parents: [uid("Action", "look")]))
        }
        for name in ["write", "delete"] {
            result.append(Entity(uid: uid("Action", name), parents: [uid("Action", "change")]))
        }
        for number in 0..<people {
            let teams = [number % count, (3 * number + 1) % count].map { uid("Team", "t\($0)") }
            result.append(
                Entity(
                    uid: uid("User", "u\(number)"), attributes: Record([("clearance", .long(Int64(number % 5)))]),
                    parents: teams + (number % 50 == 0 ? [uid("Team", "admins")] : [])))
            result.append(
                Entity(
                    uid: uid("Document", "d\(number)"),
                    attributes: Record([
                        ("owner", .entity(uid("User", "u\(number * 7 % people)"))),
                        ("sensitivity", .long(Int64(number % 4))),
                    ]), parents: [uid("Folder", "f\(number % count)")]))
        }
        for number in 0..<min(count, people) {
            result.append(Entity(uid: uid("Team", "t\(number)"), parents: [uid("Team", "everyone")]))
            result.append(Entity(uid: uid("Folder", "f\(number)"), parents: [uid("Folder", "root")]))
        }
        return result
    }

    private static func request(_ random: inout Random) -> Request {
        let user = random.below(people)
        let document = random.below(100) < 70 ? user : random.below(people)
        let actions = ["read", "read", "list", "write", "delete"]
        let method = random.below(4) > 0 ? "GET" : "POST"
        var headers: [(String, Value)] = [("accept", .string("application/json"))]
        if random.below(3) == 0 { headers.append(("trusted", .string("yes"))) }
        let address = IPValue(bytes: [10, UInt8(random.below(256)), 1, UInt8(random.below(256))])
        return Request(
            principal: uid("User", "u\(user)"), action: uid("Action", actions[random.below(actions.count)]),
            resource: uid("Document", "d\(document)"),
            context: Record([
                ("tls", .bool(random.below(50) > 0)), ("level", .long(Int64(random.below(4)))),
                ("now", .datetime(DatetimeValue(milliseconds: 1_790_000_000_000 + Int64(random.below(1_000_000))))),
                ("environment", .string(["test", "stage", "live", "other"][random.below(4)])),
                ("address", address.map { .ip($0) } ?? .bool(false)),
                (
                    "request",
                    .record([
                        ("method", .string(method)), ("headers", .record(headers)),
                        ("path", .string("/api/v\(random.below(9))/documents/\(document)")),
                    ])
                ),
            ]))
    }
}

/// Random numbers that a seed repeats (SplitMix64).
struct Random {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ (value >> 31)) % UInt64(max(1, bound)))
    }
}
