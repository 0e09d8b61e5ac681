// SPDX-License-Identifier: Apache-2.0

package import Logging
package import StrictJSON

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Carries a command out wherever that can be done: by the running process, or with the log opened here.
package enum ControlDesk {
    /// - Parameters:
    ///   - command: What is to be done.
    ///   - path: The configuration file.
    ///   - overrides: Values by full path.
    ///   - logger: For the log when it is opened here.
    /// - Returns: The command's result.
    /// - Throws: Why it was not carried out.
    package static func perform(
        _ command: ControlCommand, configuration path: String, overrides: [String: String], logger: Logger
    ) async throws(ControlProblem) -> JSONObject {
        let source = ConfigurationSource(path: path, overrides: overrides)
        let configuration = try source.read()
        if let result = try await ControlClient(data: configuration.data).send(command) { return result }
        guard command.worksOnTheLogAlone else {
            throw ControlProblem(.notRunning, "no process serves `\(configuration.data)`")
        }
        let audit: AuditTrail
        do {
            audit = try AuditTrail.open(configuration, logger: logger)
        } catch {
            throw ControlProblem(.failed, "\(error)")
        }
        let caller = ControlCaller(userID: geteuid(), processID: getpid())
        let context = ControlContext(audit: audit, service: nil, source: source, caller: caller)
        do throws(ControlProblem) {
            let result = try await command.perform(in: context)
            await audit.close()
            return result
        } catch {
            await audit.close()
            throw error
        }
    }
}
