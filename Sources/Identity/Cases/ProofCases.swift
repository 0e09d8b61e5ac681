// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON

/// The section `dpop`: proofs of possession with the request they claim to belong to.
enum ProofCases {
    static func run(_ fields: JSONObject, _ report: inout TokenCaseRunner.Report) {
        let id = fields["id"]?.stringValue ?? "?"
        let expected = fields["expect"]?.stringValue ?? "?"
        let context = fields["context"]?.objectValue ?? JSONObject()
        guard let proof = fields["proof"]?.stringValue else { return report.expect(expected, "unreadable", id) }
        let verifier = ProofVerifier(
            algorithms: context.strings("algs").compactMap(SignatureAlgorithm.init(name:)),
            maximumAge: context["max_age"]?.int64Value ?? 300, clockSkew: context["leeway"]?.int64Value ?? 60)
        let request = ProofVerifier.Request(
            method: context["method"]?.stringValue ?? "", url: context["url"]?.stringValue ?? "",
            accessToken: context["access_token"]?.stringValue, thumbprint: context["jkt"]?.stringValue,
            nonce: context["nonce"]?.stringValue)
        do {
            _ = try verifier.verify(proof, for: request, now: context["now"]?.int64Value ?? 0)
            report.expect(expected, "accept", id)
        } catch {
            report.refuse(expected, error, id, fields)
        }
    }
}
