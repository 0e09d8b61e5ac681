# SPDX-License-Identifier: Apache-2.0
"""Opaque tokens and live state, against an introspection endpoint that fails, lies and is slow."""
import base64
import concurrent.futures
import http.server
import json
import threading
import time
import urllib.parse

from ..deployment import Deployment
from ..gateway import Gateway
from ..servers import PatientServer
from ..tokens import SigningKey, TokenIssuer

CONFIGURATION = """\
data: state
listeners:
  grpc: { address: "127.0.0.1:{grpc}" }
  http: { address: "127.0.0.1:{http}" }
  admin: { address: "127.0.0.1:{admin}" }
gateways:
  harbour: { keys: ["file:secrets/gate-a.key"] }
providers:
  legacy:
    type: introspection
    url: "@base@/introspect"
    client_id: api
    client_secret: "file:secrets/introspection"
    audiences: [ledger-api]
    cache: 15s
    negative_cache: 1s
    timeout: 5s
  acme:
    issuer: "urn:issuer:acme"
    audiences: [ledger-api]
    jwks_file: keys.json
    introspection:
      url: "@base@/live"
      auth: bearer
      client_id: api
      client_secret: "file:secrets/introspection"
      token: { url: "@base@/token", scope: introspect }
      cache: 1s
      negative_cache: 1s
      timeout: 30s
apis:
  ledger:
    match: { hosts: [ledger.example.test], base_path: /ledger/v3 }
    providers: [legacy, acme]
    routes:
      - { name: entry.show, match: { methods: [GET], path: "/entries/{entry}" } }
  vault:
    match: { hosts: [vault.example.test], base_path: /ledger/v3 }
    providers: [acme]
    live: true
    routes: [{ name: vault.show, match: { methods: [GET], path: "/entries/{entry}" } }]
policies: { directory: policies }
audit: { origin: tidewater/one, key: "file:secrets/log.key", checkpoint_interval: 100ms, segment: 1MiB, min_free: 1MiB }
"""
POLICIES = {"all.cedar": '@id("any") permit (principal, action, resource);\n'}
CACHE = 15  # seconds, as above
SECRET = "s3cret/of the+service"
UNAVAILABLE = "idpUnavailable"


