// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// Wycheproof's test groups for JSON Web Signatures and JSON Web Keys.
enum WycheproofCases {
    static func run(_ groups: [JSONValue]) -> TokenCaseRunner.Report {
        var report = TokenCaseRunner.Report()
        for group in groups {
            let fields = group.objectValue ?? JSONObject()
            // Groups with symmetric keys have no public half.
            let key = fields["public"] ?? fields["private"] ?? .null
            let keys = key.objectValue?["keys"]?.arrayValue ?? [key]
            for test in fields["tests"]?.arrayValue ?? [] {
                let test = test.objectValue ?? JSONObject()
                let name = fields["type"]?.stringValue ?? "?"
                let id = "\(name) \(test["tcId"]?.int64Value ?? 0) \(test["comment"]?.stringValue ?? "")"
                guard test["jwe"] == nil else {
                    report.skipped += 1
                    continue
                }
                guard let token = test["jws"], let expected = test["result"]?.stringValue else {
                    report.expect("a signature case", "another kind of test", id)
                    continue
                }
                // The JSON serialization arrives as an object: only the compact one is read.
                let isValid = token.stringValue.map { SignatureCase.isValid($0, keys: keys) } ?? false
                // "acceptable" leaves the choice.
                let actual = isValid ? "valid" : "invalid"
                report.expect(expected == "acceptable" ? actual : expected, actual, id)
            }
        }
        return report
    }
}
