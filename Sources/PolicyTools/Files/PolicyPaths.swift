// SPDX-License-Identifier: Apache-2.0

import Cedar

/// The files that paths of the command line stand for.
enum PolicyPaths {
    /// Files as they are, directories with the files below them that are wanted, `-` for standard input.
    ///
    /// `kind` says what is wanted, in the words of the problem that a directory without any such file is.
    static func expand(
        _ paths: [String], kind: String, _ problems: inout [FileProblem], where isWanted: (String) -> Bool
    ) -> [String] {
        var files: [String] = []
        for path in paths {
            guard path != "-", DiskFiles.targetKind(of: path) == .directory else {
                files.append(path)
                continue
            }
            do throws(ToolError) {
                let found = try DiskFiles.files(below: path).filter(isWanted)
                if found.isEmpty {
                    problems.append(FileProblem(file: path, message: "there is no \(kind) file below it"))
                }
                files += found.map { "\(path)/\($0)" }
            } catch {
                problems.append(FileProblem(error, file: path))
            }
        }
        return files
    }

    /// The bytes of a file, or of standard input for `-`.
    static func read(_ path: String, _ problems: inout [FileProblem]) -> [UInt8]? {
        do throws(ToolError) {
            return path == "-" ? try DiskFiles.standardInput() : try DiskFiles.contents(of: path)
        } catch {
            problems.append(FileProblem(error, file: path))
            return nil
        }
    }
}
