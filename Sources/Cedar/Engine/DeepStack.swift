// SPDX-License-Identifier: Apache-2.0

private import Glibc

/// A large stack for the rare input that nests deeply, whatever stack the caller's thread has.
///
/// It is for recursion that is bounded all the same, by limits on the nesting of texts and data: 512 levels of JSON,
/// 1,024 of expressions.
enum DeepStack {
    /// How deep a walk may recurse on any thread; what nests more goes through `run`.
    static let ordinaryDepth = 16

    /// 64 MiB of address space; memory is taken as it is touched.
    private static let size = 64 << 20

    private final class Job {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Runs on a thread of its own and waits for it; `false` if the system has no thread to give, nothing ran then.
    private static func runApart(_ body: () -> Void) -> Bool {
        withoutActuallyEscaping(body) { body in
            var attributes = pthread_attr_t()
            guard pthread_attr_init(&attributes) == 0 else { return false }
            defer { pthread_attr_destroy(&attributes) }
            guard pthread_attr_setstacksize(&attributes, size) == 0 else { return false }
            var thread = pthread_t()
            let job = Unmanaged.passRetained(Job(body))
            let started = pthread_create(
                &thread, &attributes,
                { argument in
                    if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
                    return nil
                }, job.toOpaque())
            guard started == 0 else {
                job.release()
                return false
            }
            return pthread_join(thread, nil) == 0
        }
    }

    /// Runs a walk that recurses `depth` deep; `nil` if that needs a large stack and there is none to be had.
    static func run<Result>(depth: Int, _ body: () -> Result) -> Result? {
        depth > ordinaryDepth ? run(body) : body()
    }

    /// Runs a walk whose depth is not known beforehand; `nil` if there is no large stack to be had.
    static func run<Result>(_ body: () -> Result) -> Result? {
        var result: Result?
        return runApart { result = body() } ? result : nil
    }
}
