// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// The content of `state.json`: what was signed, or was about to be.
struct LogState: Hashable {
    static let path = "state.json"

    var origin: String
    /// The highest size ever signed; it is written before the signature is made.
    var size: UInt64
    var root: TreeHash
    /// The first entry that is still here.
    var minimumIndex: UInt64 = 0
    var keyIDs: [String]

    init(origin: String, size: UInt64, root: TreeHash, keyIDs: [String]) {
        self.origin = origin
        self.size = size
        self.root = root
        self.keyIDs = keyIDs
    }

    /// Reads the file; `nil` if it is not of this form.
    init?(parsing bytes: [UInt8]) {
        guard let object = try? JSONValue.parse(bytes).objectValue,
            let origin = object["origin"]?.stringValue,
            let size = object["size"]?.int64Value, let size = UInt64(exactly: size),
            let minimum = object["min_index"]?.int64Value, let minimum = UInt64(exactly: minimum), minimum <= size,
            let root = object["root"]?.stringValue, let digest = Base64.decode(root.utf8, .standard),
            let root = TreeHash(digest),
            let keys = object["keys"]?.arrayValue?.compactMap(\.stringValue)
        else { return nil }
        self.init(origin: origin, size: size, root: root, keyIDs: keys)
        minimumIndex = minimum
    }

    var bytes: [UInt8] {
        var object = JSONObject()
        object.append("keys", .array(keyIDs.map { .string($0) }))
        object.append("min_index", .number(JSONNumber(Int64(clamping: minimumIndex))))
        object.append("origin", .string(origin))
        object.append("root", .string(root.base64))
        object.append("size", .number(JSONNumber(Int64(clamping: size))))
        return JSONValue.object(object).canonicalBytes() + [0x0A]
    }
}
