# SPDX-License-Identifier: Apache-2.0
"""How this service proves itself to issuers (mutual TLS, signed assertions), and how they prove their answers (RFC 9701)."""
import base64
import json
import pathlib
import ssl
import tempfile
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

from ..certificates import Authority
from ..deployment import Deployment, http
from ..servers import PatientServer
from ..tokens import SigningKey, assemble

HEAD = """\
data: state
listeners:
  grpc: { address: "off" }
  http: { address: "127.0.0.1:{http}", protocols: [decisions] }
  admin: { address: "127.0.0.1:{admin}" }
gateways:
  harbour: { keys: ["file:secrets/gate-a.key"] }
providers:
"""
TAIL = """\
policies: { directory: policies }
audit: { origin: tidewater/one, key: "file:secrets/log.key", checkpoint_interval: 100ms }
"""
POLICIES = {"all.cedar": '@id("any") permit (principal, action, resource);\n'}
# Name of provider, API and host: what its provider says besides `type` and `url`.
PROVIDERS = {
    "mutual": 'auth: mtls, client_id: api, client_certificate: "file:tls/client.pem", client_key: "file:tls/client.key", '
              'ca: "file:tls/ca.pem"',
    "ec": 'auth: private_key_jwt, client_id: api, client_key: "file:secrets/ES256", key_id: own-ES256',
    "rsa": 'auth: private_key_jwt, client_id: api, client_key: "file:secrets/RS256", key_id: own-RS256, '
           'assertion_algorithm: RS256',
    "pss": 'auth: private_key_jwt, client_id: api, client_key: "file:secrets/RS256", key_id: own-RS256',
    "edwards": 'auth: private_key_jwt, client_id: api, client_key: "file:secrets/EdDSA", key_id: own-EdDSA, '
               'assertion_audience: "urn:issuer:itself"',
    "signed": 'client_id: api, client_secret: "file:secrets/plain", signed: true, issuer: "urn:issuer:signed", '
              'jwks_file: signed.json, algorithms: [ES256]',
    "old": 'client_id: api, client_secret: "file:secrets/plain", basic: true',
    "strict": 'client_id: api, client_secret: "file:secrets/plain"',
}
SECRET = "plain-secret-of-the-service"


def configuration(base, secure):
    # Asked each time, so that each answer counts for itself; but the one whose cache is looked at.
    line = '  %s: { type: introspection, url: "%s/%s", cache: %s, negative_cache: 0s, timeout: 30s, %s }\n'
    api = ('  %s: { match: { hosts: [%s.example.test], base_path: / }, providers: [%s], '
           'routes: [{ name: %s.show, match: { path: "/{id}" } }] }\n')
    return HEAD + "".join(line % (name, secure if name == "mutual" else base, name, "60s" if name == "old" else "0s", rest)
                          for name, rest in PROVIDERS.items()) + "apis:\n" + "".join(
        api % ((name,) * 4) for name in PROVIDERS) + TAIL


