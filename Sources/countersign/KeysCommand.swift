// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import Identity
import StrictJSON

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "API keys of callers and of gateways.",
        subcommands: [CreateKeyCommand.self, ListKeysCommand.self, RotateKeyCommand.self, RevokeKeyCommand.self]
    )
}

/// Which file of keys is meant.
struct KeyStoreOptions: ParsableArguments {
    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: "The provider of `type: api_key`; may be left out where there is only one.")
    var provider: String?

    @Option(name: .long, help: "The gateway whose own keys are meant, instead of a provider.")
    var gateway: String?

    func place() throws -> CredentialPlace {
        try Self.attempt { try CredentialPlace(options.config, overrides: try options.overrides()) }
    }

    func store(_ place: CredentialPlace) throws -> (file: KeyStoreFile, path: String) {
        try Self.attempt { try gateway.map { try place.gateway($0) } ?? place.provider(provider) }
    }

    /// Has the running service take over the change.
    func announce(_ place: CredentialPlace) async throws {
        do throws(ControlProblem) {
            if try await place.refreshService() { return }
            Terminal.complain("no service runs on `\(place.data)`; the change is in force when one starts")
        } catch {
            Terminal.complain("the change is made, but the running service did not take it over: \(error)")
            throw ExitCode(1)
        }
    }

    static func attempt<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as ValidationError {
            throw error
        } catch let missing as CredentialPlace.Missing {
            Terminal.complain(missing.description)
            throw ExitCode(3)
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode(1)
        }
    }

    static func moment(_ text: String?, _ option: String) throws -> Int64? {
        guard let text else { return nil }
        guard let moment = CredentialTime.moment(text, now: CredentialTime.now) else {
            throw ValidationError(
                "--\(option) takes `90d`, `12h`, Unix seconds or `2027-01-31T00:00:00Z`, got `\(text)`")
        }
        return moment
    }

    static func show(_ made: KeyStoreFile.Made, asJSON: Bool) {
        let text = made.key.secret.withBytes { String(decoding: $0, as: UTF8.self) }
        guard asJSON else {
            Terminal.say("key:  \(text)")
            return Terminal.say("id:   \(APIKey.prefix)\(made.key.publicID)   (the key itself is not shown again)")
        }
        let object: JSONValue = ["id": .string(APIKey.prefix + made.key.publicID), "key": .string(text)]
        Terminal.say(String(decoding: object.canonicalBytes(), as: UTF8.self))
    }
}

struct CreateKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Draws an API key and shows it once.",
        discussion: """
            With --owner the key's salted hash goes into the store of a provider or a gateway. Without, key and line are
            printed, and the line is to be put into the file that `gateways.NAME.keys` names.

            Example: countersign keys create --config countersign.yaml --owner partner-a --scopes orders.read --expires 90d
            """
    )

    @OptionGroup var store: KeyStoreOptions

    @Option(name: .long, help: "Whose key it is: the caller's name in policies.")
    var owner: String?

    @Option(name: .long, help: "Scopes, separated by commas.")
    var scopes: String?

    @Option(name: .long, help: "When its time is over: `90d`, Unix seconds, or a date with time.")
    var expires: String?

    @Flag(name: .long, help: "Prints JSON.")
    var json = false

    func run() async throws {
        let expiry = try KeyStoreOptions.moment(expires, "expires")
        guard owner != nil || store.gateway != nil else {
            let key = APIKey()
            Terminal.say("key:  \(key.secret.withBytes { String(decoding: $0, as: UTF8.self) })")
            return Terminal.say("line: \(key.storeLine(expiresAt: expiry))")
        }
        let place = try store.place()
        let (file, _) = try store.store(place)
        let made = try KeyStoreOptions.attempt {
            try file.create(
                owner: owner, scopes: scopes?.split(separator: ",").map(String.init) ?? [], expiresAt: expiry,
                now: CredentialTime.now)
        }
        KeyStoreOptions.show(made, asJSON: json)
        try await store.announce(place)
    }
}

