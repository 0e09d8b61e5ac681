// SPDX-License-Identifier: Apache-2.0
import Callout
public import StrictJSON

/// Runs files of test cases against the verifier that serves: what `countersign token verify --cases FILE` does.
///
/// Two forms of files are read. Ours, with `profiles`, `jwks` and `cases`, `dpop` and `rfc`; and Wycheproof's test
/// files for JSON Web Signatures and Keys, with `testGroups`. Every file brings its own keys and clock. HMAC keys
/// count here, where files bring them, and nowhere else.
public struct TokenCaseRunner: Sendable {
    /// A verdict that was not the expected one.
    public struct Miss: Sendable, Hashable {
        /// The id of the case.
        public let id: String
        /// `accept`, `reject` or a value.
        public let expected: String
        /// What came out.
        public let actual: String
    }

    /// What came out of one file or several.
    public struct Report: Sendable, Hashable {
        /// The number of cases with the expected verdict.
        public internal(set) var passed = 0
        /// The cases with another one.
        public internal(set) var misses: [Miss] = []
        /// The number of cases about encrypted tokens, which no provider accepts and nothing here reads.
        public internal(set) var skipped = 0

        /// Makes an empty report.
        public init() {}

        /// The number of cases with another verdict than expected.
        public var failed: Int { misses.count }

        /// A line per wrong verdict and the sums at the end.
        public var lines: [String] {
            misses.map { "\($0.id): expected \($0.expected), got \($0.actual)" }
                + (skipped > 0 ? ["\(skipped) cases of encrypted tokens not run"] : [])
                + ["\(passed) passed, \(failed) failed"]
        }

        /// Counts a refusal; where the case names a reason code, it must be that one.
        mutating func refuse(_ expected: String, _ error: IdentityError, _ id: String, _ fields: JSONObject) {
            guard expected == "reject", let reason = fields["reason"]?.stringValue else {
                return expect(expected, "reject", id, detail: " (\(error.code.rawValue))")
            }
            expect("reject (\(reason))", "reject (\(error.code.rawValue))", id)
        }

        /// Adds the cases of another report.
        public mutating func add(_ other: Report) {
            passed += other.passed
            misses += other.misses
            skipped += other.skipped
        }

        mutating func expect(_ expected: String, _ actual: String, _ id: String, detail: String = "") {
            if expected == actual || (expected == "either" && (actual == "accept" || actual == "reject")) {
                passed += 1
            } else {
                misses.append(Miss(id: id, expected: expected, actual: actual + detail))
            }
        }
    }

    /// Why a file cannot be run.
    public enum FileProblem: Error, Sendable, Hashable {
        /// The file is not JSON.
        case json(JSONError)
        /// The file has neither form.
        case unknownForm
    }

    /// Makes a runner.
    public init() {}

    /// Runs one file.
    ///
    /// - Parameter file: The bytes of the file, at most 64 MiB.
    /// - Returns: The sums and the wrong verdicts.
    /// - Throws: ``FileProblem`` if the file cannot be read as either form.
    public func run(_ file: [UInt8]) throws(FileProblem) -> Report {
        let value: JSONValue
        do { value = try JSONValue.parse(file, limits: JSONLimits(maximumBytes: 64 << 20, maximumDepth: 64)) } catch {
            throw .json(error)
        }
        guard let root = value.objectValue else { throw .unknownForm }
        if let groups = root["testGroups"]?.arrayValue { return WycheproofCases.run(groups) }
        guard root["cases"] != nil || root["dpop"] != nil || root["rfc"] != nil else { throw .unknownForm }
        var report = Report()
        ProfileCases(root).run(into: &report)
        for item in root["dpop"]?.arrayValue ?? [] { ProofCases.run(item.objectValue ?? JSONObject(), &report) }
        for item in root["rfc"]?.arrayValue ?? [] { ExampleCases.run(item.objectValue ?? JSONObject(), &report) }
        return report
    }
}