class Issuer:
    """Answers POSTs by path with the method of that name; over TLS with a client certificate required, or plainly."""

    def __init__(self, answer, context=None):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
                status, body, kind = answer(self, form)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = PatientServer(0, Handler)
        if context:
            # The handshake belongs to the connection's own thread, so that one that fails keeps nobody waiting.
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class World:
    def __init__(self):
        self.keys = {name: SigningKey(name, "own-" + name) for name in ("ES256", "RS256", "EdDSA")}
        self.signing, self.other = SigningKey("ES256", "s1"), SigningKey("ES256", "s1")
        self.seen, self.assertions, self.used, self.forms = [], [], set(), []
        self.reply = self.signed_answer  # how `signed` answers
        self.plain = Issuer(self.handle)
        self.authority, self.clients = Authority("servers"), Authority("clients")
        certificate, key = self.authority.issue("localhost", dns=["localhost"])
        with tempfile.TemporaryDirectory() as folder:
            paths = {name: str(pathlib.Path(folder) / name) for name in ("cert", "key", "ca")}
            for name, text in (("cert", certificate), ("key", key), ("ca", self.clients.pem)):
                pathlib.Path(paths[name]).write_text(text)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(paths["cert"], paths["key"])
            context.load_verify_locations(paths["ca"])
        context.verify_mode = ssl.CERT_REQUIRED
        self.secure = Issuer(self.handle_secure, context)

    def close(self):
        self.plain.close()
        self.secure.close()

    @staticmethod
    def active(subject, **changes):
        return json.dumps({"active": True, "sub": subject, **changes}).encode()

    def handle_secure(self, handler, form):
        peer = handler.connection.getpeercert()
        self.seen.append(dict(pair[0] for pair in peer["subject"])["commonName"])
        good = form.get("client_id") == "api"
        return 200, self.active("mutual") if good else b'{"active":false}', "application/json"

    def handle(self, handler, form):
        name = handler.path.strip("/")
        if name in ("ec", "rsa", "pss", "edwards"):
            problem = self.check(name, "http://127.0.0.1:%d/%s" % (self.plain.port, name), form)
            self.assertions.append((name, problem))
            return (401, b"{}", "application/json") if problem else (200, self.active(name), "application/json")
        wanted = "Basic " + base64.b64encode(("api:" + SECRET).encode()).decode()
        if handler.headers.get("authorization") != wanted:
            return 401, b"{}", "application/json"
        self.forms.append((name, form.get("token_type_hint"), form["token"]))
        if name == "signed":
            return self.reply(handler, form)
        good = base64.b64encode(b"mara:pass:word").decode()
        known = form["token"] == good and form.get("token_type_hint") == "basic"
        return 200, self.active("mara") if known else b'{"active":false}', "application/json"

    def check(self, name, endpoint, form):
        """Everything that is wrong with an assertion (RFC 7523, section 3); empty if nothing is."""
        algorithm = {"ec": "ES256", "rsa": "RS256", "pss": "PS256", "edwards": "EdDSA"}[name]
        key = self.keys["RS256" if algorithm == "PS256" else algorithm]
        if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
            return "type"
        head, body, signature = form["client_assertion"].split(".")
        decode = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        header, claims = json.loads(decode(head)), json.loads(decode(body))
        audience = "urn:issuer:itself" if name == "edwards" else endpoint
        now = time.time()
        wrong = [what for what, good in (
            ("alg", header["alg"] == algorithm), ("kid", header["kid"] == key.key_id),
            ("signature", key.verifies(decode(signature), (head + "." + body).encode(), algorithm)),
            ("iss", claims["iss"] == claims["sub"] == "api"), ("aud", claims["aud"] == audience),
            ("exp", claims["exp"] == claims["iat"] + 60), ("iat", now - 60 < claims["iat"] < now + 1),
            ("jti", claims["jti"] not in self.used and len(claims["jti"]) > 15),
            ("client_secret", "client_secret" not in form)) if not good]
        self.used.add(claims["jti"])
        return " ".join(wrong)

    def signed_answer(self, handler, form, key=None, header=None, content_type="application/token-introspection+jwt",
                      signature=None, **changes):
        now = int(time.time())
        claims = {"iss": "urn:issuer:signed", "aud": "api", "iat": now,
                  "token_introspection": {"active": True, "sub": "mara", "iss": "urn:issuer:signed"}}
        claims.update(changes)
        claims = {name: value for name, value in claims.items() if value is not None}
        head = {"typ": "token-introspection+jwt", "alg": "ES256", "kid": "s1", **(header or {})}
        return 200, assemble(head, claims, key or self.signing, signature).encode(), content_type


def run(binary, report, options):
    world = World()
    files = {"signed.json": {"keys": [world.signing.public()]}, "tls/ca.pem": world.authority.pem}
    text = configuration("http://127.0.0.1:%d" % world.plain.port, "https://localhost:%d" % world.secure.port)
    try:
        with Deployment(binary, text, POLICIES, files) as deployment:
            deployment.write_secret("plain", SECRET + "\n")
            for name, key in world.keys.items():
                deployment.write_secret(name, key.pem())
            show(deployment, world.clients, "first")
            deployment.secrets += [SECRET]
            deployment.start()
            for part in (mutual, assertions, signed, basic):
                report.guard(part.__name__, part, report, deployment, world)
            report.equal("ends cleanly", deployment.stop(), 0)
            log = deployment.log()
            report.check("no secret in any output", not any(
                secret in log for secret in deployment.secrets + ["mara:pass:word", base64.b64encode(
                    b"mara:pass:word").decode(), "PRIVATE KEY"]), log[-300:])
    finally:
        world.close()


def show(deployment, authority, name):
    certificate, key = authority.issue(name, client=True)
    deployment.write("tls/client.key", key)
    deployment.write("tls/client.pem", certificate)


def ask(deployment, host, authorization):
    request = {"method": "GET", "scheme": "https", "host": host + ".example.test", "path": "/1",
               "headers": {"authorization": [authorization]}}
    return http("POST", deployment.http_url("/v1/decisions"), json.dumps({"request": request}).encode(),
                {"content-type": "application/json", "x-countersign-key": deployment.gateway_key}).json()["reason"]


def mutual(report, deployment, world):
    name = "mutual TLS: "
    report.equal(name + "an issuer that requires it", (ask(deployment, "mutual", "Bearer t"), world.seen[-1:]),
                 ("allowed", ["first"]))
    show(deployment, world.clients, "second")

    def second():
        return ask(deployment, "mutual", "Bearer t") == "allowed" and world.seen[-1] == "second"
    report.check(name + "a certificate replaced on disk is shown within seconds", deployment.until(second), world.seen)
    # A key that does not belong to the certificate never replaces a pair that does.
    _, stray = world.clients.issue("stray", client=True)
    refused = lambda: deployment.metric("countersign_reloads_rejected_total")
    before = refused()
    deployment.write("tls/client.key", stray)
    report.check(name + "a key of another certificate is refused", deployment.until(lambda: refused() > before), before)
    report.equal(name + "and the pair before stays", (ask(deployment, "mutual", "Bearer t"), world.seen[-1]),
                 ("allowed", "second"))
    show(deployment, Authority("clients"), "foreign")
    report.check(name + "a certificate that the issuer does not trust", deployment.until(
        lambda: ask(deployment, "mutual", "Bearer t") == "idp_unavailable"))
    report.check(name + "it never got as far as asking", "foreign" not in world.seen, world.seen)
    show(deployment, world.clients, "third")
    report.check(name + "a good one again", deployment.until(
        lambda: ask(deployment, "mutual", "Bearer t") == "allowed" and world.seen[-1] == "third"), world.seen)


