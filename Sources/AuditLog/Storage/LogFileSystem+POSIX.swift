// SPDX-License-Identifier: Apache-2.0

import CAudit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension LogFileSystem {
    /// The operating system's files.
    package static let posix = LogFileSystem(
        makeDirectory: { path throws(Failure) in
            guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
            throw failure("creation", path)
        },
        lock: { path throws(Failure) in
            let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw failure("opening", path) }
            var code: Int32 = 0
            // Readers that ask whether a process works on the log hold the lock for an instant.
            for attempt in 0..<5 {
                if attempt > 0 { usleep(20_000) }
                if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return File(descriptor: descriptor, path: path) }
                code = errno
                guard code == EWOULDBLOCK else { break }
            }
            _ = Glibc.close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw .storage(operation: "locking", path: path, code: code)
        },
        open: { path, mode throws(Failure) in
            let flags =
                switch mode {
                case .read: O_RDONLY
                case .update: O_RDWR
                case .replace: O_RDWR | O_CREAT | O_TRUNC
                }
            let descriptor = Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw failure("opening", path) }
            return File(descriptor: descriptor, path: path)
        },
        close: { file in _ = Glibc.close(file.descriptor) },
        write: { file, bytes, offset throws(Failure) in
            var done = 0
            while done < bytes.count {
                let start = bytes.baseAddress?.advanced(by: done)
                let count = pwrite(file.descriptor, start, bytes.count - done, off_t(offset) + off_t(done))
                if count > 0 {
                    done += count
                } else if count == 0 || errno != EINTR {
                    throw failure("writing", file.path)
                }
            }
        },
        writeBoth: { file, first, second, offset throws(Failure) in
            var done = 0
            while done < first.count + second.count {
                let start = UnsafeRawBufferPointer(rebasing: first.dropFirst(done))
                let end = UnsafeRawBufferPointer(rebasing: second.dropFirst(max(0, done - first.count)))
                let count = withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { vectors in
                    vectors[0] = iovec(iov_base: .init(mutating: start.baseAddress), iov_len: start.count)
                    vectors[1] = iovec(iov_base: .init(mutating: end.baseAddress), iov_len: end.count)
                    return pwritev(file.descriptor, vectors.baseAddress, 2, off_t(offset) + off_t(done))
                }
                if count > 0 {
                    done += count
                } else if count == 0 || errno != EINTR {
                    throw failure("writing", file.path)
                }
            }
        },
        setDirect: { file, isDirect in
            let flags = fcntl(file.descriptor, F_GETFL)
            guard flags >= 0 else { return false }
            return fcntl(file.descriptor, F_SETFL, isDirect ? flags | directFlag : flags & ~directFlag) == 0
        },
        read: { file, buffer, offset throws(Failure) in
            var done = 0
            while done < buffer.count {
                let start = buffer.baseAddress?.advanced(by: done)
                let count = pread(file.descriptor, start, buffer.count - done, off_t(offset) + off_t(done))
                if count == 0 { break }
                if count > 0 {
                    done += count
                } else if errno != EINTR {
                    throw failure("reading", file.path)
                }
            }
            return done
        },
        size: { file throws(Failure) in
            var information = stat()
            guard fstat(file.descriptor, &information) == 0 else { throw failure("inspection", file.path) }
            return UInt64(max(0, information.st_size))
        },
        syncData: { file throws(Failure) in
            guard fdatasync(file.descriptor) == 0 else { throw failure("synchronization", file.path) }
        },
        syncDirectory: { path throws(Failure) in
            let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { throw failure("opening", path) }
            defer { _ = Glibc.close(descriptor) }
            guard fsync(descriptor) == 0 else { throw failure("synchronization", path) }
        },
        rename: { from, to throws(Failure) in
            guard Glibc.rename(from, to) == 0 else { throw failure("renaming", from) }
        },
        exchange: { first, second in countersign_exchange(first, second) == 0 },
        removeFile: { path throws(Failure) in
            guard unlink(path) != 0, errno != ENOENT else { return }
            throw failure("removal", path)
        },
        removeDirectory: { path throws(Failure) in
            guard rmdir(path) != 0, errno != ENOENT else { return }
            throw failure("removal", path)
        },
        list: { path throws(Failure) in
            guard let directory = opendir(path) else {
                if errno == ENOENT { return [] }
                throw failure("listing", path)
            }
            defer { closedir(directory) }
            var names: [String] = []
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { names.append(name) }
            }
            return names.sorted()
        },
        freeBytes: { path throws(Failure) in
            var information = statvfs()
            guard statvfs(path, &information) == 0 else { throw failure("inspection", path) }
            return UInt64(information.f_bavail) * UInt64(information.f_frsize)
        }
    )

    /// `O_DIRECT`, which differs between processors and is not in every C library's Swift names.
    #if arch(arm64) || arch(arm)
        private static let directFlag: Int32 = 0o200000
    #else
        private static let directFlag: Int32 = 0o40000
    #endif

    private static func failure(_ operation: String, _ path: String) -> Failure {
        .storage(operation: operation, path: path, code: errno)
    }
}
