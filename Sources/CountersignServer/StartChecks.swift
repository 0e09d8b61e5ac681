// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Foundation
import Transport

extension ServerConfiguration {
    /// What keeps the service from starting beyond the text of the configuration: certificates and the log key.
    ///
    /// `check` and `serve` ask the same, so that neither accepts what the other refuses.
    func startProblems() -> [ConfigurationProblem] {
        dataProblems() + listenerProblems() + AuditTrail.keyProblems(self)
    }

    private func dataProblems() -> [ConfigurationProblem] {
        var isDirectory: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: data, isDirectory: &isDirectory)
        if isThere, isDirectory.boolValue { return [] }
        let obstacle =
            isThere
            ? "`\(data)` is no directory; name one, or a path at which one can be made" : obstacleToFolder(of: data)
        return obstacle.map { [ConfigurationProblem(file: file, line: dataLine, path: "data", message: $0)] } ?? []
    }

    private func listenerProblems() -> [ConfigurationProblem] {
        let named: [(String, Listener?)] = [("grpc", grpc), ("http", http), ("admin", admin)]
        return named.compactMap { name, listener in
            guard let listener, let tls = listener.listener.tls else { return nil }
            do throws(TLSError) {
                try tls.check()
                return nil
            } catch {
                return ConfigurationProblem(
                    file: file, line: listener.line, path: "listeners.\(name).tls", message: error.description)
            }
        }
    }
}

extension AuditTrail {
    /// What is wrong with the origin and the keys of the log, or keeps a key from being drawn.
    static func keyProblems(_ configuration: ServerConfiguration) -> [ConfigurationProblem] {
        let settings = configuration.audit
        guard settings.mode != .off else { return [] }
        func problem(_ key: String, _ line: Int, _ message: String) -> ConfigurationProblem {
            ConfigurationProblem(file: configuration.file, line: line, path: "audit.\(key)", message: message)
        }
        do throws(AuditLogError) { _ = try LogSigningKey(origin: settings.origin) } catch {
            return [problem("origin", settings.lines.origin, error.description)]
        }
        var problems: [ConfigurationProblem] = []
        for (name, path, line) in [
            ("key", settings.key, settings.lines.key), ("next_key", settings.nextKey, settings.lines.nextKey),
        ] as [(String, String?, Int)] {
            guard let path else { continue }
            let isDrawn = name == "next_key" || !FileManager.default.fileExists(atPath: logKeyFile(configuration))
            if isDrawn, !FileManager.default.fileExists(atPath: path) {
                if let obstacle = obstacleToFolder(of: path) { problems.append(problem(name, line, obstacle)) }
                continue
            }
            do throws(AuditLogError) {
                let key = try LogSigningKey.load(path: path, outside: configuration.data)
                guard key.verifierKey.name != settings.origin else { continue }
                problems.append(
                    problem(
                        name, line,
                        "`\(path)` is the key of `\(key.verifierKey.name)`; a key named as `audit.origin`, "
                            + "`\(settings.origin)`, is expected"))
            } catch {
                problems.append(problem(name, line, error.description))
            }
        }
        return problems
    }

    /// The file of a log that names its keys: a log that has it needs its key.
    private static func logKeyFile(_ configuration: ServerConfiguration) -> String {
        configuration.data + "/audit/log.vkey"
    }
}

/// Why the folder of a file or directory cannot be made or written to; `nil` if it can.
private func obstacleToFolder(of path: String) -> String? {
    let files = FileManager.default
    var folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    while !files.fileExists(atPath: folder.path), folder.pathComponents.count > 1 {
        folder.deleteLastPathComponent()
    }
    var isDirectory: ObjCBool = false
    guard files.fileExists(atPath: folder.path, isDirectory: &isDirectory), isDirectory.boolValue else {
        return "`\(path)` cannot be made: `\(folder.path)` is no directory"
    }
    return files.isWritableFile(atPath: folder.path)
        ? nil : "`\(path)` cannot be made: directory `\(folder.path)` is not writable"
}
