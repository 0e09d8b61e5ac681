// SPDX-License-Identifier: Apache-2.0

import Callout

/// Why a step of the pipeline ends in a refusal.
struct Refusal: Error {
    let fault: Fault
    /// What the operator reads; never a token or a secret.
    let detail: String
    /// The policies that forbid, if policy said no.
    var policies: [String] = []

    init(_ fault: Fault, detail: String = "", policies: [String] = []) {
        self.fault = fault
        self.detail = detail
        self.policies = policies
    }

    init(_ code: ReasonCode, detail: String = "") { self.init(Fault(code), detail: detail) }
}
