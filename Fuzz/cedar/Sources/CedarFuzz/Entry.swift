// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The targets, by the name that `Fuzz/run` gives.
enum Target: String, CaseIterable {
    case json
    case policies
    case entities
    case decision
    case extensions
    case schema
    case policyjson

    /// Tries one input; returning is passing.
    func run(_ input: [UInt8]) {
        switch self {
        case .json: JSONTarget.run(input)
        case .policies: PoliciesTarget.run(input)
        case .entities: EntitiesTarget.run(input)
        case .decision: DecisionTarget.run(input)
        case .extensions: ExtensionsTarget.run(input)
        case .schema: SchemaTarget.run(input)
        case .policyjson: PolicyJSONTarget.run(input)
        }
    }

    /// Which one runs in this process.
    static let chosen: Target = {
        let name = getenv("COUNTERSIGN_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = Target(rawValue: name) else {
            fatalError("COUNTERSIGN_FUZZ_TARGET must be one of \(Target.allCases.map(\.rawValue))")
        }
        return target
    }()
}

/// Ends the process with the input as a finding.
func expect(_ holds: Bool, _ complaint: @autoclosure () -> String) {
    if !holds { fatalError(complaint()) }
}

/// What libFuzzer calls.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Target.chosen.run(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}
