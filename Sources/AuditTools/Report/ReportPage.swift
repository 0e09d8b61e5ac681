// SPDX-License-Identifier: Apache-2.0

import AuditLog

/// The report as one HTML file: no script, nothing from elsewhere, made to be printed.
struct ReportPage {
    private let content: ReportContent

    init(_ content: ReportContent) { self.content = content }

    var html: String {
        var page = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>Evidence report, \(title)</title>
            <style>\(ReportStyle.css)</style>
            </head>
            <body>

            """
        page += cover
        page += contents
        for section in content.sections { page += html(of: section) }
        page += footer + "</body>\n</html>\n"
        return page
    }

    private var title: String {
        SafeText.html(
            "\(content.facts.map(\.log.origin).joined(separator: ", ")), \(ReportContent.moment(content.scope.from)) to "
                + ReportContent.moment(content.scope.to))
    }

    private var cover: String {
        let decisions = content.facts.reduce(0) { $0 + $1.decisions.all.total }
        let refused = content.facts.reduce(0) { $0 + $1.decisions.all.parts[1] }
        let isVerified = content.facts.allSatisfy(\.verification.isVerified)
        let count = content.exceptions.count
        return """
            <header>
            <p class="kind">Evidence report</p>
            <h1>\(SafeText.html(content.facts.map(\.log.origin).joined(separator: ", ")))</h1>
            <p class="period">\(ReportContent.moment(content.scope.from)) to \(ReportContent.moment(content.scope.to)), \
            <span>first day included, last excluded, UTC</span></p>
            <dl class="figures">
            \(figure("Integrity", isVerified ? "verified" : "not verified", isException: !isVerified))
            \(figure("Decisions", Self.grouped(decisions)))
            \(figure("Denied", Self.grouped(refused)))
            \(figure("Exceptions", Self.grouped(count), isException: count > 0))
            </dl>
            </header>

            """
    }

    private func figure(_ name: String, _ value: String, isException: Bool = false) -> String {
        "<div><dt>\(name)</dt><dd\(isException ? " class=\"red\"" : "")>\(SafeText.html(value))</dd></div>"
    }

    private var contents: String {
        let entries = content.sections.map { section in
            let count = content.exceptions.count { $0.section == section.number }
            let mark = count > 0 ? " <span class=\"mark\">\(count)</span>" : ""
            return "<li><a href=\"#s\(section.number)\">\(SafeText.html(section.title))</a>\(mark)</li>"
        }
        return "<nav aria-label=\"Contents\"><ol>\(entries.joined(separator: "\n"))</ol></nav>\n"
    }

    private func html(of section: ReportSection) -> String {
        var text = "<section id=\"s\(section.number)\">\n<h2><span>\(section.number)</span> "
        text += "\(SafeText.html(section.title))</h2>\n"
        for paragraph in section.text { text += "<p>\(Self.prose(paragraph))</p>\n" }
        if section.chart.count > 1 { text += BarChart(section.chart).svg }
        for table in section.tables { text += html(of: table) }
        return text + "</section>\n"
    }

    private func html(of table: ReportTable) -> String {
        var text = "<h3>\(SafeText.html(table.title))</h3>\n"
        guard !table.rows.isEmpty else { return text + "<p class=\"none\">\(SafeText.html(table.whenEmpty))</p>\n" }
        let numbers = table.columns.indices.map { column in table.rows.allSatisfy { $0[column].isNumber } }
        text += "<table class=\"t-\(table.name)\">\n<thead><tr>"
        for (column, name) in table.columns.enumerated() {
            text += "<th scope=\"col\"\(numbers[column] ? " class=\"n\"" : "")>\(SafeText.html(name))</th>"
        }
        text += "</tr></thead>\n<tbody>\n"
        for row in table.rows.prefix(ReportTable.maximumShown) {
            text += "<tr>" + row.map { html(of: $0) }.joined() + "</tr>\n"
        }
        text += "</tbody>\n</table>\n"
        var notes: [String] = []
        if table.rows.count > ReportTable.maximumShown {
            notes.append("The first \(ReportTable.maximumShown) of \(table.rows.count) rows")
        }
        notes.append("\(table.name).csv")
        let query = table.query.isEmpty ? "" : " &#183; <code>\(SafeText.html(table.query))</code>"
        return text + "<p class=\"note\">\(SafeText.html(notes.joined(separator: "; ")))\(query)</p>\n"
    }

    private func html(of cell: ReportCell) -> String {
        let classes =
            (cell.isNumber ? ["n"] : []) + (cell.isException ? ["red"] : [])
            + (Self.hasLongWord(cell.text) ? ["w"] : []) + (Self.isHash(cell.text) ? ["hash"] : [])
        let mark = classes.isEmpty ? "" : " class=\"\(classes.joined(separator: " "))\""
        let text =
            cell.isGrouped ? Int(cell.text).map { Self.grouped($0) } ?? cell.text : cell.text
        if let moment = Self.moment(cell.text) { return "<td class=\"time\">\(moment)</td>" }
        if Self.isUUID(cell.text) {
            // Two halves, each on one line: an id can be compared by eye.
            return
                "<td class=\"id\"><span>\(cell.text.prefix(19))</span><wbr><span>\(cell.text.dropFirst(19))</span></td>"
        }
        return "<td\(mark)>\(Self.breakable(text))</td>"
    }

    /// Escaped text; what stands between backticks is code.
    private static func prose(_ text: String) -> String {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false).map { SafeText.html(String($0)) }
        guard parts.count % 2 == 1 else { return SafeText.html(text) }
        return parts.enumerated().map { $0.offset % 2 == 0 ? $0.element : "<code>\($0.element)</code>" }.joined()
    }

    /// Escaped text whose long words may break where they have joints: before a slash, behind a bar.
    private static func breakable(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            let shown = SafeText.html(String(word))
            guard word.utf8.count > 16 else { return shown }
            return shown.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "<wbr>/")
                .split(separator: "|", omittingEmptySubsequences: false).joined(separator: "|<wbr>")
        }.joined(separator: " ")
    }

    private static func isUUID(_ text: String) -> Bool {
        let digits = Array(text.utf8)
        guard digits.count == 36 else { return false }
        return digits.enumerated().allSatisfy { place, digit in
            [8, 13, 18, 23].contains(place)
                ? digit == 0x2D : (0x30...0x39).contains(digit) || (0x61...0x66).contains(digit)
        }
    }

    /// Whether a text is a hash or key in digits that mean nothing to a reader.
    private static func isHash(_ text: String) -> Bool {
        let digits = text.hasPrefix("sha256:") ? text.dropFirst(7)[...] : text[...]
        return digits.utf8.count >= 12 && !digits.utf8.contains(0x20)
            && (text.hasPrefix("sha256:") || digits.utf8.count == 44 && digits.utf8.last == UInt8(ascii: "="))
    }

    private static func hasLongWord(_ text: String) -> Bool {
        text.utf8.split(whereSeparator: { $0 == 0x20 }).contains { $0.count > 24 }
    }

    /// A time to the second, as the page shows it; the files have microseconds.
    private static func moment(_ text: String) -> String? {
        guard AuditTimestamp(parsing: text.utf8) != nil else { return nil }
        return "<span>\(text.prefix(10))</span> <span>\(text.dropFirst(11).prefix(8))</span>"
    }

    private var footer: String {
        """
        <footer><p>Made by Countersign \(SafeText.html(content.scope.version)) with \
        <code>\(SafeText.html(content.scope.command.joined(separator: " ")))</code>. \
        manifest.json names every file of this report with its SHA-256.</p></footer>

        """
    }

    /// Digits in groups of three.
    static func grouped(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text += "\u{202F}" }
            text.append(digit)
        }
        return text
    }
}
