// SPDX-License-Identifier: Apache-2.0

@testable import Identity

/// Key sets: none that is read holds a key that is symmetric or fits no algorithm, and nothing crashes in between.
enum KeysTarget {
    static func run(_ input: [UInt8]) {
        guard let set = try? KeySet(parsing: input) else { return }
        expect(set.keys.count + set.skipped.count <= KeySet.maximumKeys, "\(set.keys.count) keys")
        for key in set.keys {
            expect(key.thumbprint.utf8.count == 43, "thumbprint `\(key.thumbprint)`")
            for algorithm in SignatureAlgorithm.asymmetric where key.fits(algorithm) {
                expect(!key.isValid([UInt8](repeating: 0, count: 64), over: input.span, algorithm), "a zero signature")
                _ = try? set.key(for: key.keyID, algorithm, issuer: "i")
            }
            for algorithm in [SignatureAlgorithm.hs256, .hs384, .hs512] {
                expect(!key.fits(algorithm), "a symmetric algorithm fits")
            }
        }
        expect(set.isSame(as: set), "a set differs from itself")
    }
}