class Endpoint:
    """An issuer that is asked: answers by token, or whatever `fault` says."""

    def __init__(self):
        self.answers, self.asked, self.fault, self.tokens, self.delay = {}, [], None, 0, 0
        self.released = threading.Event()  # ends what is slow
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
                outer.handle(self, form)

            def reply(self, status, body, content_type="application/json"):
                self.send_response(status)
                self.send_header("content-type", content_type)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = PatientServer(0, Handler)
        self.base = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def handle(self, handler, form):
        basic = "Basic " + base64.b64encode(("api:" + urllib.parse.quote(SECRET, safe="")).encode()).decode()
        authorization = handler.headers.get("authorization")
        if handler.path == "/token":
            with self.lock:
                self.tokens += 1
            if authorization != basic or form.get("scope") != "introspect":
                return handler.reply(401, b"{}")
            return handler.reply(200, json.dumps({"access_token": "token-of-its-own-%d" % self.tokens, "token_type": "Bearer",
                                                  "expires_in": 300}).encode())
        with self.lock:
            self.asked.append((handler.path, form.get("token"), authorization))
            fault, delay = self.fault, self.delay
        if delay:
            time.sleep(delay)
        if fault:
            return fault(handler)
        expected = basic if handler.path == "/introspect" else "Bearer token-of-its-own-%d" % self.tokens
        if authorization != expected:
            return handler.reply(401, b"{}")
        answer = self.answers.get(form.get("token"), {"active": False})
        handler.reply(200, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def count(self, token=None):
        with self.lock:
            return sum(1 for _, asked, _ in self.asked if token in (None, asked))

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def active(subject="mara", **changes):
    answer = {"active": True, "sub": subject, "client_id": "web", "aud": "ledger-api", "scope": "read",
              "exp": time.time() + 3600.5, "username": None}
    answer.update(changes)
    return answer


def run(binary, report, options):
    endpoint, key = Endpoint(), SigningKey("ES256", "k1")
    issuer = TokenIssuer("urn:issuer:acme", "ledger-api", [key])
    with Deployment(binary, CONFIGURATION.replace("@base@", endpoint.base), POLICIES) as deployment:
        deployment.write("keys.json", json.dumps(issuer.key_set()))
        deployment.write_secret("introspection", SECRET + "\n")
        deployment.secrets.append(SECRET)
        deployment.start()
        with Gateway(deployment.target, key=deployment.gateway_key) as gateway:
            for part in (answers, faults, many, live, commands, revoked):
                report.guard(part.__name__, part, report, deployment, gateway, endpoint, issuer)
        report.equal("ends cleanly", deployment.stop(), 0)
        log = deployment.log()
        report.check("no secret and no token in any output",
                     not any(text in log for text in (SECRET, "opaque-", "token-of-its-own-")), log[-300:])
    endpoint.close()


def answers(report, deployment, gateway, endpoint, issuer):
    name = "answers: "
    endpoint.answers = {"opaque-mara": active(), "opaque-pay": active(aud="payments"),
                        "opaque-text": active(active="true"), "opaque-old": active(exp=time.time() - 100),
                        "opaque-refresh": active(token_type="refresh_token")}
    answer = gateway.ask(token="opaque-mara")
    report.equal(name + "an active token", answer.outcome(), "allow:allowed")
    report.equal(name + "its principal", answer.value("principal"), 'User::"legacy/mara"')
    record = deployment.recorded(answer.decision)
    report.equal(name + "the record says how", record and record["who"].get("auth"), "introspection")
    asked = endpoint.count("opaque-mara")
    for _ in range(20):
        gateway.ask(token="opaque-mara")
    report.equal(name + "asked about once while it is kept", (asked, endpoint.count("opaque-mara")), (1, 1))
    for token, outcome in (("opaque-nobody", "deny:token_inactive"), ("opaque-pay", "deny:token_audience"),
                           ("opaque-text", UNAVAILABLE), ("opaque-old", "deny:token_expired"),
                           ("opaque-refresh", "deny:token_type")):
        report.equal(name + token, gateway.ask(token=token).outcome(), outcome)
    report.equal(name + "a JWT is verified here", gateway.ask(token=issuer.token("ole")).value("principal"),
                 'User::"acme/ole"')
    forged = issuer.token("ole", signature=b"\0" * 64)
    before = endpoint.count()
    report.equal(name + "a forged JWT is not asked about", (gateway.ask(token=forged).outcome(), endpoint.count()),
                 ("deny:token_signature", before))


def revoked(report, deployment, gateway, endpoint, issuer):
    """Last, so that what was said at first is old by then."""
    endpoint.answers["opaque-mara"] = {"active": False}
    report.check("revoked at the issuer, refused once what it had said is no longer kept", deployment.until(
        lambda: gateway.ask(token="opaque-mara").outcome() == "deny:token_inactive"))


def faults(report, deployment, gateway, endpoint, issuer):
    name = "faults: "
    good = json.dumps(active()).encode()
    cases = {
        "401": lambda h: h.reply(401, good), "403": lambda h: h.reply(403, good), "500": lambda h: h.reply(500, good),
        "204": lambda h: h.reply(204, b""), "html": lambda h: h.reply(200, b"<html></html>", "text/html"),
        "list": lambda h: h.reply(200, b"[" + good + b"]"), "cut": lambda h: h.reply(200, good[:-4]),
        "huge": lambda h: h.reply(200, good[:-1] + b" " * (1 << 20) + b"}"),
        "deep": lambda h: h.reply(200, b"[" * 100_000), "twice": lambda h: h.reply(200, good[:-1] + b',"active":true}'),
        # Answers only when all is over: what ends before has ended by the timeout.
        "slow": lambda h: (endpoint.released.wait(), h.reply(200, good)), "hangs up": lambda h: h.connection.close(),
    }
    outcomes = {}
    for number, (case, fault) in enumerate(cases.items()):
        endpoint.fault = fault
        outcomes[case] = gateway.ask(token="opaque-fault-%d" % number).outcome()
    report.equal(name + "each ends in a fault that says so", outcomes, {case: UNAVAILABLE for case in cases})
    endpoint.fault = None
    endpoint.answers["opaque-again"] = active()
    report.check(name + "the issuer is asked again by itself", deployment.until(
        lambda: gateway.ask(token="opaque-again").outcome() == "allow:allowed"))
    report.check(name + "failures are counted", deployment.metric(
        "countersign_introspection_calls_total", provider="legacy", outcome="failed") >= 5)


def many(report, deployment, gateway, endpoint, issuer):
    name = "many: "
    endpoint.answers["opaque-shared"] = active("shared")
    endpoint.delay = 0.4
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        outcomes = list(pool.map(lambda _: gateway.ask(token="opaque-shared").outcome(), range(400)))
    endpoint.delay = 0
    report.equal(name + "400 callers with one token", set(outcomes), {"allow:allowed"})
    report.equal(name + "one question", endpoint.count("opaque-shared"), 1)
    report.equal(name + "declared staleness", deployment.metric(
        "countersign_provider_max_staleness_seconds", provider="legacy", of="answers"), CACHE)
    age = deployment.metric("countersign_provider_staleness_seconds", provider="legacy", of="answers")
    report.check(name + "measured staleness", 0 <= age <= CACHE, age)


def live(report, deployment, gateway, endpoint, issuer):
    name = "live state: "
    token = issuer.token("ole")
    ask = lambda: gateway.ask(token=token, host="vault.example.test")
    endpoint.answers[token] = {"active": True}
    report.equal(name + "a JWT that is active", ask().outcome(), "allow:allowed")
    report.equal(name + "one token of its own was fetched", endpoint.tokens, 1)
    endpoint.answers[token] = {"active": False}
    time.sleep(1.1)
    report.equal(name + "revoked at the issuer", ask().outcome(), "deny:token_inactive")
    report.equal(name + "where nobody wants live state it still verifies", gateway.ask(token=token).outcome(),
                 "allow:allowed")
    endpoint.answers[token] = {"active": True}
    endpoint.tokens = 7  # the issuer no longer takes the token it gave
    time.sleep(1.1)
    report.equal(name + "its own token is fetched anew when refused", (ask().outcome(), endpoint.tokens),
                 ("allow:allowed", 8))


def commands(report, deployment, gateway, endpoint, issuer):
    name = "token verify: "
    endpoint.answers["opaque-cli"] = active("cli")
    code, output = deployment.run("token", "verify", "--config", deployment.file, "--provider", "legacy", "opaque-cli")
    report.equal(name + "an active token", (code, json.loads(output)["principal"]["id"]), (0, "legacy/cli"))
    code, output = deployment.run("token", "verify", "--config", deployment.file, "--provider", "legacy", "opaque-no")
    report.equal(name + "an inactive one", (code, json.loads(output)["reason"]), (1, "token_inactive"))
