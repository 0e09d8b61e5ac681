// SPDX-License-Identifier: Apache-2.0

/// The names of tiles and bundles (C2SP tlog-tiles, "Merkle Tree" and "Log entries").
enum TilePath {
    /// Hashes in a full tile and entries in a full bundle.
    static let width = 256

    /// The path of a tile, `tile/<L>/<N>[.p/<W>]`.
    static func tile(level: Int, index: UInt64, width: Int = width) -> String {
        "tile/\(level)/\(number(index))\(suffix(width))"
    }

    /// The path of a bundle, `tile/entries/<N>[.p/<W>]`.
    static func entries(_ index: UInt64, width: Int = width) -> String {
        "tile/entries/\(number(index))\(suffix(width))"
    }

    private static func suffix(_ width: Int) -> String { width == Self.width ? "" : ".p/\(width)" }

    /// Groups of three digits, all but the last marked with an x.
    static func number(_ index: UInt64) -> String {
        var text = digits(index % 1000)
        var rest = index / 1000
        while rest > 0 {
            text = "x\(digits(rest % 1000))/\(text)"
            rest /= 1000
        }
        return text
    }

    private static func digits(_ value: UInt64) -> String {
        let text = String(value)
        return String(repeating: "0", count: 3 - text.utf8.count) + text
    }
}
