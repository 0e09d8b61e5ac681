// SPDX-License-Identifier: Apache-2.0

import Foundation

// One measurement or preparation of Benchmarks/audit/run; prints one line of JSON.
//
//     fill AUDIT-DIRECTORY KEY-FILE usual|small COUNT close|kill
//     path AUDIT-DIRECTORY KEY-FILE COUNT IN-FLIGHT
//     stall AUDIT-DIRECTORY KEY-FILE COUNT STALL-FILE
let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 5, let count = Int(arguments[3]) ?? Int(arguments[4]) else {
    FileHandle.standardError.write(Data("usage: see Benchmarks/audit/run --help\n".utf8))
    exit(2)
}
let bench = try Bench(directory: arguments[1], keyFile: arguments[2])
let result: [String: Double]
switch arguments[0] {
case "fill":
    let isKilled = arguments.count > 5 && arguments[5] == "kill"
    result = try bench.fill(count, isSmall: arguments[3] == "small", isKilled: isKilled)
case "path": result = try bench.path(count, inFlight: Int(arguments[4]) ?? 1)
case "stall": result = try bench.stall(count, file: arguments[4])
default: exit(2)
}
let encoder = JSONEncoder()
encoder.outputFormatting = .sortedKeys
print(String(decoding: try encoder.encode(result), as: UTF8.self))
