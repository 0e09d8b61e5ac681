# SPDX-License-Identifier: Apache-2.0
"""glewlwyd 2.7, an OpenID provider of Debian, started and provisioned for a test."""
import gzip
import json
import pathlib
import re
import shutil
import subprocess

from .browserless import Challenge, Session, authorize_url, code_of
from .foreign_tools import Running, free_port, program

SHARE = pathlib.Path("/usr/share/glewlwyd")
SCHEMA = pathlib.Path("/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz")
REDIRECT = "http://127.0.0.1:21199/cb"


def missing():
    """What keeps it from running here, or None."""
    for name in ("glewlwyd", "sqlite3"):
        if program(name) is None:
            return "%s is not installed" % name
    return None if SCHEMA.exists() else "its documentation, with the database schema, is not installed"


class Glewlwyd:
    """Clients: `web` (code, refresh, password), `svc` (client credentials), `api` (introspects); user `mara`."""

    def __init__(self, folder, keys):
        self.folder, self.keys, self.port = pathlib.Path(folder), list(keys), free_port()
        self.base = "http://127.0.0.1:%d/api" % self.port
        self.issuer = self.base + "/oidc"
        self._admin = Session()

    def __enter__(self):
        database, web = self.folder / "gl.db", self.folder / "web"
        schema = gzip.decompress(SCHEMA.read_bytes())
        subprocess.run([program("sqlite3"), database], input=schema, check=True, capture_output=True)
        shutil.copytree(SHARE / "webapp", web, symlinks=False, ignore=shutil.ignore_patterns("config.json"))
        settings = json.loads((SHARE / "templates/config.json").read_text())
        settings["GlewlwydUrl"] = "http://127.0.0.1:%d/" % self.port
        (web / "config.json").write_text(json.dumps(settings))
        text = pathlib.Path("/etc/glewlwyd/glewlwyd.conf").read_text()
        for pattern, line in ((r"^port=.*", "port=%d" % self.port), (r"^#? *bind_address=.*", 'bind_address="127.0.0.1"'),
                              # Without a slash at the end: otherwise every endpoint has two.
                              (r"^external_url=.*", 'external_url="http://127.0.0.1:%d"' % self.port),
                              (r"^log_mode=.*", 'log_mode="console"'), (r"^#? *static_files_path=.*", 'static_files_path="%s/"' % web),
                              (r"^@include.*", 'database = { type = "sqlite3" path = "%s" };' % database)):
            text = re.sub(pattern, lambda _: line, text, count=1, flags=re.M)
        (self.folder / "gl.conf").write_text(text)
        self._process = Running([program("glewlwyd"), "--config-file=%s" % (self.folder / "gl.conf")], self.folder,
                                "http://127.0.0.1:%d/config" % self.port)
        self._process.__enter__()
        try:
            self._provision()
        except Exception:
            self._process.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.__exit__()

    def _plugin(self):
        scopes = [{"name": name, "refresh-token-rolling": True} for name in ("openid", "orders")]
        return {"module": "oidc", "name": "oidc", "display_name": "OIDC", "parameters": {
            "iss": self.issuer, "jwks-show": True, "jwks-private": json.dumps({"keys": [k.private() for k in self.keys]}),
            # The first key signs, whatever is named here.
            "default-kid": self.keys[0].key_id, "jwt-type": "rsa", "jwt-key-size": "256",
            "access-token-duration": 3000, "refresh-token-duration": 3600, "code-duration": 60, "refresh-token-rolling": True,
            "allow-non-oidc": True, "auth-type-code-enabled": True, "auth-type-code-revoke-replayed": True,
            "auth-type-token-enabled": False, "auth-type-id-token-enabled": False, "auth-type-none-enabled": False,
            "auth-type-password-enabled": True, "auth-type-client-enabled": True, "auth-type-device-enabled": False,
            "auth-type-refresh-enabled": True, "scope": scopes, "pkce-allowed": True, "pkce-required": False,
            "pkce-method-plain-allowed": False, "introspection-revocation-allowed": True,
            "introspection-revocation-allow-target-client": True, "introspection-revocation-auth-scope": ["introspect"],
            "session-management-allowed": True, "session-cookie-name": "GLSID", "session-cookie-expiration": 3600,
            "subject-type": "public", "request-parameter-allow": False, "name-claim": "mandatory",
            "email-claim": "mandatory", "scope-claim": "mandatory", "oauth-dpop-allowed": True,
            "oauth-dpop-iat-duration": 60, "client-cert-source": "TLS"}}

    def _provision(self):
        admin = self._admin
        admin.json("POST", self.base + "/auth/", {"username": "admin", "password": "password"})
        admin.json("POST", self.base + "/mod/plugin/", self._plugin())
        for name in ("orders", "introspect"):
            admin.json("POST", self.base + "/scope/", {"name": name, "display_name": name, "scheme": {},
                                                       "password_required": name == "orders", "password_max_age": 0})
        admin.json("POST", self.base + "/user/", {
            "username": "mara", "name": "Mara", "email": "mara@example.test", "password": "mara-password",
            "enabled": True, "scope": ["openid", "orders", "g_profile"]})
        client = {"confidential": True, "enabled": True, "token_endpoint_auth_method": ["client_secret_basic"]}
        for name, kinds, scope in (("web", ["code", "refresh_token", "delete_token"], ["openid", "orders"]),
                                   ("svc", ["client_credentials", "delete_token"], ["orders"]),
                                   ("api", ["client_credentials"], ["introspect"])):
            admin.json("POST", self.base + "/client/", dict(
                client, client_id=name, name=name, client_secret=name + "-secret", authorization_type=kinds, scope=scope,
                redirect_uri=[REDIRECT]))

    def rotate(self, keys):
        """Other keys from now on; the first one signs."""
        self.keys = list(keys)
        self._admin.json("PUT", self.base + "/mod/plugin/oidc", self._plugin())
        self._admin.json("PUT", self.base + "/mod/plugin/oidc/reset", {})

    # What clients do.

    def client_token(self, client="svc", scope="orders", headers=None):
        status, answer = Session().form(self.issuer + "/token", {"grant_type": "client_credentials", "scope": scope},
                                        (client, client + "-secret"), headers)
        if status != 200:
            raise RuntimeError("token endpoint: %d %r" % (status, answer))
        return answer

    def user_tokens(self, scope="openid orders"):
        """Logs in and redeems a code with PKCE; the answer of the token endpoint."""
        session, challenge = Session(), Challenge()
        url = authorize_url(self.issuer + "/auth", "web", REDIRECT, scope, challenge)
        session.send("GET", url)
        session.json("POST", self.base + "/auth/", {"username": "mara", "password": "mara-password"})
        session.json("PUT", self.base + "/auth/grant/web", {"scope": scope})
        _, location, _ = session.send("GET", url + "&g_continue=")
        status, answer = session.form(self.issuer + "/token", {
            "grant_type": "authorization_code", "code": code_of(location), "redirect_uri": REDIRECT,
            "code_verifier": challenge.verifier}, ("web", "web-secret"))
        if status != 200:
            raise RuntimeError("token endpoint: %d %r" % (status, answer))
        return answer

    def refresh(self, token):
        return Session().form(self.issuer + "/token", {"grant_type": "refresh_token", "refresh_token": token},
                              ("web", "web-secret"))

    def revoke(self, token, client):
        return Session().form(self.issuer + "/revoke", {"token": token}, (client, client + "-secret"))[0]
