// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Identity

/// Nanoseconds of this thread's CPU time, so that neighbours do not count.
func cpuNanoseconds() -> Int64 {
    var moment = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &moment)
    return Int64(moment.tv_sec) * 1_000_000_000 + Int64(moment.tv_nsec)
}

func nanoseconds(_ body: () throws -> Void) rethrows -> Double {
    let begin = cpuNanoseconds()
    try body()
    return Double(cpuNanoseconds() - begin)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// Library and verifier take turns after so many tokens, so that whatever disturbs one of them disturbs the other too.
let block = 25
let rounds = 41
let tokens = try Tokens(1000)
let selection = try await tokens.selection()
let publicKey = tokens.key.publicKey
var accepted = 0
var (library, whole, cached, ratios): ([Double], [Double], [Double], [Double]) = ([], [], [], [])

/// So small that 1000 tokens in turn never find themselves in it: memory is used again as in a server that runs on.
let forgetful = verifier(capacity: 128)
let remembering = verifier(capacity: 16_384)
for text in tokens.texts { _ = try remembering.verify(text, from: selection, now: Tokens.now) }

@MainActor func verifyByLibrary(_ range: Range<Int>) {
    for (input, signature) in tokens.signed[range] where publicKey.isValidSignature(signature, for: input) {
        accepted += 1
    }
}

@MainActor func verifyWhole(_ range: Range<Int>, _ verifier: TokenVerifier) throws {
    for text in tokens.texts[range] {
        accepted += try verifier.verify(text, from: selection, now: Tokens.now).claims.count > 0 ? 1 : 0
    }
}

for _ in 0..<rounds {
    var (alone, first) = (0.0, 0.0)
    for (index, start) in stride(from: 0, to: tokens.texts.count, by: block).enumerated() {
        let range = start..<min(start + block, tokens.texts.count)
        // Neither side always comes first.
        if index % 2 == 0 { alone += nanoseconds { verifyByLibrary(range) } }
        first += try nanoseconds { try verifyWhole(range, forgetful) }
        if index % 2 == 1 { alone += nanoseconds { verifyByLibrary(range) } }
    }
    let again = try nanoseconds {
        for _ in 0..<20 { try verifyWhole(0..<tokens.texts.count, remembering) }
    }
    let count = Double(tokens.texts.count)
    library.append(alone / count)
    whole.append(first / count)
    cached.append(again / (20 * count))
    ratios.append(first / alone)
}

let missed = forgetful.cache.statistics.misses == rounds * tokens.texts.count
guard missed, accepted == rounds * tokens.texts.count * 22 else {
    print("a token was refused, or found where it should not have been: nothing was measured")
    exit(1)
}
func line(_ name: String, _ nanoseconds: Double) {
    print(name.padding(toLength: 52, withPad: " ", startingAt: 0), String(format: "%10.2f us", nanoseconds / 1000))
}
print(
    "CPU time per token, median of \(rounds) rounds of \(tokens.texts.count) tokens of \(tokens.texts[0].utf8.count) bytes:"
)
line("ES256 by the crypto library alone", median(library))
line("ES256 token verified whole (no cache)", median(whole))
line("verified-token cache hit", median(cached))
let ordered = ratios.sorted()
print(
    String(
        format: "whole / library alone: %.3f (median of the rounds' own ratios, middle half %.3f to %.3f)",
        median(ratios), ordered[ordered.count / 4], ordered[ordered.count * 3 / 4]))
