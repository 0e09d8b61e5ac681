// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import StrictJSON
import Testing

@testable import AuditLog

@Suite("Texts of records: base 64, identifiers, moments, commitments")
struct RecordTextTests {
    @Test("base 64 of every length is that of RFC 4648 in both alphabets")
    func encodes() {
        var random = SeededRandom(state: 3)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let standard = Data(bytes).base64EncodedString()
            #expect(Base64.encode(bytes, .standard) == standard)
            let urlSafe = standard.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
                .replacingOccurrences(of: "=", with: "")
            #expect(Base64.encode(bytes, .urlSafe) == urlSafe)
            #expect(Base64.decode(urlSafe.utf8, .urlSafe) == bytes)
            for alphabet in [Base64.Alphabet.standard, .urlSafe] {
                #expect(Base64.encode(bytes, alphabet).utf8.count == Base64.encodedCount(length, alphabet))
            }
        }
    }

    @Test("every digit of base 64 stands at every place")
    func encodesEveryDigit() {
        for value in 0..<64 {
            for place in 0..<8 {
                let bits = UInt64(value) << UInt64(42 - 6 * place)
                let bytes = (0..<6).map { UInt8(truncatingIfNeeded: bits >> UInt64(40 - 8 * $0)) } + [0, 0, 0]
                #expect(Base64.encode(bytes, .standard) == Data(bytes).base64EncodedString())
            }
        }
    }

    @Test("with and without vectors base 64 is the same", arguments: [Base64.Alphabet.standard, .urlSafe])
    func encodesTheSame(alphabet: Base64.Alphabet) {
        var random = SeededRandom(state: 11)
        for length in Array(0..<100) + [1000, 4096] {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let plain = [UInt8](unsafeUninitializedCapacity: Base64.encodedCount(length, alphabet)) { buffer, count in
                count = bytes.withUnsafeBytes { bytes in
                    Base64.encode(bytes, from: 0, alphabet, into: UnsafeMutableRawBufferPointer(buffer))
                }
            }
            #expect(Base64.encode(bytes, alphabet) == String(decoding: plain, as: UTF8.self))
        }
    }

    @Test("the text of an identifier has its bytes in the places of RFC 9562")
    func writesIdentifiers() throws {
        for _ in 0..<100 {
            let id = UUIDv7()
            let bytes = withUnsafeBytes(of: try #require(UUID(uuidString: id.description)).uuid) { Array($0) }
            let expected = [id.high, id.low].flatMap { word in (0..<8).map { UInt8(word >> (56 - 8 * $0) & 0xFF) } }
            #expect(bytes == expected)
            #expect(id.description == id.description.lowercased())
        }
    }

    @Test(
        "a moment is written in UTC with microseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (1_772_323_199_999_999, "2026-02-28T23:59:59.999999Z"),
            (1_709_164_800_000_001, "2024-02-29T00:00:00.000001Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (.min, "0000-01-01T00:00:00.000000Z"), (.max, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)])
    func writesMoments(microseconds: Int64, text: String) {
        #expect(AuditTimestamp(microseconds: microseconds).description == text)
    }

    @Test("commitments are sorted, hash their disclosure, and leave nothing behind when emptied")
    func commits() throws {
        var commitments = Commitments()
        for round in 0..<2 {
            #expect(commitments.isEmpty)
            #expect(commitments.disclosures == [])
            commitments.add("sub", string: "alice \(round)")
            commitments.add("input", json: Array("{\"a\":1}".utf8))
            commitments.add(named: "z\"", value: .array([1, .null]))
            let isAddedTwice = commitments.add("sub", string: "bob")
            #expect(!isAddedTwice)
            var writer = JSONWriter()
            writer.beginArray()
            commitments.writeObject(to: &writer)
            writer.int(1)
            writer.endArray()
            let array = try JSONValue.parse(writer.bytes)
            #expect(array.canonicalBytes() == writer.bytes)
            let object = try #require(array.arrayValue?.first?.objectValue)
            #expect(object.members.map(\.key) == ["input", "sub", "z\""])
            let disclosures = try #require(JSONValue.parse(commitments.disclosures).arrayValue)
            #expect(disclosures.count == 3)
            for disclosure in disclosures.compactMap(\.stringValue) {
                let digest = Base64.encode(Array(SHA256.hash(data: Array(disclosure.utf8))), .urlSafe)
                let opened = try JSONValue.parse(try #require(Base64.decode(disclosure.utf8, .urlSafe)))
                let name = try #require(opened.arrayValue?[1].stringValue)
                #expect(object[name]?.stringValue == digest)
            }
            commitments.removeAll()
        }
    }
}
