// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The targets, by the name that `Fuzz/run` gives.
enum Target: String, CaseIterable {
    case protobuf
    case apigee
    case credentials
    case paths
    case keys
    case tokens

    /// Tries one input; returning is passing.
    func run(_ input: [UInt8]) {
        switch self {
        case .protobuf: ProtobufTarget.run(input)
        case .apigee: ApigeeTarget.run(input)
        case .credentials: CredentialsTarget.run(input)
        case .paths: PathsTarget.run(input)
        case .keys: KeysTarget.run(input)
        case .tokens: TokensTarget.run(input)
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
