// SPDX-License-Identifier: Apache-2.0

import Cedar
import Foundation

var arguments = Array(CommandLine.arguments.dropFirst())
var asJSON = false
var quick = false
var folder: URL?
while let argument = arguments.first {
    arguments.removeFirst()
    switch argument {
    case "--json": asJSON = true
    case "--quick": quick = true
    case "--export":
        guard let path = arguments.first else { stop("--export wants a folder") }
        folder = URL(filePath: path)
        arguments.removeFirst()
    case "--help":
        print("usage: CedarBenchmark [--json] [--quick] [--export FOLDER]")
        exit(0)
    default: stop("unknown argument `\(argument)`; known are --json, --quick and --export FOLDER")
    }
}

do {
    var rows: [Measurement] = []
    for count in [10, 11, 100, 1000, 10_000, 10_001] {
        let workload = Workload(policies: count, requests: 1000)
        if let folder { try Export.write(workload, to: folder) }
        rows.append(try Measurement(workload))
    }
    // All take turns, so that what the machine does beside concerns all of them.
    for _ in 0..<(quick ? 3 : 40) {
        for index in rows.indices { try rows[index].time() }
    }
    if asJSON { try Output.json(rows) } else { Output.table(rows) }
} catch {
    stop("\(error)")
}
