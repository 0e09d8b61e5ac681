// SPDX-License-Identifier: Apache-2.0
import Identity
import Testing

@Suite("Nonces of proofs: RFC 9449, sections 8 and 9")
struct ProofNoncesTests {
    private let now: Int64 = 1_800_000_000
    private let old = Secret([UInt8](repeating: 1, count: 32))
    private let new = Secret([UInt8](repeating: 2, count: 32))

    @Test("a nonce counts in its period and the next, by one clock and by one that is a period behind")
    func periods() throws {
        let nonces = try ProofNonces(keys: [new], lifetime: 300)
        let nonce = nonces.current(at: now)
        #expect(nonces.current(at: now + 299) == nonce && nonces.current(at: now + 300) != nonce)
        #expect(nonces.accepts(nonce, at: now) && nonces.accepts(nonce, at: now + 599))
        #expect(!nonces.accepts(nonce, at: now + 600) && !nonces.accepts(nonce, at: now + 900))
        #expect(nonces.accepts(nonce, at: now - 1) && !nonces.accepts(nonce, at: now - 301))
    }

    @Test("whoever has the key knows the nonces; a key is replaced without one refusal; other keys know nothing")
    func keys() throws {
        let before = try ProofNonces(keys: [old], lifetime: 300)
        let during = try ProofNonces(keys: [new, old], lifetime: 300)
        let replica = try ProofNonces(keys: [old, new], lifetime: 300)
        let after = try ProofNonces(keys: [new], lifetime: 300)
        #expect(during.accepts(before.current(at: now), at: now))
        #expect(replica.accepts(during.current(at: now), at: now))
        #expect(after.accepts(during.current(at: now), at: now) && !after.accepts(before.current(at: now), at: now))
        #expect(!ProofNonces(lifetime: 300).accepts(ProofNonces(lifetime: 300).current(at: now), at: now))
    }

    @Test("no other text is a nonce, whatever the clock says")
    func forgeries() throws {
        let nonces = try ProofNonces(keys: [new], lifetime: 300)
        let nonce = nonces.current(at: now)
        let others = [
            "", "x", nonce + "=", String(nonce.dropLast()), nonce + nonce, String(repeating: "A", count: 32),
            String(repeating: "-", count: 32), String(nonce.dropLast()) + "\u{00E9}",
        ]
        for (index, other) in others.enumerated() { #expect(!nonces.accepts(other, at: now), "\(index)") }
        for index in nonce.indices {
            var bytes = Array(nonce.utf8)
            let place = nonce.utf8.distance(from: nonce.startIndex, to: index)
            bytes[place] = bytes[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(!nonces.accepts(String(decoding: bytes, as: UTF8.self), at: now))
        }
        for moment in [Int64.min, -1, 0, 1, .max] {
            #expect(nonces.accepts(nonces.current(at: moment), at: moment))
            #expect(!nonces.accepts(nonce, at: moment))
        }
    }

    @Test("keys that are too short, or none at all, are refused")
    func weakKeys() {
        #expect(throws: ProofNonces.Problem.short) { try ProofNonces(keys: [new, Secret("short".utf8)], lifetime: 1) }
        #expect(throws: ProofNonces.Problem.none) { try ProofNonces(keys: [], lifetime: 1) }
    }
}
