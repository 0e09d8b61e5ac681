# SPDX-License-Identifier: Apache-2.0
"""Canaille as the identity provider: opaque tokens that only introspection reads, RS256 tokens of users, revocation."""
import html
import json
import os
import pathlib
import re
import subprocess
import tempfile
import urllib.parse

from ..browserless import Challenge, Session, authorize_url, code_of
from ..deployment import Deployment, http
from ..foreign_tools import Running, environment, free_port
from ..tokens import SigningKey, altered

REDIRECT = "http://127.0.0.1:21199/cb"
CONFIGURATION = """\
data: state
listeners:
  grpc: { address: "off" }
  http: { address: "127.0.0.1:{http}", protocols: [decisions] }
  admin: { address: "127.0.0.1:{admin}", protocols: [metrics, health] }
gateways:
  harbour: { keys: ["file:secrets/gate-a.key"] }
providers:
  ca: { type: oidc, issuer: "@base@", audiences: [web, "@client@"], types: [JWT] }
  opaque: { type: introspection, url: "@base@/oauth/introspect", client_id: web, client_secret: "file:secrets/web", cache: 1s, negative_cache: 1s, timeout: 30s }
apis:
  files:
    match: { hosts: [files.example.test], base_path: / }
    providers: [ca, opaque]
    routes: [{ name: file.show, match: { path: "/{id}" } }]
policies: { directory: policies, schema: generated }
audit: { mode: strict, origin: tidewater/one, key: "file:secrets/log.key", checkpoint_interval: 100ms }
"""
POLICIES = {"files.cedar": """\
@id("users") permit (principal is User, action, resource);
@id("programs") permit (principal is Client, action, resource);
"""}


class Canaille:
    """Client `web`, user `mara`."""

    def __init__(self, tools, folder):
        self._program, self.folder, self.port = tools / "canaille", pathlib.Path(folder), free_port()
        self.base = "http://127.0.0.1:%d" % self.port
        keys = [SigningKey("RS256", "r1").private(), SigningKey("ES256", "e1").private()]
        tables = ", ".join("{ %s }" % ", ".join('%s = "%s"' % item for item in key.items()) for key in keys)
        (self.folder / "canaille.toml").write_text("\n".join([
            'SECRET_KEY = "for-tests-only"', 'SERVER_NAME = "127.0.0.1:%d"' % self.port, 'PREFERRED_URL_SCHEME = "http"',
            "[CANAILLE]", 'DATABASE = "sql"', "[CANAILLE_SQL]",
            'DATABASE_URI = "sqlite:///%s/canaille.db"' % self.folder, "[CANAILLE_OIDC]", "REQUIRE_NONCE = false",
            "ACTIVE_JWKS = [ %s ]" % tables, ""]))
        self._environment = {"CANAILLE_CONFIG": str(self.folder / "canaille.toml"), "PYTHONDONTWRITEBYTECODE": "1"}

    def _do(self, *arguments):
        done = subprocess.run([self._program, *arguments], capture_output=True, text=True, cwd=self.folder,
                              env=dict(os.environ, **self._environment))
        if done.returncode != 0:
            raise RuntimeError("canaille %s: %s" % (" ".join(arguments[:2]), done.stderr[-600:]))
        return done.stdout

    def __enter__(self):
        self._do("db", "upgrade")
        self._do("create", "user", "--user-name", "mara", "--password", "mara-password", "--family-name", "Example",
                 "--emails", "mara@example.test")
        options = ["--client-id", "web", "--client-secret", "web-secret", "--client-name", "web", "--redirect-uris", REDIRECT,
                   "--response-types", "code", "--token-endpoint-auth-method", "client_secret_basic"]
        for grant in ("authorization_code", "refresh_token", "client_credentials"):
            options += ["--grant-types", grant]
        for scope in ("openid", "profile", "email", "groups"):
            options += ["--scope", scope]
        self._do("create", "client", *options)
        # The client must be its own audience, and can be so only once it exists.
        self.client = json.loads(self._do("get", "client"))[0]["id"]
        self._do("set", "client", self.client, "--audience", self.client)
        self._process = Running([self._program, "run", "--bind", "127.0.0.1:%d" % self.port], self.folder,
                                self.base + "/.well-known/openid-configuration", self._environment)
        self._process.__enter__()
        status, _, body = Session().send("GET", self.base + "/.well-known/openid-configuration")
        self.endpoints = json.loads(body)
        return self

    def __exit__(self, *_):
        self._process.__exit__()

    def _post(self, name, fields):
        return Session().form(self.endpoints[name], fields, ("web", "web-secret"))

    def client_token(self):
        return self._post("token_endpoint", {"grant_type": "client_credentials", "scope": "openid profile"})

    def introspect(self, token):
        return self._post("introspection_endpoint", {"token": token})

    def revoke(self, token):
        return self._post("revocation_endpoint", {"token": token, "token_type_hint": "access_token"})[0]

    def user_tokens(self):
        """Fills in login, password and consent as a browser would, and redeems the code."""
        session, challenge = Session(), Challenge()
        url = authorize_url(self.endpoints["authorization_endpoint"], "web", REDIRECT, "openid profile", challenge)
        answers = iter(({"login": "mara"}, {"password": "mara-password"}, {"answer": "accept"}))
        status, location, body = session.send("GET", url)
        for _ in range(12):
            if location and location.startswith(REDIRECT):
                return self._post("token_endpoint", {
                    "grant_type": "authorization_code", "code": code_of(location), "redirect_uri": REDIRECT,
                    "code_verifier": challenge.verifier})
            if location:
                url = urllib.parse.urljoin(url, location)
                status, location, body = session.send("GET", url)
                continue
            token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', body.decode())
            fields = dict(next(answers), csrf_token=html.unescape(token[1]) if token else "")
            status, location, body = session.send(
                "POST", url, urllib.parse.urlencode(fields).encode(),
                {"content-type": "application/x-www-form-urlencoded", "referer": url})
        raise RuntimeError("the login did not come to an end: %d %s" % (status, url))


