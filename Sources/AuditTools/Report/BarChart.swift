// SPDX-License-Identifier: Apache-2.0

/// Decisions per day as an inline SVG: allowed, denied and failed, one bar a day.
struct BarChart {
    private static let width = 720
    private static let height = 190
    private static let (left, top, bottom) = (52, 10, 24)
    private static let shades = ["allowed", "denied", "failed"]

    private let bars: [ReportBar]

    init(_ bars: [ReportBar]) { self.bars = bars }

    var svg: String {
        let highest = Self.ceiling(bars.map { $0.parts.reduce(0, +) }.max() ?? 0)
        let room = Self.height - Self.top - Self.bottom
        let step = Double(Self.width - Self.left) / Double(max(1, bars.count))
        var text = "<figure><svg viewBox=\"0 0 \(Self.width) \(Self.height)\" role=\"img\" "
        text += "aria-label=\"Decisions per day\">\n"
        for part in 0...2 {
            let value = highest * part / 2
            let y = Self.height - Self.bottom - room * part / 2
            text += "<line x1=\"\(Self.left)\" x2=\"\(Self.width)\" y1=\"\(y)\" y2=\"\(y)\"/>"
            text += "<text x=\"\(Self.left - 8)\" y=\"\(y + 4)\" class=\"y\">\(ReportPage.grouped(value))</text>\n"
        }
        let every = max(1, (bars.count * 70 + Self.width - 1) / Self.width)
        for (place, bar) in bars.enumerated() {
            let x = Double(Self.left) + step * Double(place)
            var y = Double(Self.height - Self.bottom)
            for (kind, count) in bar.parts.enumerated() where count > 0 {
                let size = Double(room) * Double(count) / Double(max(1, highest))
                y -= size
                text += "<rect x=\"\(Self.number(x + step * 0.15))\" y=\"\(Self.number(y))\" "
                text += "width=\"\(Self.number(step * 0.7))\" height=\"\(Self.number(size))\" "
                text += "class=\"\(Self.shades[kind])\"/>\n"
            }
            if place % every == 0 {
                let middle = Self.number(x + step / 2)
                text += "<text x=\"\(middle)\" y=\"\(Self.height - 6)\" class=\"x\">"
                text += "\(SafeText.html(String(bar.label.suffix(5))))</text>\n"
            }
        }
        let key = Self.shades.map { "<span class=\"\($0)\"></span>\($0)" }.joined(separator: " ")
        return text + "</svg>\n<figcaption>Decisions per day: \(key)</figcaption></figure>\n"
    }

    /// The next round number: 1, 2 or 5 times a power of ten, at least 2.
    private static func ceiling(_ value: Int) -> Int {
        var unit = 1
        while unit < 1_000_000_000_000 {
            for factor in [2, 5, 10] where unit * factor >= value { return unit * factor }
            unit *= 10
        }
        return value
    }

    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
