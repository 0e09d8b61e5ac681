// SPDX-License-Identifier: Apache-2.0

import Cedar
import Foundation

/// Writes a workload as files, so that other engines decide the same requests.
enum Export {
    static func write(_ workload: Workload, to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let name = String(workload.count)
        try Data(workload.policyText.utf8).write(to: folder.appending(path: name + ".cedar"))
        let entities = workload.entities.map { entity -> [String: Any] in
            [
                "uid": json(entity.uid), "attrs": json(entity.attributes), "parents": entity.parents.map { json($0) },
            ]
        }
        try write(entities, to: folder.appending(path: name + ".entities.json"))
        let requests = workload.requests.map { request -> [String: Any] in
            [
                "principal": request.principal.description, "action": request.action.description,
                "resource": request.resource.description, "context": json(request.context),
            ]
        }
        try write(requests, to: folder.appending(path: name + ".requests.json"))
    }

    private static func write(_ value: Any, to file: URL) throws {
        try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys]).write(to: file)
    }

    private static func json(_ uid: EntityUID) -> [String: Any] { ["type": uid.type.text, "id": uid.id] }

    private static func json(_ record: Record) -> [String: Any] {
        Dictionary(uniqueKeysWithValues: record.members.map { ($0.key, json($0.value)) })
    }

    private static func json(_ value: Value) -> Any {
        switch value {
        case .bool(let value): value
        case .long(let value): value
        case .string(let value): value
        case .entity(let uid): ["__entity": json(uid)]
        case .set(let set): set.elements.map { json($0) }
        case .record(let record): json(record)
        case .decimal(let value): call("decimal", value.description)
        case .ip(let value): call("ip", value.description)
        case .datetime(let value): call("datetime", value.description)
        case .duration(let value): call("duration", value.description)
        }
    }

    private static func call(_ function: String, _ argument: String) -> Any {
        ["__extn": ["fn": function, "arg": argument]]
    }
}
