// SPDX-License-Identifier: Apache-2.0

package import StrictJSON

/// Who vouches for the subject of a record: the same `sub` of two issuers is two people.
package enum RecordIssuer {
    /// The issuer of the credential (`who.iss`); the kind of credential (`who.auth`) where it has none.
    ///
    /// `nil` for records that say neither, such as those of people who looked for a subject.
    package static func name(in record: JSONObject) -> String? {
        let who = record["who"]?.objectValue
        return who?["iss"]?.stringValue ?? who?["auth"]?.stringValue
    }

    /// The same of a leaf; `nil` also if it is no record.
    package static func name(inLeaf leaf: some Sequence<UInt8>) -> String? {
        (try? JSONValue.parse(Array(leaf)).objectValue).flatMap { name(in: $0) }
    }
}
