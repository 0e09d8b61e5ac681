// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

@testable import AuditLog

/// A disk in memory that forgets, keeps or tears what was not synced when the power goes.
final class SimulatedDisk: Sendable {
    /// How the disk takes `O_DIRECT`.
    enum Direct: Sendable, CaseIterable {
        case accepted
        /// The mode cannot be set.
        case refusedAtOnce
        /// The mode can be set, but every direct write fails.
        case refusedWhenTried
    }

    private struct Inode {
        var content: [UInt8] = []
        var durable: [UInt8] = []
        var unsynced: [(offset: Int, bytes: [UInt8])] = []
    }

    private struct State {
        var inodes: [Int: Inode] = [:]
        /// Directories have the inode zero.
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        /// Changes of names that no `fsync` of their directory has covered, in order; `nil` is a removal.
        var unsyncedNames: [String: [(path: String, inode: Int?)]] = [:]
        var open: [Int32: Int] = [:]
        /// Descriptors whose transfers are direct.
        var direct: Set<Int32> = []
        var directWrites = 0
        var nextInode = 1
        var nextDescriptor: Int32 = 1
        var locked: Int32?
        var operations = 0
        var cut: Int?
        var random: SeededRandom
    }

    private let state: Mutex<State>

    private let direct: Direct

    init(cutAt operation: Int?, seed: UInt64, direct: Direct = .accepted) {
        self.direct = direct
        var state = State(random: SeededRandom(state: seed))
        state.cut = operation
        self.state = Mutex(state)
    }

    var operations: Int { state.withLock { $0.operations } }

    /// Whether the power is gone.
    var isOff: Bool { state.withLock { state in state.cut.map { state.operations >= $0 } ?? false } }

    /// How many writes passed the page cache by.
    var directWrites: Int { state.withLock { $0.directWrites } }

    /// What is there when the power is back.
    ///
    /// - Parameters:
    ///   - loss: What becomes of what was not synced.
    ///   - operation: When the power goes again, counted from here.
    /// - Returns: A disk of its own.
    func afterPowerCut(_ loss: PowerLoss = .torn, cutAt operation: Int? = nil) -> SimulatedDisk {
        state.withLock { state in
            var random = state.random
            let next = SimulatedDisk(cutAt: operation, seed: random.next())
            var names = state.durableNames
            for folder in state.unsyncedNames.keys.sorted() {
                let changes = state.unsyncedNames[folder] ?? []
                for change in changes.prefix(loss.names(of: changes.count, &random)) {
                    names[change.path] = change.inode
                }
            }
            // A file in a directory that is not there cannot be there.
            func isReachable(_ path: String) -> Bool {
                let folder = Self.parent(of: path)
                return folder == "/disk" || names[folder] != nil && isReachable(folder)
            }
            let reachable = names.filter { isReachable($0.key) }
            var inodes: [Int: Inode] = [:]
            for (number, inode) in state.inodes.sorted(by: { $0.key < $1.key }) {
                let content = loss.content(inode.durable, unsynced: inode.unsynced, &random)
                inodes[number] = Inode(content: content, durable: content)
            }
            let nextInode = state.nextInode
            next.state.withLock {
                $0.names = reachable
                $0.durableNames = reachable
                $0.inodes = inodes
                $0.nextInode = nextInode
            }
            return next
        }
    }

    /// A number that stands for everything that is on the disk.
    var fingerprint: Int {
        state.withLock { state in
            var hasher = Hasher()
            for (name, inode) in state.names.sorted(by: { $0.key < $1.key }) {
                hasher.combine(name)
                if inode != 0 { hasher.combine(state.inodes[inode]?.content) }
            }
            return hasher.finalize()
        }
    }

    static func parent(of path: String) -> String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

    /// Runs an operation unless the power is gone; the one during which it goes has its effect, but not its return.
    private func perform<Result>(
        _ path: String, _ body: (inout State) -> Result?
    ) throws(AuditLogError) -> Result {
        let (isCut, result) = state.withLock { state -> (Bool, Result?) in
            state.operations += 1
            if let cut = state.cut, state.operations > cut { return (true, nil) }
            let result = body(&state)
            return (state.operations == state.cut, result)
        }
        if isCut { throw .storage(operation: "use", path: path, code: EIO) }
        guard let result else { throw .storage(operation: "opening", path: path, code: ENOENT) }
        return result
    }

    private func rename(_ path: String, to inode: Int?, _ state: inout State) {
        state.names[path] = inode
        state.unsyncedNames[Self.parent(of: path), default: []].append((path, inode))
    }

    /// Refuses a direct write whose memory, length or place is not aligned, as disks do.
    private func checkDirect(
        _ file: LogFileSystem.File, _ runs: [UnsafeRawBufferPointer], _ offset: UInt64
    ) throws(AuditLogError) {
        guard state.withLock({ $0.direct.contains(file.descriptor) }) else { return }
        let isAligned =
            offset % 4096 == 0
            && runs.allSatisfy { $0.count % 4096 == 0 && ($0.isEmpty || UInt(bitPattern: $0.baseAddress) % 4096 == 0) }
        guard isAligned, direct == .accepted else {
            throw .storage(operation: "writing", path: file.path, code: EINVAL)
        }
        state.withLock { $0.directWrites += 1 }
    }

