// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import NIOCore

/// How many processors the process may run on: at most what its control group grants, and those it is bound to.
enum ProcessorCount {
    static var usable: Int { max(1, min(System.coreCount, bound)) }

    /// The processors of the affinity mask; each event loop beyond them would only take turns with another.
    private static var bound: Int {
        #if os(Linux)
            var mask = cpu_set_t()
            guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &mask) == 0 else { return .max }
            let count = withUnsafeBytes(of: mask) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
            return count > 0 ? count : .max
        #else
            return .max
        #endif
    }
}
