// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension OpenIDProvider {
    private static let carried = [
        "client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method", "response_type",
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
        let notice = failed ? "<p role=\"alert\">That name and password do not belong together.</p>" : ""
        let page = """
            <!doctype html><html lang="en"><meta charset="utf-8"><title>Log in (development)</title>
            <h1>Log in to \(Self.escape(client.id))</h1>\(notice)
            <form method="post" action="\(Self.escape(settings.basePath))/authorize">\(hidden.joined())
            <p><label>Name <input name="username" autocomplete="username" autofocus></label></p>
            <p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
            <p><button>Log in</button></p></form>
            <p>Throw-away provider for development; it knows: \
            \(Self.escape(settings.users.map(\.name).joined(separator: ", "))).</p></html>
            """
        let policy = "default-src 'none'; frame-ancestors 'none'"
        return DevelopmentResponse(
            failed ? 401 : 200, "text/html; charset=utf-8", Array(page.utf8), [("content-security-policy", policy)])
    }

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
            expiresAt: moment &+ 60)
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
