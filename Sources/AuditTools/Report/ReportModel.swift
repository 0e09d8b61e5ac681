// SPDX-License-Identifier: Apache-2.0

/// One cell of a table.
struct ReportCell: Sendable, Hashable {
    var text: String
    var isNumber = false
    /// Whether digits are shown in groups of three.
    var isGrouped = false
    /// Whether an auditor has to look at it: the only thing that is red.
    var isException = false

    init(_ text: String, isNumber: Bool = false, isException: Bool = false) {
        (self.text, self.isNumber, self.isException) = (text, isNumber, isException)
    }

    /// A quantity, shown in groups of three digits.
    static func count(_ value: Int, isException: Bool = false) -> ReportCell {
        var cell = ReportCell(String(value), isNumber: true, isException: isException)
        cell.isGrouped = true
        return cell
    }
}

/// A table, which is also a CSV file of its own.
struct ReportTable: Sendable {
    /// The most rows that the page shows; the file has all.
    static let maximumShown = 100

    /// The name of the CSV file, without `.csv`.
    let name: String
    let title: String
    let columns: [String]
    var rows: [[ReportCell]] = []
    /// What is said when there is no row.
    var whenEmpty = "Nothing of this kind was recorded in the period."
    /// The command that gives the records behind the table.
    var query = ""

    init(_ name: String, _ title: String, _ columns: [String]) {
        (self.name, self.title, self.columns) = (name, title, columns)
    }

    var csv: String {
        var lines = [columns.map { SafeText.csv($0) }.joined(separator: ",")]
        for row in rows { lines.append(row.map { SafeText.csv($0.text) }.joined(separator: ",")) }
        return lines.joined(separator: "\r\n") + "\r\n"
    }
}

/// One bar of a chart: a day with its parts, in the order allow, deny, error.
struct ReportBar: Sendable {
    let label: String
    let parts: [Int]
}

/// A numbered section of the report.
struct ReportSection: Sendable {
    let number: Int
    let title: String
    /// What the section says, a paragraph each.
    var text: [String] = []
    var chart: [ReportBar] = []
    var tables: [ReportTable] = []

    init(_ number: Int, _ title: String, _ text: [String] = []) {
        (self.number, self.title, self.text) = (number, title, text)
    }
}

/// Something that an auditor has to look at.
struct ReportException: Sendable {
    let section: Int
    let what: String
    let place: String
}
