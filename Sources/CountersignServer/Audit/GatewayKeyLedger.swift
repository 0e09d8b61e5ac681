// SPDX-License-Identifier: Apache-2.0

import Crypto
import Identity
import StrictJSON
import Synchronization

/// Which keys gateways had when the configuration was last activated, to record that they are others now.
final class GatewayKeyLedger: Sendable {
    /// A key by its place and its content, of which nothing leaves this type.
    private struct Entry: Hashable {
        let gateway: String
        /// The public id, or the gateway's name and the number of the line.
        let id: String
        let digest: SHA256.Digest
    }

    /// One record.
    struct Change: Sendable {
        let type: String
        let content: JSONObject
    }

    private let known = Mutex<[Entry]?>(nil)

    /// What has changed since the last call; nothing at the first.
    func changes(to configuration: ServerConfiguration) -> [Change] {
        let now = Self.entries(configuration)
        guard
            let before = known.withLock({ known in
                defer { known = now }
                return known
            })
        else { return [] }
        return Set((before + now).map(\.gateway)).sorted().flatMap { gateway in
            var gone = before.filter { $0.gateway == gateway && !now.contains($0) }.map(\.id)
            let added = now.filter { $0.gateway == gateway && !before.contains($0) }.map(\.id)
            let rotations = added.map { id in
                // A key in the place of another is that one's successor; else the first that went is.
                let place = gone.firstIndex(of: id) ?? gone.indices.first
                return Self.change("credential.rotate", gateway, new: id, old: place.map { gone.remove(at: $0) })
            }
            return rotations + gone.map { Self.change("credential.revoke", gateway, new: nil, old: $0) }
        }
    }

    private static func change(_ type: String, _ gateway: String, new: String?, old: String?) -> Change {
        // The source tells it from the record that `keys create` and `keys rotate` leave of the same key.
        var content: JSONObject = [
            "cause": "manual", "kind": "gateway_key", "source": "configuration", "store": .string("gateway:\(gateway)"),
        ]
        if let new { content["new"] = .string(new) }
        if let old { content["old"] = .string(old) }
        return Change(type: type, content: content)
    }

    private static func entries(_ configuration: ServerConfiguration) -> [Entry] {
        configuration.gateways.flatMap { gateway in
            gateway.keys.flatMap { reference -> [Entry] in
                let text = (try? SecretReference.text(reference, base: configuration.base)) ?? ""
                let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
                return lines.enumerated().map { index, line in
                    let id = publicID(line) ?? "\(gateway.name)#\(index + 1)"
                    return Entry(gateway: gateway.name, id: id, digest: SHA256.hash(data: Array(line.utf8)))
                }
            }
        }
    }

    /// The public id of a key made by us, or of its hashed line; `nil` for any other text, of which nothing is shown.
    private static func publicID(_ line: Substring) -> String? {
        let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard let word = words.first, word.hasPrefix(APIKey.prefix) else { return nil }
        let bytes = Array(word.utf8)
        let isWhole = bytes.count == 64 && bytes[20] == UInt8(ascii: "_") && words.count == 1
        let id = bytes.dropFirst(4).prefix(16)
        let isID = id.count == 16 && id.allSatisfy { (0x61...0x7A).contains($0) || (0x32...0x37).contains($0) }
        guard isID, isWhole || bytes.count == 20 && words.count >= 3 else { return nil }
        return APIKey.prefix + String(decoding: id, as: UTF8.self)
    }
}