def run(binary, report, options):
    tools = environment("canaille")
    if tools is None:
        return report.skip("canaille", "it is not there; scripts/prepare-test-tools installs it")
    with tempfile.TemporaryDirectory() as folder, Canaille(tools, folder) as provider:
        text = CONFIGURATION.replace("@base@", provider.base).replace("@client@", provider.client)
        with Deployment(binary, text, POLICIES) as deployment:
            deployment.write_secret("web", "web-secret")
            deployment.start()
            for part in (opaque, users):
                report.guard(part.__name__, part, report, deployment, provider)
            report.check("no secret in any output", "web-secret" not in deployment.log())
            report.equal("ends cleanly", deployment.stop(), 0)


def ask(deployment, token):
    request = {"method": "GET", "scheme": "https", "host": "files.example.test", "path": "/7",
               "headers": {"authorization": ["Bearer " + token]}}
    return http("POST", deployment.http_url("/v1/decisions"), json.dumps({"request": request}).encode(),
                {"content-type": "application/json", "x-countersign-key": deployment.gateway_key}).json()


def opaque(report, deployment, provider):
    status, answer = provider.client_token()
    report.equal("client credentials", status, 200)
    token = answer["access_token"]
    report.check("the token says nothing by itself", token.count(".") != 2, token.count("."))
    said = provider.introspect(token)[1]
    report.check("times are fractions of seconds", isinstance(said.get("exp"), float), said)
    answer = ask(deployment, token)
    report.equal("introspection reads it", (answer["reason"], answer["policies"]), ("allowed", ["programs"]))
    report.equal("a token that nobody made", ask(deployment, token[:-1] + "_")["reason"], "token_inactive")
    report.equal("revoked", provider.revoke(token), 200)
    report.check("and refused", deployment.until(lambda: ask(deployment, token)["reason"] == "token_inactive"))


def users(report, deployment, provider):
    status, tokens = provider.user_tokens()
    report.equal("code with PKCE", status, 200)
    answer = ask(deployment, tokens["access_token"])
    report.equal("the user is allowed", (answer["reason"], answer["policies"]), ("allowed", ["users"]))
    reason = ask(deployment, altered(tokens["access_token"]))["reason"]
    report.check("a changed token is refused", reason in ("token_signature", "token_inactive"), reason)
