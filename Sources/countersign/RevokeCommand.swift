// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import Identity
import StrictJSON

struct RevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Refuses credentials from now on, although they verify.",
        discussion: """
            Names a subject, client, session or credential; it is in force within a second in the running service, and
            survives a restart. Without --issued-before, credentials that are issued later are refused as well.

            Example: countersign revoke --config countersign.yaml --subject alice --provider acme --until 30d
            Example: countersign revoke --config countersign.yaml --token - --until 24h
            Example: countersign revoke --config countersign.yaml --list
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: "A subject (`sub`).")
    var subject: String?

    @Option(name: .long, help: "A client id, or the owner of API keys.")
    var client: String?

    @Option(name: .long, help: "A session (`sid`).")
    var session: String?

    @Option(name: .long, help: "A token, or - for standard input; only its hash is kept.")
    var token: String?

    @Option(name: .long, help: "A token by its `jti`.")
    var tokenID: String?

    @Option(name: .long, help: "The provider that the name belongs to; without it, any.")
    var provider: String?

    @Option(name: .long, help: "When the revocation ends: `30d`, Unix seconds, or a date with time. Without it, never.")
    var until: String?

    @Option(name: .long, help: "Refuses only what was issued up to then: `now`, Unix seconds, or a date with time.")
    var issuedBefore: String?

    @Option(name: .long, help: "Takes an entry off the list, by its id.")
    var lift: String?

    @Flag(name: .long, help: "Prints the entries, one JSON object a line.")
    var list = false

    func run() async throws {
        let place = try KeyStoreOptions.attempt {
            try CredentialPlace(options.config, overrides: try options.overrides())
        }
        let desk = RevocationDesk(data: place.data)
        if list {
            for entry in try KeyStoreOptions.attempt({ try desk.list() }) {
                Terminal.say(String(decoding: entry.json.canonicalBytes(), as: UTF8.self))
            }
            return
        }
        if let lift {
            guard try KeyStoreOptions.attempt({ try desk.lift(lift, now: CredentialTime.now) }) != nil else {
                Terminal.complain("`\(lift)` is not on the list; --list shows it")
                throw ExitCode(1)
            }
            Terminal.say("lifted \(lift)")
        } else {
            let entry = try revocation(place)
            try KeyStoreOptions.attempt { try desk.add(entry, now: CredentialTime.now) }
            Terminal.say("revoked \(entry.id)")
        }
        try await announce(place)
    }

    private func announce(_ place: CredentialPlace) async throws {
        do throws(ControlProblem) {
            if try await place.refreshService() { return }
            Terminal.complain("no service runs on `\(place.data)`; the list is in force when one starts")
        } catch {
            Terminal.complain("the list is written, but the running service did not take it over: \(error)")
            throw ExitCode(1)
        }
    }

    private func revocation(_ place: CredentialPlace) throws -> Revocation {
        var named: [(Revocation.Kind, String)] = []
        if let subject { named.append((.subject, subject)) }
        if let client { named.append((.client, client)) }
        if let session { named.append((.session, session)) }
        if let tokenID { named.append((.tokenID, tokenID)) }
        if let token {
            let text = token == "-" ? readLine() ?? "" : token
            named.append((.token, text.isEmpty ? "" : RevocationList.name(ofToken: text)))
        }
        guard named.count == 1, let (kind, value) = named.first, !value.isEmpty, value.utf8.count <= 2048 else {
            throw ValidationError("name exactly one of --subject, --client, --session, --token and --token-id")
        }
        let now = CredentialTime.now
        let issuers = try KeyStoreOptions.attempt { try provider.map { try place.issuers(of: $0) } ?? [] }
        let before = issuedBefore == "now" ? now : try KeyStoreOptions.moment(issuedBefore, "issued-before")
        return Revocation(
            id: RevocationDesk.newID(), kind: kind, value: value, issuers: issuers, issuedBefore: before,
            until: try KeyStoreOptions.moment(until, "until"), at: now, source: "operator", cause: "manual")
    }
}
