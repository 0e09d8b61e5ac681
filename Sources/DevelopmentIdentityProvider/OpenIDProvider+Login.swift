// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Synchronization

extension OpenIDProvider {
    private static let carried = [
        "client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method", "response_type",
        "nonce",
    ]

    /// The login page, or a plain refusal if the request could not be answered by a redirect anyway.
    func loginPage(_ fields: FormFields, failed: Bool) -> DevelopmentResponse {
        guard let client = settings.clients.first(where: { $0.id == fields["client_id"] }) else {
            return problem(400, "invalid_request", "unknown `client_id`")
        }
        guard let redirect = fields["redirect_uri"], DevelopmentSettings.isLoopback(redirect) else {
            return problem(400, "invalid_request", "`redirect_uri` must be on loopback")
        }
        guard fields["response_type"] == "code", fields["code_challenge_method"] == "S256",
            fields["code_challenge"]?.isEmpty == false
        else { return problem(400, "invalid_request", "use response_type=code with a S256 code_challenge") }
        guard scopes(fields["scope"], of: client) != nil else {
            return problem(400, "invalid_scope", "the client may not ask for this scope")
        }
        let hidden = Self.carried.map { name in
            "<input type=\"hidden\" name=\"\(name)\" value=\"\(Self.escape(fields[name] ?? ""))\">"
        }
        let notice =
            failed ? "<p class=\"wrong\" role=\"alert\">That name and password do not belong together.</p>" : ""
        let names = settings.users.map { "<code>\(Self.escape($0.name))</code>" }.joined(separator: ", ")
        let wanted = (fields["scope"] ?? "").split(separator: " ").map { "<code>\(Self.escape(String($0)))</code>" }
        let asks = wanted.isEmpty ? "" : "<p>It asks for \(wanted.joined(separator: ", ")).</p>"
        let page = """
            <!doctype html><html lang="en"><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Log in (development)</title><style>\(Self.style)</style>
            <main><h1>Log in to \(Self.escape(client.id))</h1>\(asks)\(notice)
            <form method="post" action="\(Self.escape(settings.basePath))/authorize">\(hidden.joined())
            <label for="username">Name</label>
            <input id="username" name="username" autocomplete="username" required autofocus>
            <label for="password">Password</label>
            <input id="password" name="password" type="password" autocomplete="current-password" required>
            <button>Log in</button></form>
            <footer>Throw-away provider for development; it knows \(names).</footer></main></html>
            """
        let digest = Data(SHA256.hash(data: Array(Self.style.utf8))).base64EncodedString()
        let policy = "default-src 'none'; style-src 'sha256-\(digest)'; frame-ancestors 'none'; base-uri 'none'"
        return DevelopmentResponse(
            failed ? 401 : 200, "text/html; charset=utf-8", Array(page.utf8),
            [
                ("content-security-policy", policy), ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
            ])
    }

    /// The look of the login page; allowed by its hash, nothing else is.
    private static let style = """
        body{margin:0;min-height:100vh;display:grid;place-items:center;background:#eef1f4;color:#1c2733;\
        font:16px/1.5 system-ui,sans-serif}main{box-sizing:border-box;width:min(24rem,92vw);padding:2rem;background:#fff;\
        border-radius:.75rem;box-shadow:0 1px 3px #0003}h1{margin:0 0 .5rem;font-size:1.35rem}\
        label{display:block;margin-top:1rem;font-weight:600}input{box-sizing:border-box;width:100%;margin-top:.25rem;\
        padding:.6rem;border:1px solid #8795a3;border-radius:.4rem;font:inherit}button{width:100%;margin-top:1.5rem;\
        padding:.7rem;border:0;border-radius:.4rem;background:#14507a;color:#fff;font:inherit;font-weight:600}\
        :focus-visible{outline:3px solid #e6a100;outline-offset:1px}.wrong{padding:.5rem .75rem;border-left:4px solid #b3261e;\
        background:#fdecea}footer{margin-top:1.5rem;font-size:.85rem;color:#4b5a68}
        """

    /// Checks name and password and sends the browser back with a code that works once, for a minute.
    func logIn(_ fields: FormFields) -> DevelopmentResponse {
        let page = loginPage(fields, failed: false)
        guard page.status == 200 else { return page }
        guard let user = settings.users.first(where: { $0.name == fields["username"] }),
            user.password == fields["password"], let redirect = fields["redirect_uri"],
            let client = settings.clients.first(where: { $0.id == fields["client_id"] }),
            let challenge = fields["code_challenge"], let scopes = scopes(fields["scope"], of: client)
        else { return loginPage(fields, failed: true) }
        let code = Self.random(24)
        let moment = now()
        let grant = Grant(
            clientID: client.id, redirect: redirect, challenge: challenge, user: user.name, scopes: scopes,
            nonce: fields["nonce"].flatMap { $0.isEmpty ? nil : $0 }, expiresAt: moment &+ 60)
        state.withLock { state in
            state.grants = state.grants.filter { moment < $0.value.expiresAt }
            state.grants[code] = grant
        }
        var target = redirect + (redirect.contains("?") ? "&" : "?") + "code=" + code
        if let echo = fields["state"], !echo.isEmpty { target += "&state=" + FormFields.encode(echo) }
        let clean = target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard clean else { return problem(400, "invalid_request", "`redirect_uri` holds characters that it may not") }
        return DevelopmentResponse(302, "text/plain", [], [("location", target)])
    }

    private static func escape(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
    }
}
