// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// What AUDIT, section 9, asks of the three classes that are used.
enum OCSFRules {
    static func problems(_ event: JSONObject) -> [String] {
        var problems: [String] = []
        func require(_ holds: Bool, _ problem: String) { if !holds { problems.append(problem) } }
        func number(_ name: String) -> Int64? { event[name]?.int64Value }
        let uid = number("class_uid") ?? 0
        let needed = ["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"]
        for name in needed { require(event[name] != nil, "\(name) is missing") }
        require(number("type_uid") == uid * 100 + (number("activity_id") ?? -1), "type_uid")
        require(number("category_uid") == uid / 1000, "category_uid")
        require([1, 2, 3].contains(number("severity_id") ?? 0), "severity_id")
        let metadata = event["metadata"]?.objectValue ?? JSONObject()
        require(metadata["version"]?.stringValue == "1.7.0", "metadata.version")
        require(metadata["product"]?.objectValue?["vendor_name"]?.stringValue != nil, "metadata.product")
        require(metadata["uid"]?.stringValue?.utf8.count == 36, "metadata.uid")
        require(metadata["sequence"]?.int64Value != nil, "metadata.sequence")
        require(event["raw_data_hash"]?.objectValue?["value"]?.stringValue?.utf8.count == 64, "raw_data_hash")
        switch uid {
        case 6003: problems += decision(event)
        case 3004:
            require([1, 2, 3, 4, 6, 10, 11, 99].contains(number("activity_id") ?? -1), "activity_id")
            let entity = event["entity"]?.objectValue ?? JSONObject()
            require(entity["name"] != nil || entity["uid"] != nil, "entity")
        case 3002:
            require(number("activity_id") == 1, "activity_id")
            require(event["user"]?.objectValue?["name"] != nil, "user")
            require(event["service"] != nil || event["dst_endpoint"] != nil, "service or dst_endpoint")
        default: problems.append("class \(uid)")
        }
        return problems
    }

    private static func decision(_ event: JSONObject) -> [String] {
        var problems: [String] = []
        func require(_ holds: Bool, _ problem: String) { if !holds { problems.append(problem) } }
        func number(_ name: String) -> Int64 { event[name]?.int64Value ?? -1 }
        require([1, 2, 3, 4, 99].contains(number("activity_id")), "activity_id")
        let outcome = [number("action_id"), number("disposition_id"), number("status_id"), number("severity_id")]
        require([[1, 1, 1, 1], [2, 2, 2, 2], [2, 26, 2, 2], [0, 27, 2, 3]].contains(outcome), "outcome \(outcome)")
        let actor = event["actor"]?.objectValue ?? JSONObject()
        require(actor["user"] != nil || actor["session"] != nil, "actor")
        let user = actor["user"]?.objectValue
        require(user?["name"] != nil || user?["uid"] != nil, "actor.user")
        require([0, 1, 4, 99].contains(user?["type_id"]?.int64Value ?? -1), "actor.user.type_id")
        require(event["api"]?.objectValue?["operation"]?.stringValue?.isEmpty == false, "api.operation")
        let source = event["src_endpoint"]?.objectValue
        require(source?["ip"] != nil || source?["name"] != nil || source?["uid"] != nil, "src_endpoint")
        for authorization in actor["authorizations"]?.arrayValue ?? [] {
            let policy = authorization.objectValue?["policy"]?.objectValue
            require(policy?["uid"] != nil && policy?["is_applied"]?.boolValue == true, "policy")
        }
        return problems
    }
}