struct ListKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the keys of a store; never the keys themselves.",
        discussion: "Example: countersign keys list --config countersign.yaml --provider partners"
    )

    @OptionGroup var store: KeyStoreOptions

    @Flag(name: .long, help: "Prints JSON, one object a line.")
    var json = false

    func run() async throws {
        let (file, path) = try store.store(try store.place())
        let keys = try KeyStoreOptions.attempt { try file.keys() }
        let uses = CredentialPlace.uses(of: path)
        for key in keys { Terminal.say(json ? object(key, uses) : text(key, uses)) }
    }

    private func state(_ key: APIKeyLine) -> String {
        if key.revokedAt != nil { return "revoked" }
        if let expiry = key.expiresAt, expiry <= CredentialTime.now { return "expired" }
        return key.replacedBy == nil ? "valid" : "replaced"
    }

    private func text(_ key: APIKeyLine, _ uses: [String: Int64]) -> String {
        let id = APIKey.prefix + key.publicID
        var parts = [id, state(key)]
        if let owner = key.owner { parts.append("owner \(owner)") }
        if !key.scopes.isEmpty { parts.append("scopes \(key.scopes.joined(separator: ","))") }
        if let created = key.createdAt { parts.append("created \(CredentialTime.text(created))") }
        if let expiry = key.expiresAt { parts.append("expires \(CredentialTime.text(expiry))") }
        parts.append(uses[id].map { "last used \(CredentialTime.text($0))" } ?? "never used")
        return parts.joined(separator: "  ")
    }

    private func object(_ key: APIKeyLine, _ uses: [String: Int64]) -> String {
        let id = APIKey.prefix + key.publicID
        var object = JSONObject()
        if let created = key.createdAt { object["created"] = .number(JSONNumber(created)) }
        if let expiry = key.expiresAt { object["expires"] = .number(JSONNumber(expiry)) }
        object["id"] = .string(id)
        if let use = uses[id] { object["last_used"] = .number(JSONNumber(use)) }
        if let owner = key.owner { object["owner"] = .string(owner) }
        if let next = key.replacedBy { object["replaced_by"] = .string(APIKey.prefix + next) }
        if let revoked = key.revokedAt { object["revoked"] = .number(JSONNumber(revoked)) }
        object["scopes"] = .array(key.scopes.map { .string($0) })
        object["state"] = .string(state(key))
        return String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self)
    }
}

struct RotateKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Draws a key in the place of another, which stays valid for a while.",
        discussion: """
            The new key has owner, scopes and lifetime of the old one: a key drawn for 90 days is followed by one for 90 \
            days from now.

            Example: countersign keys rotate csk_abcdefghijklmnop --config countersign.yaml --overlap 7d
            """
    )

    @OptionGroup var store: KeyStoreOptions

    @Argument(help: "The public id of the key to replace.")
    var id: String

    @Option(name: .long, help: "How long the old key stays valid.")
    var overlap = "24h"

    @Option(
        name: .long,
        help: "When the new key's time is over, if not after the old one's lifetime: as for `create`, or `never`.")
    var expires: String?

    @Flag(name: .long, help: "Prints JSON.")
    var json = false

    func run() async throws {
        let expiry: KeyStoreFile.Expiry =
            expires == "never"
            ? .never : try KeyStoreOptions.moment(expires, "expires").map { .at($0) } ?? .sameLifetime
        guard let seconds = CredentialTime.seconds(overlap) else {
            throw ValidationError("--overlap takes a number with a unit such as `24h`, got `\(overlap)`")
        }
        let place = try store.place()
        let (file, _) = try store.store(place)
        let made = try KeyStoreOptions.attempt {
            try file.rotate(id, overlap: seconds, expiry: expiry, now: CredentialTime.now)
        }
        KeyStoreOptions.show(made, asJSON: json)
        try await store.announce(place)
    }
}

struct RevokeKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revokes a key at once.",
        discussion: "Example: countersign keys revoke csk_abcdefghijklmnop --config countersign.yaml"
    )

    @OptionGroup var store: KeyStoreOptions

    @Argument(help: "The public id of the key.")
    var id: String

    func run() async throws {
        let place = try store.place()
        let (file, _) = try store.store(place)
        try KeyStoreOptions.attempt { try file.revoke(id, now: CredentialTime.now) }
        Terminal.say("revoked \(id)")
        try await store.announce(place)
    }
}
