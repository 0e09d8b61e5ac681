// SPDX-License-Identifier: Apache-2.0

/// Lays out JSON for people: two blanks a level, one member or element a line.
enum IndentedJSON {
    /// Lays out a JSON text without white space; nothing here recurses.
    static func text(_ json: [UInt8]) -> [UInt8] {
        var (output, depth, index): ([UInt8], Int, Int) = ([], 0, 0)
        func lineBreak(_ output: inout [UInt8]) {
            output.append(UInt8(ascii: "\n"))
            output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
        }
        while index < json.count {
            let byte = json[index]
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                output.append(byte)
                if index + 1 < json.count, json[index + 1] == byte + 2 {
                    output.append(byte + 2)
                    index += 1
                } else {
                    depth += 1
                    lineBreak(&output)
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth = max(0, depth - 1)
                lineBreak(&output)
                output.append(byte)
            case UInt8(ascii: ","):
                output.append(byte)
                lineBreak(&output)
            case UInt8(ascii: ":"): output += [byte, UInt8(ascii: " ")]
            case UInt8(ascii: "\""):
                let end = endOfString(json, index)
                output.append(contentsOf: json[index..<end])
                index = end - 1
            default: output.append(byte)
            }
            index += 1
        }
        output.append(UInt8(ascii: "\n"))
        return output
    }

    private static func endOfString(_ json: [UInt8], _ start: Int) -> Int {
        var index = start + 1
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, json.count)
    }
}
