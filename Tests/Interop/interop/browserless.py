# SPDX-License-Identifier: Apache-2.0
"""A client of an OpenID provider: forms, cookies, code with PKCE, no browser."""
import base64
import hashlib
import http.cookiejar
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request

from .report import PATIENCE
from .tokens import base64url


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Session:
    """Keeps cookies, follows no redirect."""

    def __init__(self):
        self._opener = urllib.request.build_opener(
            _NoRedirects, urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def send(self, method, url, body=None, headers=None):
        """Returns (status, location or None, body)."""
        request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
        try:
            with self._opener.open(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers.get("location"), answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers.get("location"), answer.read()

    def json(self, method, url, value=None):
        status, _, body = self.send(method, url, None if value is None else json.dumps(value).encode(),
                                    {"content-type": "application/json"})
        if status >= 300:
            raise RuntimeError("%s %s: %d %s" % (method, url, status, body[:300]))
        return json.loads(body) if body.strip() else None

    def form(self, url, fields, user=None, headers=None):
        """Posts a form, with HTTP Basic if `user` is (name, password); returns (status, JSON or text)."""
        send = dict(headers or {}, **{"content-type": "application/x-www-form-urlencoded"})
        if user:
            send["authorization"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()
        status, _, body = self.send("POST", url, urllib.parse.urlencode(fields).encode(), send)
        try:
            return status, json.loads(body)
        except ValueError:
            return status, body.decode(errors="replace")


class Challenge:
    """PKCE (RFC 7636)."""

    def __init__(self):
        self.verifier = secrets.token_urlsafe(48)
        self.challenge = base64url(hashlib.sha256(self.verifier.encode()).digest())


def authorize_url(endpoint, client, redirect, scope, challenge, **more):
    return endpoint + "?" + urllib.parse.urlencode(dict({
        "response_type": "code", "client_id": client, "redirect_uri": redirect, "scope": scope, "state": "st",
        "nonce": secrets.token_hex(8), "code_challenge": challenge.challenge, "code_challenge_method": "S256"}, **more))


def code_of(location):
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(location or "").query)
    if "code" not in query:
        raise RuntimeError("no code in %r" % location)
    return query["code"][0]