def assertions(report, deployment, world):
    for name in ("ec", "rsa", "pss", "edwards"):
        for _ in range(2):
            report.equal("private_key_jwt: " + name, ask(deployment, name, "Bearer t"), "allowed")
    report.equal("private_key_jwt: nothing is wrong with any of them", [pair for pair in world.assertions if pair[1]], [])
    deployment.write_configuration(configuration(
        "http://127.0.0.1:%d" % world.plain.port, "https://localhost:%d" % world.secure.port).replace(
            'key_id: own-ES256', 'key_id: own-ES256, assertion_algorithm: RS256'))
    code, output = deployment.run("check", deployment.file)
    deployment.write_configuration(configuration(
        "http://127.0.0.1:%d" % world.plain.port, "https://localhost:%d" % world.secure.port))
    report.check("private_key_jwt: a key that does not fit is found by check",
                 code == 1 and "is a key for ES256, not for RS256" in output, output)


def signed(report, deployment, world):
    name = "signed answers: "
    report.equal(name + "a good one", ask(deployment, "signed", "Bearer t"), "allowed")
    now = int(time.time())
    plain = lambda h, f: (200, world.active("eve"), "application/json")
    variants = {
        "plain JSON": plain, "plain JSON that says it is signed": lambda h, f: plain(h, f)[:2] + (
            "application/token-introspection+jwt",),
        "another content type": dict(content_type="application/jwt"), "another key": dict(key=world.other),
        "a broken signature": dict(signature=b"\0" * 64), "alg none": dict(header={"alg": "none"}, signature=b""),
        "another type": dict(header={"typ": "JWT"}), "no type": dict(header={"typ": ""}),
        "for another client": dict(aud="other"), "of another issuer": dict(iss="urn:issuer:other"), "no iat": dict(iat=None),
        "of long ago": dict(iat=now - 3600), "of tomorrow": dict(iat=now + 86400),
        "nothing in it": dict(token_introspection=None), "a list in it": dict(token_introspection=[True]),
        "claims beside it": dict(token_introspection=None, active=True, sub="eve"),
        "active as text": dict(token_introspection={"active": "true", "sub": "eve"}),
    }
    for number, (case, how) in enumerate(variants.items()):
        world.reply = how if callable(how) else lambda h, f, how=how: world.signed_answer(h, f, **how)
        reasons = set()
        # After five failures in a row the issuer is left alone for a second; a good answer in between keeps count.
        reasons.add(ask(deployment, "signed", "Bearer t"))
        world.reply = world.signed_answer
        good = deployment.until(lambda: ask(deployment, "signed", "Bearer t") == "allowed")
        report.equal(name + case, (reasons, good), ({"idp_unavailable"}, True))
    world.reply = lambda h, f: world.signed_answer(h, f, token_introspection={"active": False})
    report.equal(name + "not active", ask(deployment, "signed", "Bearer t"), "token_inactive")


def basic(report, deployment, world):
    name = "HTTP basic: "
    pair = lambda text: base64.b64encode(text.encode()).decode()
    good = pair("mara:pass:word")
    report.equal(name + "a pair that the old system knows", ask(deployment, "old", "Basic " + good), "allowed")
    world.forms.clear()
    report.equal(name + "again, from what was said", (ask(deployment, "old", "basic " + good), world.forms), ("allowed", []))
    report.equal(name + "the same text as a bearer token is another credential", ask(deployment, "old", "Bearer " + good),
                 "token_inactive")
    report.equal(name + "and is asked about as one", world.forms[-1][1:], ("access_token", good))
    for case, text in (("a wrong password", pair("mara:password")), ("another user", pair("eve:pass:word"))):
        report.equal(name + case, ask(deployment, "old", "Basic " + text), "token_inactive")
    asked = len(world.forms)
    for case, text in (("nothing", ""), ("no base64", "***"), ("no colon", pair("mara")), ("two", good + ", " + good),
                       ("a control character", pair("mara:a\nb"))):
        report.equal(name + case, ask(deployment, "old", "Basic " + text), "token_malformed")
    report.equal(name + "none of these was asked about", len(world.forms), asked)
    report.equal(name + "where it is not configured", ask(deployment, "strict", "Basic " + good), "token_malformed")
