// SPDX-License-Identifier: Apache-2.0

/// Looks for texts that may deceive the reader (Unicode Technical Standard 39 has the background).
enum TextLint {
    /// What is odd about a text; `nil` if nothing is.
    static func oddity(of text: String) -> ValidationFinding.Kind? {
        var scripts: Set<Script> = []
        var (lookalikes, letters) = (0, 0)
        for scalar in text.unicodeScalars {
            if isBidirectionalControl(scalar) { return .bidirectionalText }
            guard let script = Script(scalar) else { continue }
            scripts.insert(script)
            letters += 1
            if script != .latin, resemblesLatin(scalar) { lookalikes += 1 }
        }
        if scripts.count > 1, !isUsual(scripts) { return .mixedScripts }
        return letters > 0 && lookalikes == letters ? .confusableText : nil
    }

    /// Embeddings, overrides and isolates, and the marks that only turn the direction.
    private static func isBidirectionalControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// Mixtures that languages are written in.
    private static func isUsual(_ scripts: Set<Script>) -> Bool {
        scripts.isSubset(of: [.latin, .han, .kana]) || scripts.isSubset(of: [.latin, .han, .hangul])
    }

    /// Letters of other scripts that most typefaces draw like a Latin letter.
    private static func resemblesLatin(_ scalar: Unicode.Scalar) -> Bool {
        lookalikes.contains(scalar)
    }

    private static let lookalikes: Set<Unicode.Scalar> = Set(
        "АВЕЅІЈКМНОРСТХУасеіјорѕухԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ".unicodeScalars)

    private enum Script: Hashable {
        case latin, greek, cyrillic, armenian, hebrew, arabic, devanagari, thai, georgian, hangul, kana, han, cherokee

        init?(_ scalar: Unicode.Scalar) {
            guard scalar.properties.isAlphabetic else { return nil }
            switch scalar.value {
            case 0x41...0x5A, 0x61...0x7A, 0xC0...0x24F, 0x1E00...0x1EFF, 0xFF21...0xFF5A: self = .latin
            case 0x370...0x3FF, 0x1F00...0x1FFF: self = .greek
            case 0x400...0x52F, 0x1C80...0x1C8F, 0x2DE0...0x2DFF, 0xA640...0xA69F: self = .cyrillic
            case 0x531...0x587: self = .armenian
            case 0x591...0x5F4, 0xFB1D...0xFB4F: self = .hebrew
            case 0x600...0x6FF, 0x750...0x77F, 0xFB50...0xFDFF, 0xFE70...0xFEFF: self = .arabic
            case 0x900...0x97F: self = .devanagari
            case 0xE01...0xE5B: self = .thai
            case 0x10A0...0x10FF, 0x1C90...0x1CBF: self = .georgian
            case 0x1100...0x11FF, 0x3130...0x318F, 0xAC00...0xD7AF: self = .hangul
            case 0x3041...0x30FF, 0x31F0...0x31FF: self = .kana
            case 0x3400...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF: self = .han
            case 0x13A0...0x13FF, 0xAB70...0xABBF: self = .cherokee
            default: return nil
            }
        }
    }
}
