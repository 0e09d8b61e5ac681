// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DevelopmentIdentityProvider
import Foundation
import NIOPosix
import Outbound
import StrictJSON

struct DevTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Gets a token from the running development provider.",
        discussion: """
            Example: countersign dev token --subject alice --role orders.reader
            Example: countersign dev token --subject alice --lifetime=-60
            Example: countersign dev token --subject alice --proof-key me.jwk
            """
    )

    @Option(name: .long, help: "The provider.")
    var issuer = "http://127.0.0.1:9190"

    @Option(name: .long, help: "Who the token is for.")
    var subject = "alice"

    @Option(name: .long, help: "The audience, if not the provider's own.")
    var audience: String?

    @Option(name: .long, help: "A role. May be repeated.")
    var role: [String] = []

    @Option(name: .long, help: "A scope. May be repeated.")
    var scope: [String] = []

    @Option(name: .long, help: "A claim, `name=value`; a value that is JSON counts as such. May be repeated.")
    var claim: [String] = []

    @Option(name: .long, help: "Seconds that the token lives; a negative number makes one that has expired.")
    var lifetime: Int64 = 600

    @Option(name: .long, help: "Bind the token to the key of this file, which is made if it does not exist.")
    var proofKey: String?

    func run() async throws {
        var claims = JSONObject()
        if let proofKey {
            claims.append("cnf", ["jkt": .string(try DevProofCommand.key(proofKey).thumbprint)])
        }
        if !role.isEmpty { claims.append("roles", .array(role.map { .string($0) })) }
        for text in claim {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ValidationError("--claim takes name=value, got `\(text)`") }
            claims.append(parts[0], (try? JSONValue.parse(Array(parts[1].utf8))) ?? .string(parts[1]))
        }
        var body = JSONObject()
        body.append("subject", .string(subject))
        if let audience { body.append("audience", .string(audience)) }
        body.append("scopes", .array(scope.map { .string($0) }))
        body.append("lifetime", .number(JSONNumber(lifetime)))
        body.append("claims", .object(claims))
        let answer = try await DevelopmentClient(issuer).post("/dev/token", JSONValue.object(body).canonicalBytes())
        let json = (try? JSONValue.parse(answer))?.objectValue
        let plain = String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        Terminal.say(json?["access_token"]?.stringValue ?? plain)
    }
}

struct DevRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Has the running development provider sign with a new key.",
        discussion: """
            The key before stays published, older ones go.

            Example: countersign dev rotate
            """
    )

    @Option(name: .long, help: "The provider.")
    var issuer = "http://127.0.0.1:9190"

    func run() async throws {
        _ = try await DevelopmentClient(issuer).post("/dev/rotate", [])
        Terminal.say("rotated")
    }
}

struct DevProofCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof", abstract: "Makes a DPoP proof for one request.",
        discussion: """
            Example: countersign dev proof --key me.jwk --method GET --url https://api.example.test/orders/7 --token "$T"
            """
    )

    @Option(name: .long, help: "The file with the key; it is made if it does not exist.")
    var key: String

    @Option(name: .long, help: "The method.")
    var method = "GET"

    @Option(name: .long, help: "The URL that is called.")
    var url: String

    @Option(name: .long, help: "The access token that goes with it; none for the token endpoint.")
    var token: String?

    func run() throws {
        let proof = try Self.key(key).proof(
            method: method, url: url, token: token, now: Int64(Date().timeIntervalSince1970))
        Terminal.say(proof)
    }

    /// The key of a file, or a new one that is put there for its owner alone.
    static func key(_ path: String) throws -> DevelopmentProofKey {
        if let data = FileManager.default.contents(atPath: path) {
            guard let key = DevelopmentProofKey(jwk: Array(data)) else {
                throw ValidationError("`\(path)` is not a private JWK of type EC on P-256")
            }
            return key
        }
        let key = DevelopmentProofKey()
        let isWritten = FileManager.default.createFile(
            atPath: path, contents: Data(key.jwk), attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw ValidationError("`\(path)` cannot be written") }
        return key
    }
}

/// Talks to the development provider, on loopback alone.
struct DevelopmentClient {
    private let base: String

    init(_ issuer: String) { base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer }

    func post(_ path: String, _ body: [UInt8]) async throws -> [UInt8] {
        let policy = OutboundPolicy(allowsPlaintext: true, addressClasses: [.loopback])
        let fetcher = try HTTPFetcher(group: MultiThreadedEventLoopGroup.singleton, policy: policy)
        do throws(OutboundError) {
            let request = OutboundRequest(
                .post, try OutboundURL(base + path), headers: [("content-type", "application/json")], body: body)
            let response = try await fetcher.fetch(request)
            guard (200...299).contains(response.status) else {
                let text = String(decoding: response.body, as: UTF8.self)
                Terminal.complain("`\(base)` answered \(response.status): \(text)")
                throw OutboundError.invalidURL(base, problem: "it did not do as asked")
            }
            return response.body
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode(3)
        }
    }
}
