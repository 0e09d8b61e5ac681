// SPDX-License-Identifier: Apache-2.0

import AuditTools
import DecisionEngine
import Foundation
import StrictJSON

/// What a policy directory may hold beside the policies: who wrote this set, and who approved it (THREATS D5).
struct PolicyReview {
    static let fileName = "review.json"
    private static let maximumBytes = 65_536
    private static let texts = ["author", "commit", "policy_set", "signature", "ticket"]

    /// The known members, as records carry them.
    let members: JSONObject
    /// The only set that is approved, if the review names one.
    let policySet: String?
    /// Tells this review from others.
    var digest: String { ContentDigest.text(of: JSONValue.object(members).canonicalBytes()) }

    /// Reads the review of a policy directory; `nil` if there is none.
    ///
    /// - Throws: What is wrong with the file, and in which line.
    static func read(in directory: String) throws(ConfigurationProblem) -> PolicyReview? {
        let path = "\(directory)/\(fileName)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        func problem(_ text: String, line: Int = 0) -> ConfigurationProblem {
            ConfigurationProblem(file: path, line: line, path: "", message: text)
        }
        guard let data = FileManager.default.contents(atPath: path) else { throw problem("cannot be read") }
        guard data.count <= maximumBytes else { throw problem("has more than \(maximumBytes) bytes") }
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue.parse(Array(data)) } catch {
            throw problem("is not JSON: \(error)", line: error.line)
        }
        guard let found = value.objectValue else {
            throw problem("is no object with `author`, `approvers`, ...", line: 1)
        }
        var members = JSONObject()
        if let approvers = found["approvers"] {
            guard let names = approvers.arrayValue, names.allSatisfy({ $0.stringValue != nil }) else {
                throw problem("`approvers` is not a list of names", line: 1)
            }
            members.append("approvers", approvers)
        }
        for name in texts {
            guard let text = found[name] else { continue }
            guard text.stringValue != nil else { throw problem("`\(name)` is not a text", line: 1) }
            members.append(name, text)
        }
        return PolicyReview(members: members, policySet: found["policy_set"]?.stringValue)
    }

    /// Why the review does not speak for a set of policies; `nil` if it does.
    func mismatch(with set: String) -> String? {
        guard let policySet, policySet != set else { return nil }
        return "its `policy_set` is `\(String(policySet.prefix(80)))`, not `\(set)`"
    }

    /// The members for the record; `self_approved` where the author stands among the approvers.
    private var content: JSONObject {
        var content = members
        if let author = members["author"]?.stringValue,
            members["approvers"]?.arrayValue?.contains(.string(author)) == true
        {
            content.append("self_approved", true)
        }
        return content
    }

    /// What `policy.activate` says of the review of a set.
    enum Finding {
        case none
        case approved(JSONObject)
        /// There is a review that does not count, and why.
        case refused(String)
    }

    /// Looks whether the review in a directory speaks for a set, and remembers that it was used for it.
    ///
    /// A review that was recorded with one set never counts for another: who approved the first has not seen the
    /// second.
    static func finding(in directory: String, set: String, store: SetStore?) -> Finding {
        let review: PolicyReview
        do throws(ConfigurationProblem) {
            guard let found = try read(in: directory) else { return .none }
            review = found
        } catch {
            return .refused("`\(fileName)` cannot be used: \(error.message)")
        }
        if let mismatch = review.mismatch(with: set) { return .refused(mismatch) }
        do throws(AuditToolError) {
            let first = try store?.bind(review: review.digest, to: set) ?? set
            guard first == set else {
                return .refused("it was recorded with the set `\(first)` before, and says nothing of this one")
            }
        } catch {
            return .refused("whether it was recorded with another set before cannot be told: \(error)")
        }
        return .approved(review.content)
    }

    /// What `check` says: what is wrong with the file, or that it names another set.
    static func problems(_ configuration: ServerConfiguration, _ files: PolicyFiles?) -> [ConfigurationProblem] {
        do throws(ConfigurationProblem) {
            guard let review = try read(in: configuration.policies.directory), let files,
                let mismatch = review.mismatch(with: files.digests.policySet)
            else { return [] }
            return [
                ConfigurationProblem(
                    file: "\(configuration.policies.directory)/\(fileName)", line: 0, path: "policy_set",
                    message: "the review will not count: \(mismatch)", isWarning: true)
            ]
        } catch {
            return [error]
        }
    }
}
