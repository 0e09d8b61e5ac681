// SPDX-License-Identifier: Apache-2.0

import Crypto
public import StrictJSON

/// Personal data of a record, opened.
public struct Disclosure: Sendable, Hashable {
    /// The name under which the record commits to the value.
    public let name: String
    /// The value.
    public let value: JSONValue

    init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
    }

    /// Opens a disclosure against the commitments of a record.
    ///
    /// `nil` unless it is base64url of `[salt, name, value]` with 128 bits of salt or more, and the record commits to it.
    init?(_ text: String, commitments: JSONObject) {
        guard let bytes = Base64.decode(text.utf8, .urlSafe), let array = try? JSONValue.parse(bytes).arrayValue,
            array.count == 3, let name = array[1].stringValue, let salt = array[0].stringValue,
            let drawn = Base64.decode(salt.utf8, .urlSafe), drawn.count >= 16
        else { return nil }
        let digest = Base64.encode(Array(SHA256.hash(data: Array(text.utf8))), .urlSafe)
        guard commitments[name]?.stringValue == digest else { return nil }
        self.init(name: name, value: array[2])
    }

    /// The disclosures of a line of a disclosure file; `nil` if one of them is not what the leaf commits to.
    static func open(line: ArraySlice<UInt8>, leaf: ArraySlice<UInt8>) -> [Disclosure]? {
        guard let array = try? JSONValue.parse(Array(line)).objectValue?["d"]?.arrayValue else { return nil }
        return open(array, leaf: leaf)
    }

    static func open(_ array: [JSONValue], leaf: ArraySlice<UInt8>) -> [Disclosure]? {
        guard let record = try? JSONValue.parse(Array(leaf)).objectValue, let sd = record["sd"]?.objectValue else {
            return nil
        }
        var opened: [Disclosure] = []
        for element in array {
            guard let text = element.stringValue, let disclosure = Disclosure(text, commitments: sd) else { return nil }
            opened.append(disclosure)
        }
        return opened
    }
}

/// Checks the opened personal data of a bundle; missing lines were erased and are no problem.
struct DisclosureCheck {
    let directory: LogDirectory

    func check(_ number: UInt64, bytes: [UInt8], entries: [Range<Int>], _ report: inout VerificationReport) {
        let file: [UInt8]
        do {
            file = try directory.read(Bundle.disclosureName(number)) ?? []
        } catch {
            return report.add(error, at: number << 8)
        }
        let first = number << 8
        var next = first
        for line in file.split(separator: 0x0A) {
            guard let index = Bundle.index(ofLine: line), index >= next else {
                report.add("disclosures `\(Bundle.disclosureName(number))` are not in the order of the log", at: next)
                continue
            }
            next = index + 1
            // Lines beyond the checkpoint belong to the next one.
            guard index - first < UInt64(entries.count) else {
                if index - first >= UInt64(TilePath.width) {
                    report.add(
                        "disclosures `\(Bundle.disclosureName(number))` name an entry of another bundle", at: index)
                }
                continue
            }
            guard let opened = Disclosure.open(line: line, leaf: bytes[entries[Int(index - first)]]) else {
                report.add("a disclosure is not what the record commits to", at: index)
                continue
            }
            report.disclosures += UInt64(opened.count)
        }
    }
}
