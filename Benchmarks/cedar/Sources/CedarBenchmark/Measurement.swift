// SPDX-License-Identifier: Apache-2.0

import AllocationCounter
import Cedar

/// What one number of policies costs.
struct Measurement {
    let policies: Int
    /// The mean time of a decision in the best round: neighbours on the machine only ever add.
    var nanoseconds = Double.infinity
    /// Conditions evaluated per request.
    var evaluated = 0.0
    /// Allocations per request.
    var allocations = 0.0
    /// Allocations per denied request that no policy determined.
    var allocationsOfDefaultDeny = 0.0
    /// Conditions evaluated per denied request that no policy determined.
    var evaluatedOfDefaultDeny = 0.0
    /// Parsing, compiling and indexing.
    var loadMilliseconds = 0.0
    /// Strict validation against the schema.
    var validationMilliseconds = 0.0
    var allowed = 0
    var checked = 0
    /// Decisions in the order of the requests, for comparison with others.
    var decisions: [Bool] = []

    private let engine: PolicyEngine
    private let prepared: [PreparedRequest]

    init(_ workload: Workload) throws {
        policies = workload.count
        let clock = ContinuousClock()
        let store = try EntityStore(workload.entities)
        let schema = try Schema.parse(text: Array(Workload.schemaText.utf8), file: "benchmark.cedarschema").get()
        var loaded: PolicyEngine?
        var read = PolicySet()
        let load = try clock.measure {
            let limits = PolicyLimits(maximumBytes: 1 << 26)
            let set = try PolicySet.parse(
                workload.policyText, file: "benchmark.cedar", naming: .sequential, limits: limits
            )
            .get()
            loaded = PolicyEngine(policies: set, entities: store)
            read = set
        }
        var result: ValidationResult?
        validationMilliseconds = clock.measure { result = schema.validate(read) } / .milliseconds(1)
        if let error = result?.errors.first { stop("a policy is not valid: \(error)") }
        loadMilliseconds = load / .milliseconds(1)
        guard let loaded else { stop("the engine was not made") }
        engine = loaded
        prepared = workload.requests.map { loaded.prepare($0) }
        try check(workload)
    }

    /// Every verdict once; a sample against the evaluation of every policy.
    private mutating func check(_ workload: Workload) throws {
        let sample = max(1, workload.requests.count * policies / 2_000_000)
        var defaultDenies = 0
        for (number, request) in prepared.enumerated() {
            let before = allocation_count()
            let response = try engine.authorize(request)
            let count = Double(allocation_count() - before)
            allocations += count
            let conditions = Double(try engine.evaluatedPolicies(request))
            evaluated += conditions
            if response.decision == .deny, response.determining.isEmpty, response.errors.isEmpty {
                defaultDenies += 1
                allocationsOfDefaultDeny += count
                evaluatedOfDefaultDeny += conditions
            }
            decisions.append(response.decision == .allow)
            if number % sample == 0 {
                let expected = try engine.authorizeByReference(workload.requests[number])
                guard expected == response else { stop("request \(number): expected \(expected), got \(response)") }
                checked += 1
            }
        }
        allowed = decisions.count { $0 }
        allocations /= Double(prepared.count)
        evaluated /= Double(prepared.count)
        if defaultDenies > 0 {
            allocationsOfDefaultDeny /= Double(defaultDenies)
            evaluatedOfDefaultDeny /= Double(defaultDenies)
        }
    }

    /// One more round; the best one counts.
    mutating func time() throws {
        let passes = max(1, 50_000 / prepared.count)
        var allowed = 0
        let elapsed = try ContinuousClock().measure {
            for _ in 0..<passes {
                for request in prepared where try engine.authorize(request).decision == .allow { allowed += 1 }
            }
        }
        guard allowed == self.allowed * passes else { stop("a verdict changed from one round to the next") }
        nanoseconds = min(nanoseconds, elapsed / .nanoseconds(1) / Double(passes * prepared.count))
    }
}