    private func write(
        _ file: LogFileSystem.File, _ runs: [UnsafeRawBufferPointer], _ offset: UInt64
    ) throws(AuditLogError) {
        try checkDirect(file, runs, offset)
        try perform(file.path) { state -> Void? in
            guard let number = state.open[file.descriptor] else { return nil }
            var offset = Int(offset)
            for bytes in runs where !bytes.isEmpty {
                let end = offset + bytes.count
                let missing = end - (state.inodes[number]?.content.count ?? 0)
                if missing > 0 { state.inodes[number]?.content += [UInt8](repeating: 0, count: missing) }
                state.inodes[number]?.content.replaceSubrange(offset..<end, with: bytes)
                state.inodes[number]?.unsynced.append((offset, Array(bytes)))
                offset = end
            }
        }
    }

    var fileSystem: LogFileSystem {
        LogFileSystem(
            makeDirectory: { [self] path throws(AuditLogError) in
                try perform(path) { if $0.names[path] == nil { rename(path, to: 0, &$0) } }
            },
            lock: { [self] path throws(AuditLogError) in
                try perform(path) { state -> LogFileSystem.File?? in
                    guard state.locked == nil else { return .some(nil) }
                    state.nextDescriptor += 1
                    state.locked = state.nextDescriptor
                    return LogFileSystem.File(descriptor: state.nextDescriptor, path: path)
                }
            },
            open: { [self] path, mode throws(AuditLogError) in
                try perform(path) { state in
                    if case .replace = mode {
                        state.inodes[state.nextInode] = Inode()
                        rename(path, to: state.nextInode, &state)
                        state.nextInode += 1
                    }
                    guard let inode = state.names[path], inode != 0 else { return nil }
                    state.nextDescriptor += 1
                    state.open[state.nextDescriptor] = inode
                    return LogFileSystem.File(descriptor: state.nextDescriptor, path: path)
                }
            },
            close: { [self] file in
                state.withLock {
                    $0.open[file.descriptor] = nil
                    $0.direct.remove(file.descriptor)
                    if $0.locked == file.descriptor { $0.locked = nil }
                }
            },
            write: { [self] file, bytes, offset throws(AuditLogError) in try write(file, [bytes], offset) },
            writeBoth: { [self] file, first, second, offset throws(AuditLogError) in
                try write(file, [first, second], offset)
            },
            setDirect: { [self] file, isDirect in
                guard direct != .refusedAtOnce else { return false }
                state.withLock {
                    if isDirect { $0.direct.insert(file.descriptor) } else { $0.direct.remove(file.descriptor) }
                }
                return true
            },
            read: { [self] file, buffer, offset throws(AuditLogError) in
                try perform(file.path) { state in
                    guard let number = state.open[file.descriptor], let content = state.inodes[number]?.content
                    else { return nil }
                    let part = content.dropFirst(Int(offset)).prefix(buffer.count)
                    buffer.copyBytes(from: part)
                    return part.count
                }
            },
            size: { [self] file throws(AuditLogError) in
                try perform(file.path) { state in
                    state.open[file.descriptor].map { UInt64(state.inodes[$0]?.content.count ?? 0) }
                }
            },
            syncData: { [self] file throws(AuditLogError) in
                try perform(file.path) { state in
                    // The operation that the cut meets has not done its work.
                    guard state.operations != state.cut, let number = state.open[file.descriptor] else { return nil }
                    let content = state.inodes[number]?.content ?? []
                    state.inodes[number]?.durable = content
                    state.inodes[number]?.unsynced = []
                }
            },
            syncDirectory: { [self] path throws(AuditLogError) in
                try perform(path) { state in
                    guard state.operations != state.cut else { return nil }
                    for change in state.unsyncedNames.removeValue(forKey: path) ?? [] {
                        state.durableNames[change.path] = change.inode
                    }
                }
            },
            rename: { [self] from, to throws(AuditLogError) in
                try perform(from) { state in
                    guard let inode = state.names[from] else { return nil }
                    rename(to, to: inode, &state)
                    rename(from, to: nil, &state)
                }
            },
            exchange: { [self] first, second in
                let isDone = try? perform(first) { state -> Bool in
                    guard let one = state.names[first], let other = state.names[second] else { return false }
                    rename(second, to: one, &state)
                    rename(first, to: other, &state)
                    return true
                }
                return isDone ?? false
            },
            removeFile: { [self] path throws(AuditLogError) in
                try perform(path) { if $0.names[path] != nil { rename(path, to: nil, &$0) } }
            },
            removeDirectory: { [self] path throws(AuditLogError) in
                try perform(path) { if $0.names[path] != nil { rename(path, to: nil, &$0) } }
            },
            list: { [self] path throws(AuditLogError) in
                try perform(path) { state in
                    state.names.keys.filter { Self.parent(of: $0) == path }
                        .map { String($0.dropFirst(path.utf8.count + 1)) }.sorted()
                }
            },
            freeBytes: { _ throws(AuditLogError) in 1 << 40 })
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
