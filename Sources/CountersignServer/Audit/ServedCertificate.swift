// SPDX-License-Identifier: Apache-2.0

import AuditLog
import NIOSSL
import StrictJSON

/// What `cert.load` says of the certificate that a listener serves.
enum ServedCertificate {
    /// Serial number and term of the first certificate of a chain in PEM form; empty if there is none.
    static func description(of chain: [UInt8]) -> JSONObject {
        guard let leaf = try? NIOSSLCertificate.fromPEMBytes(chain).first else { return JSONObject() }
        let digits = Array("0123456789abcdef".utf8)
        let serial = leaf.serialNumber.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return [
            "not_after": .string(moment(Int64(leaf.notValidAfter))),
            "not_before": .string(moment(Int64(leaf.notValidBefore))),
            "serial": .string(String(decoding: serial, as: UTF8.self)),
        ]
    }

    private static func moment(_ seconds: Int64) -> String {
        let (microseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return AuditTimestamp(microseconds: overflow ? (seconds < 0 ? .min : .max) : microseconds).description
    }
}
