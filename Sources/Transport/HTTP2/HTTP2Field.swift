// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// A header to send.
///
/// A static name and value are not copied by the library.
enum HTTP2Field {
    case fixed(StaticString, StaticString)
    case value(StaticString, [UInt8])
    case free([UInt8], [UInt8])
}

extension HTTP2Field {
    /// Passes the fields in the library's form; valid for the call only.
    static func withEntries(of fields: [HTTP2Field], _ body: (UnsafeBufferPointer<nghttp2_nv>) -> Int32) -> Int32 {
        // The bytes of every field lie one after the other; the library copies them unless they are static.
        var bytes: [UInt8] = []
        for field in fields {
            switch field {
            case .fixed: break
            case .value(_, let value): bytes += value
            case .free(let name, let value): bytes += name + value
            }
        }
        return bytes.withUnsafeMutableBufferPointer { bytes in
            withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: max(fields.count, 1)) { entries in
                var offset = 0
                func copied(_ count: Int) -> UnsafeMutablePointer<UInt8>? {
                    defer { offset += count }
                    return bytes.baseAddress.map { $0 + offset }
                }
                for (index, field) in fields.enumerated() {
                    entries.initializeElement(at: index, to: Self.entry(field, copied))
                }
                return body(UnsafeBufferPointer(rebasing: entries[..<fields.count]))
            }
        }
    }

    private static func entry(_ field: HTTP2Field, _ copied: (Int) -> UnsafeMutablePointer<UInt8>?) -> nghttp2_nv {
        let staticName = UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue)
        let staticBoth = staticName | UInt8(NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
        switch field {
        case .fixed(let name, let value):
            return nghttp2_nv(
                name: UnsafeMutablePointer(mutating: name.utf8Start),
                value: UnsafeMutablePointer(mutating: value.utf8Start),
                namelen: name.utf8CodeUnitCount, valuelen: value.utf8CodeUnitCount, flags: staticBoth)
        case .value(let name, let value):
            return nghttp2_nv(
                name: UnsafeMutablePointer(mutating: name.utf8Start), value: copied(value.count),
                namelen: name.utf8CodeUnitCount, valuelen: value.count, flags: staticName)
        case .free(let name, let value):
            let start = copied(name.count)
            return nghttp2_nv(
                name: start, value: copied(value.count), namelen: name.count, valuelen: value.count, flags: 0)
        }
    }
}
