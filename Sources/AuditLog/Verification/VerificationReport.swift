// SPDX-License-Identifier: Apache-2.0

/// What an offline check of a log found.
public struct VerificationReport: Sendable, Hashable {
    /// Something that keeps the log from being verified.
    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        /// The first entry concerned, where the problem has a place in the log.
        public var index: UInt64?
        /// What is wrong, and in which file.
        public var text: String

        /// The text with its index, such as `entry 7: …`.
        public var description: String { index.map { "entry \($0): \(text)" } ?? text }
    }

    /// The most problems that are kept; one is enough to fail.
    public static let maximumProblems = 100

    /// The log's identity, empty if there is no readable checkpoint.
    public internal(set) var origin = ""
    /// The size that the checkpoint commits to.
    public internal(set) var size: UInt64 = 0
    /// The root that the checkpoint commits to, in base 64.
    public internal(set) var root = ""
    /// The log keys that signed the checkpoint, in text form.
    public internal(set) var signers: [String] = []
    /// The configured witnesses that cosigned the checkpoint, in text form.
    public internal(set) var witnesses: [String] = []
    /// The size of the checkpoint that ``witnesses`` cosigned: the newest one, or one that the log continues.
    public internal(set) var witnessedSize: UInt64 = 0
    /// Entries whose bytes were hashed.
    public internal(set) var entries: UInt64 = 0
    /// Where the entries begin that are still there; before it only their hashes are.
    public internal(set) var prunedBelow: UInt64 = 0
    /// Openings of commitments that were checked.
    public internal(set) var disclosures: UInt64 = 0
    /// Old checkpoints that the log continues.
    public internal(set) var oldCheckpoints = 0
    /// `gap` records, each of which explains a hole in `n`; counted when records are checked.
    public internal(set) var gaps: UInt64 = 0
    /// In the order found.
    public internal(set) var problems: [Problem] = []

    /// Whether everything that was to be checked is in order.
    public var isVerified: Bool { problems.isEmpty }

    /// The lowest index of a bad entry, if a problem has one.
    public var firstBadIndex: UInt64? { problems.compactMap(\.index).min() }

    /// The lowest index of a bad entry of a stretch, if a problem has one.
    func firstBadIndex(in range: Range<UInt64>) -> UInt64? { problems.compactMap(\.index).filter(range.contains).min() }

    mutating func add(_ text: String, at index: UInt64? = nil) {
        if problems.count < Self.maximumProblems { problems.append(Problem(index: index, text: text)) }
    }

    mutating func add(_ error: AuditLogError, at index: UInt64? = nil) { add("\(error)", at: index) }
}
