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

func measured(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
    let begin = cpuNanoseconds()
    try body()
    return Double(cpuNanoseconds() - begin) / Double(count)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

let rounds = 15
let tokens = try Tokens(1000)
let selection = try await tokens.selection()
let publicKey = tokens.key.publicKey
var accepted = 0
var (library, whole, cached, ratios): ([Double], [Double], [Double], [Double]) = ([], [], [], [])

/// So small that 1000 tokens in turn never find themselves in it: memory is used again as in a server that runs on.
let forgetful = verifier(capacity: 128)
let remembering = verifier(capacity: 16_384)
for text in tokens.texts { _ = try remembering.verify(text, from: selection, now: Tokens.now) }

for _ in 0..<rounds {
    let alone = measured(tokens.signed.count) {
        for (input, signature) in tokens.signed where publicKey.isValidSignature(signature, for: input) {
            accepted += 1
        }
    }
    let first = try measured(tokens.texts.count) {
        for text in tokens.texts {
            accepted += try forgetful.verify(text, from: selection, now: Tokens.now).claims.count > 0 ? 1 : 0
        }
    }
    let again = try measured(tokens.texts.count * 50) {
        for _ in 0..<50 {
            for text in tokens.texts {
                accepted += try remembering.verify(text, from: selection, now: Tokens.now).claims.count > 0 ? 1 : 0
            }
        }
    }
    library.append(alone)
    whole.append(first)
    cached.append(again)
    ratios.append(first / alone)
}

let missed = forgetful.cache.statistics.misses == rounds * tokens.texts.count
guard missed, accepted == rounds * tokens.texts.count * 52 else {
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
print(String(format: "whole / library alone: %.3f (median of the rounds' own ratios)", median(ratios)))
