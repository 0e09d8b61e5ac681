// SPDX-License-Identifier: Apache-2.0

package import StrictJSON

/// Everything that can be asked of a running process over its control socket.
///
/// One case and one file (in `Commands/`) for each; the file says what the command takes and how it is carried out.
package enum ControlCommand: Sendable {
    case status(StatusQuery)
    case credentialRefresh(CredentialRefresh)
    case erase(EraseCommand)
    case hold(HoldCommand)
    case prune(PruneCommand)
    case rotateLogKey(RotateLogKeyCommand)
    case reading(ReadingNotice)

    /// Reads `{"command":NAME,"arguments":{…}}`.
    package init(parsing line: [UInt8]) throws(ControlProblem) {
        guard let request = try? JSONValue.parse(line).objectValue, let name = request["command"]?.stringValue else {
            throw ControlProblem(.malformed, "a request is one line `{\"command\":…,\"arguments\":{…}}`")
        }
        var arguments = ControlArguments(request["arguments"]?.objectValue ?? JSONObject(), of: name)
        switch name {
        case StatusQuery.name: self = .status(try StatusQuery(&arguments))
        case CredentialRefresh.name: self = .credentialRefresh(try CredentialRefresh(&arguments))
        case EraseCommand.name: self = .erase(try EraseCommand(&arguments))
        case HoldCommand.name: self = .hold(try HoldCommand(&arguments))
        case PruneCommand.name: self = .prune(try PruneCommand(&arguments))
        case RotateLogKeyCommand.name: self = .rotateLogKey(try RotateLogKeyCommand(&arguments))
        case ReadingNotice.name: self = .reading(try ReadingNotice(&arguments))
        default: throw ControlProblem(.unknownCommand, "no command is called `\(name.prefix(64))`")
        }
        try arguments.rejectUnknown()
    }

    /// The request as one line, without its newline.
    package var line: [UInt8] {
        let (name, arguments) =
            switch self {
            case .status(let query): (StatusQuery.name, query.arguments)
            case .credentialRefresh(let refresh): (CredentialRefresh.name, refresh.arguments)
            case .erase(let command): (EraseCommand.name, command.arguments)
            case .hold(let command): (HoldCommand.name, command.arguments)
            case .prune(let command): (PruneCommand.name, command.arguments)
            case .rotateLogKey(let command): (RotateLogKeyCommand.name, command.arguments)
            case .reading(let notice): (ReadingNotice.name, notice.arguments)
            }
        var request = JSONObject()
        request.append("arguments", .object(arguments))
        request.append("command", .string(name))
        return JSONValue.object(request).canonicalBytes()
    }

    /// Carries the command out.
    package func perform(in context: ControlContext) async throws(ControlProblem) -> JSONObject {
        switch self {
        case .status(let query): try query.perform(in: context)
        case .credentialRefresh(let refresh): try await refresh.perform(in: context)
        case .erase(let command): try await command.perform(in: context)
        case .hold(let command): try await command.perform(in: context)
        case .prune(let command): try await command.perform(in: context)
        case .rotateLogKey(let command): try await command.perform(in: context)
        case .reading(let notice): try await notice.perform(in: context)
        }
    }

    /// Whether the command can be carried out without the service, on a log that is opened for it.
    var worksOnTheLogAlone: Bool {
        switch self {
        case .status, .credentialRefresh, .reading: false
        case .erase, .hold, .prune, .rotateLogKey: true
        }
    }
}

/// The members of `arguments`, each asked for once.
package struct ControlArguments {
    private let object: JSONObject
    private let command: String
    private var known: [String] = []

    init(_ object: JSONObject, of command: String) { (self.object, self.command) = (object, command) }

    /// The value of a member, or `nil` if it is not there.
    package mutating func optional(_ name: String) -> JSONValue? {
        known.append(name)
        return object[name]
    }

    /// A text, or `nil` if it is not there.
    package mutating func optionalString(
        _ name: String, limit: Int = 1024
    ) throws(ControlProblem) -> String? {
        guard let value = optional(name) else { return nil }
        guard let text = value.stringValue, text.utf8.count <= limit else {
            throw problem(name, "must be a text of at most \(limit) bytes")
        }
        return text
    }

    /// A text that must be there and must not be empty.
    package mutating func string(_ name: String, limit: Int = 1024) throws(ControlProblem) -> String {
        guard let text = try optionalString(name, limit: limit), !text.isEmpty else {
            throw problem(name, "is missing")
        }
        return text
    }

    /// Texts; none if the member is not there.
    package mutating func strings(_ name: String, limit: Int = 4096) throws(ControlProblem) -> [String] {
        guard let value = optional(name) else { return [] }
        let texts = value.arrayValue?.map(\.stringValue) ?? [nil]
        guard texts.count <= limit, !texts.contains(nil) else { throw problem(name, "must be a list of texts") }
        return texts.compactMap { $0 }
    }

    /// Whole numbers from zero on; none if the member is not there.
    package mutating func indexes(_ name: String, limit: Int = 65_536) throws(ControlProblem) -> [UInt64] {
        guard let value = optional(name) else { return [] }
        let numbers = value.arrayValue?.map { $0.int64Value.flatMap { UInt64(exactly: $0) } } ?? [nil]
        guard numbers.count <= limit, !numbers.contains(nil) else {
            throw problem(name, "must be a list of at most \(limit) whole numbers from 0 on")
        }
        return numbers.compactMap { $0 }
    }

    /// A truth value; `false` if it is not there.
    package mutating func flag(_ name: String) throws(ControlProblem) -> Bool {
        guard let value = optional(name) else { return false }
        guard let flag = value.boolValue else { throw problem(name, "must be true or false") }
        return flag
    }

    func rejectUnknown() throws(ControlProblem) {
        for member in object.members where !known.contains(member.key) {
            let list = known.sorted().joined(separator: ", ")
            throw problem(
                String(member.key.prefix(64)), list.isEmpty ? "is not known" : "is not known; known members: \(list)")
        }
    }

    package func problem(_ name: String, _ text: String) -> ControlProblem {
        ControlProblem(.malformed, "`\(command)`: `\(name)` \(text)")
    }
}
