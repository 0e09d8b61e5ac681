// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Foundation
import Logging
import NIOCore
import NIOPosix

let folder = (CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : ".") + "/audit-benchmark-data"
let parts = CommandLine.arguments.count > 2 ? Set(CommandLine.arguments[2].split(separator: ",").map(String.init)) : []
let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

func isWanted(_ part: String) -> Bool { parts.isEmpty || parts.contains(part) }

func configuration(_ name: String) throws -> AuditLogConfiguration {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let (path, data) = ("\(folder)/\(name).key", "\(folder)/\(name)")
    let key =
        FileManager.default.fileExists(atPath: path)
        ? try LogSigningKey.load(path: path, outside: data)
        : try LogSigningKey.create(path: path, origin: "bench/one", outside: data)
    var configuration = AuditLogConfiguration(directory: data, origin: "bench/one", key: key)
    configuration.logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    return configuration
}

func wait<T: Sendable>(_ body: @escaping @Sendable () async -> T) throws -> T {
    let promise = loop.makePromise(of: T.self)
    promise.completeWithTask { await body() }
    return try promise.futureResult.wait()
}

func row(_ name: String, _ value: String) { print(name.padding(toLength: 58, withPad: " ", startingAt: 0) + value) }

func number(_ value: Double, _ digits: Int = 1) -> String { String(format: "%.\(digits)f", value) }

/// Throughput and CPU time of each thread.
func measureThroughput(_ count: Int, inFlight: Int, log: AuditLog?) throws -> Double {
    let before = ThreadClock()
    let batches = log?.status.batches ?? 0
    let start = Date()
    let latencies = try Load.run(count, inFlight: inFlight, log: log, loop: loop)
    let rate = Double(count) / Date().timeIntervalSince(start)
    let times = ThreadClock().since(before)
    let name = "\(log == nil ? "off" : "strict"), \(inFlight) in flight"
    row("\(name): records/s", number(rate, 0))
    row("\(name): latency median / p99, us", "\(number(latencies[count / 2])) / \(number(latencies[count * 99 / 100]))")
    for (thread, microseconds) in times where microseconds / Double(count) >= 0.05 {
        row("\(name): CPU us/record of \(thread)", number(microseconds / Double(count), 2))
    }
    if let log {
        row("\(name): records a batch", number(Double(count) / Double(log.status.batches - batches)))
    }
    return rate
}

/// The disk's own time for a write of one block and its sync.
func syncMedian() -> Double {
    let path = folder + "/probe"
    let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    defer {
        close(descriptor)
        unlink(path)
    }
    let block = [UInt8](repeating: 7, count: 4096)
    for offset in 0..<1000 { _ = pwrite(descriptor, block, block.count, off_t(offset * 4096)) }
    fdatasync(descriptor)
    let times = (0..<1000).map { offset -> Double in
        let start = DispatchTime.now().uptimeNanoseconds
        _ = pwrite(descriptor, block, block.count, off_t(offset * 4096))
        fdatasync(descriptor)
        return Double(DispatchTime.now().uptimeNanoseconds - start) / 1000
    }
    return times.sorted()[500]
}

if parts == ["small"] || parts == ["usual"], CommandLine.arguments.count > 3,
    let count = Int(CommandLine.arguments[3]), let name = parts.first
{
    // A log of many records, small or of usual size, for the commands that read.
    let log = try AuditLog.open(try configuration(name))
    let small = SmallRecord(boot: log.boot)
    let make: ((Int) -> AuditRecord)? = name == "small" ? { small.make(count - 1 - $0, of: count) } : nil
    _ = try Load.run(count, inFlight: 4000, log: log, loop: loop, make: make)
    try wait { await log.close() }
    exit(0)
}

if parts == ["fill"] {
    // The child of the recovery measurement: ends as a killed process does.
    let log = try AuditLog.open(try configuration("million"))
    _ = try Load.run(1_000_000, inFlight: 1000, log: log, loop: loop)
    kill(getpid(), SIGKILL)
}
try? FileManager.default.removeItem(atPath: folder)
if isWanted("commit") {
    let sample = SampleRecord(boot: "none")
    var commitments = Commitments()
    var bytes = 0
    for _ in 0..<20_000 { bytes = sample.make(&commitments).leaf.count }
    let start = Date()
    for _ in 0..<100_000 { bytes = sample.make(&commitments).leaf.count }
    row("building a record, us", number(Date().timeIntervalSince(start) * 10, 2))
    row("its leaf and disclosures, bytes", "\(bytes) + \(commitments.disclosures.count)")
}
if isWanted("throughput") {
    for inFlight in [100, 256] {
        let off = try measureThroughput(300_000, inFlight: inFlight, log: nil)
        let log = try AuditLog.open(try configuration("throughput-\(inFlight)"))
        _ = try Load.run(20_000, inFlight: inFlight, log: log, loop: loop)
        let strict = try measureThroughput(200_000, inFlight: inFlight, log: log)
        row("strict against off, \(inFlight) in flight", "\(number(strict / off * 100, 0)) %")
        try wait { await log.close() }
    }
}
if isWanted("latency") {
    let log = try AuditLog.open(try configuration("latency"))
    _ = try Load.run(500, inFlight: 1, log: log, loop: loop)
    let sync = syncMedian()
    let latencies = try Load.run(5000, inFlight: 1, log: log, loop: loop)
    row("write and sync of one block, median us", number(sync))
    row("one at a time: latency median / p99, us", "\(number(latencies[2500])) / \(number(latencies[4950]))")
    try wait { await log.close() }
}
if isWanted("recovery") {
    let child = Process()
    child.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
    child.arguments = [CommandLine.arguments[1], "fill"]
    try child.run()
    child.waitUntilExit()
    let configuration = try configuration("million")
    var start = Date()
    let again = try AuditLog.open(configuration)
    let size = again.status.durableSize
    row("opening a log of \(size) records after a kill, s", number(Date().timeIntervalSince(start), 2))
    try wait { await again.close() }
    start = Date()
    let before = ThreadClock()
    let report = LogVerifier(keys: [configuration.key.verifierKey]).verify(directory: configuration.directory)
    let elapsed = Date().timeIntervalSince(start)
    let cpu = ThreadClock().since(before).reduce(0) { $0 + $1.microseconds } / 1_000_000
    row("verifying it (problems: \(report.problems.count)), records/s", number(Double(report.entries) / elapsed, 0))
    row("the same, records a second of CPU time", number(Double(report.entries) / cpu, 0))
}
try? FileManager.default.removeItem(atPath: folder)
