# SPDX-License-Identifier: Apache-2.0
"""Key servers that are dead, slow or lying: never an allow, always a stable reason, and the others' callers are served."""
import concurrent.futures
import gzip
import json
import socket
import time

import grpc

from ..deployment import Deployment
from ..gateway import Gateway
from ..keyserver import KeyServer
from ..report import PATIENCE, eventually
from ..tokens import SigningKey, TokenIssuer, base64url

CONFIGURATION = """\
data: state
listeners:
  grpc: { address: "127.0.0.1:{grpc}" }
  http: { address: "127.0.0.1:{http}" }
  admin: { address: "127.0.0.1:{admin}" }
gateways:
  harbour: { keys: ["file:secrets/gate-a.key"] }
providers:
@providers@
apis:
  ledger:
    match: { hosts: [ledger.example.test], base_path: /ledger/v3 }
    providers: [@names@]
    routes: [{ name: entry.show, match: { methods: [GET], path: "/entries/{entry}" } }]
policies: { directory: policies }
audit: { origin: tidewater/one, key: "file:secrets/log.key", checkpoint_interval: 100ms, segment: 1MiB, min_free: 1MiB }
"""
POLICIES = {"all.cedar": '@id("any.user") permit (principal is User, action, resource);\n'}
UNAVAILABLE, UNKNOWN = "idpUnavailable", "deny:key_unknown"


class Issuers:
    """A deployment whose providers are named with their key sources: {name: "jwks_url: ..., ..."}."""

    def __init__(self, binary, sources, files=None):
        self.key = SigningKey("ES256", "k1")
        self.issuers = {name: TokenIssuer("urn:issuer:" + name, "ledger-api", [self.key]) for name in sources}
        lines = ["  %s: { issuer: \"urn:issuer:%s\", audiences: [ledger-api], algorithms: [ES256], %s }"
                 % (name, name, source) for name, source in sources.items()]
        text = CONFIGURATION.replace("@providers@", "\n".join(lines)).replace("@names@", ", ".join(sources))
        self.deployment = Deployment(binary, text, POLICIES, files)

    def __enter__(self):
        self.deployment.__enter__()
        return self

    def __exit__(self, *_):
        self.deployment.__exit__()

    def token(self, name, subject="mara", **fields):
        return self.issuers[name].token(subject, **fields)

    def gateway(self):
        return Gateway(self.deployment.target, key=self.deployment.gateway_key)

    def provider(self, name):
        return self.deployment.status()["providers"][name]


def run(binary, report, options):
    with Aging(binary) as aging:
        report.guard("stale_begins", aging.begin, report)
        for part in (dead_at_start, one_of_several_dead, dies_under_traffic, lying, turns_bad, slow):
            report.guard(part.__name__, part, report, binary)
        report.guard("stale", aging.end, report)


class Aging:
    """Keys that cannot be renewed any more: they serve for `max_stale` and not longer, while the other parts run."""

    LIMIT = 30

    def __init__(self, binary):
        self.server = KeyServer()
        self.issuers = Issuers(binary, {"only": 'jwks_url: "%s/keys", refresh: 30s, max_stale: %ds'
                                                % (self.server.base, self.LIMIT)})

    def __enter__(self):
        self.issuers.__enter__()
        return self

    def __exit__(self, *_):
        self.issuers.__exit__()
        self.server.close()

    def begin(self, report):
        self.server.put("/keys", {"keys": [self.issuers.key.public()]})
        # The keys are loaded later than this.
        self.began = time.monotonic()
        self.issuers.deployment.start()
        self.token = self.issuers.token("only")
        self.serve(report, "stale: fresh keys serve", self.token)
        self.server.down()
        self.serve(report, "stale: old keys serve, verified before or not", self.token, self.issuers.token("only"))
        declared = self.issuers.deployment.metric("countersign_provider_max_staleness_seconds", provider="only")
        report.equal("stale: declared", declared, self.LIMIT)

    def serve(self, report, name, *tokens):
        """What is asked within the time is allowed; on a machine that was too slow for that nothing is said."""
        with self.issuers.gateway() as gateway:
            outcomes = {gateway.ask(token=token).outcome() for token in tokens}
        if time.monotonic() - self.began < self.LIMIT:
            report.equal(name, outcomes, {"allow:allowed"})
        else:
            report.note(name + ": not asked in time")

    def end(self, report):
        with self.issuers.gateway() as gateway:
            deployment = self.issuers.deployment
            report.check("stale: then they do not, verified before or not", deployment.until(
                lambda: {gateway.ask(token=token).outcome() for token in (self.token, self.issuers.token("only"))}
                == {UNAVAILABLE}))
            age = deployment.metric("countersign_provider_staleness_seconds", provider="only", of="keys")
            report.check("stale: the age is measured", age >= self.LIMIT, age)
            report.equal("stale: no longer ready", deployment.readiness(), 503)


def at_once(ask):
    """Whether a call ends without waiting for a fetch, which may take seconds: one of many is enough, for a machine that
    is busy makes any of them slow."""
    def is_quick():
        start = time.monotonic()
        ask()
        return time.monotonic() - start < 1

    return eventually(is_quick)


def settled(deployment):
    """Waits until all listeners answer, ready or not; that for gRPC is opened last."""
    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", deployment.grpc)) == 0 and deployment.readiness() != 0

    deployment.until(lambda: listens() or not deployment.alive())


def dead_at_start(report, binary):
    name = "dead at start: "
    server = KeyServer()
    server.down()
    with Issuers(binary, {"only": 'jwks_url: "%s/keys"' % server.base}) as issuers:
        deployment = issuers.deployment
        deployment.start(wait=False)
        settled(deployment)
        report.check(name + "the process is up and says 503", deployment.until(
            lambda: deployment.alive() and deployment.readiness() == 503), deployment.log()[-300:])
        report.check(name + "/status names the obstacle", deployment.until(
            lambda: "no identity provider has keys" in deployment.status()["obstacles"]), deployment.status())
        deployment.until(lambda: "failure" in issuers.provider("only"))
        report.contains(name + "/status names the failure", str(issuers.provider("only")), "cannot be reached")
        with issuers.gateway() as gateway:
            answer = gateway.ask(token=issuers.token("only"))
            report.equal(name + "a token ends in a fault", answer.outcome(), UNAVAILABLE)
            report.equal(name + "its status", answer.value("status"), 503)
            report.check(name + "at once", at_once(lambda: gateway.ask(token=issuers.token("only"))))
            report.equal(name + "no credential is still the caller's fault", gateway.ask().outcome(),
                         "deny:no_credential")
            server.put("/keys", {"keys": [issuers.key.public()]})
            server.up()
            report.check(name + "readiness comes back by itself", deployment.until(
                lambda: deployment.readiness() == 200), deployment.status())
            report.equal(name + "then tokens are accepted", gateway.ask(token=issuers.token("only")).outcome(),
                         "allow:allowed")
            record = deployment.recorded(answer.decision)
            report.equal(name + "the refusal is in the log", record and (record["dec"]["verdict"],
                         record["dec"]["reason"]), ("error", "idp_unavailable"))
        report.equal(name + "ends cleanly", deployment.stop(), 0)
    server.close()


def one_of_several_dead(report, binary):
    name = "one of several dead: "
    server = KeyServer()
    server.down()
    sources = {"gone": 'jwks_url: "%s/keys"' % server.base, "here": "jwks_file: here.json"}
    with Issuers(binary, sources) as issuers:
        issuers.deployment.write("here.json", json.dumps({"keys": [issuers.key.public()]}))
        issuers.deployment.start()
        report.equal(name + "ready all the same", issuers.deployment.readiness(), 200)
        with issuers.gateway() as gateway:
            report.equal(name + "its own callers", gateway.ask(token=issuers.token("gone")).outcome(), UNAVAILABLE)
            report.equal(name + "the others' callers", gateway.ask(token=issuers.token("here")).outcome(),
                         "allow:allowed")
        ready = lambda provider: issuers.deployment.metric("countersign_keyset_ready", provider=provider)
        report.equal(name + "/metrics tells them apart", (ready("gone"), ready("here")), (0, 1))
        report.equal(name + "ends cleanly", issuers.deployment.stop(), 0)
    server.close()


def dies_under_traffic(report, binary):
    name = "dies under traffic: "
    server = KeyServer()
    with Issuers(binary, {"only": 'jwks_url: "%s/keys"' % server.base}) as issuers:
        server.put("/keys", {"keys": [issuers.key.public()]})
        issuers.deployment.start()
        with issuers.gateway() as gateway:
            outcomes = []
            for number in range(1200):
                if number == 400:
                    server.down()
                # Every token is new, so each needs the key.
                outcomes.append(gateway.ask(token=issuers.token("only", "caller-%d" % number)).outcome())
                if number == 600:
                    stranger = issuers.token("only", header={"kid": "never-seen"})
                    report.equal(name + "an unknown key meanwhile", gateway.ask(token=stranger).outcome(), UNKNOWN)
            report.equal(name + "the old keys serve 1,200 new tokens", set(outcomes), {"allow:allowed"})
            report.equal(name + "still ready", issuers.deployment.readiness(), 200)
            report.contains(name + "/status names the failure", str(issuers.provider("only")), "cannot be reached")
        report.equal(name + "ends cleanly", issuers.deployment.stop(), 0)
    server.close()


def raw(head, body=b""):
    """A document that writes its own bytes: for answers that are no HTTP."""
    def answer(handler):
        handler.wfile.write(head + body)
        handler.wfile.flush()
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
    return answer


def replying(status, body, content_type="application/json", headers=()):
    return lambda handler: handler.reply(status, body, content_type, headers)


def lies(issuer_key, elsewhere):
    """{name: (document, what a well signed token must end in)}."""
    good = issuer_key.public()
    decoy = SigningKey("ES256", "decoy").public()
    rsa = SigningKey("RS256", "k1").public()
    document = json.dumps({"keys": [good]}).encode()
    off_curve = dict(good, x=base64url(b"\1" * 32))
    broken = {
        "html": replying(200, b"<!DOCTYPE html><html><body>Sign in</body></html>", "text/html"),
        "bytes": replying(200, bytes(range(256)) * 40), "empty-body": replying(200, b""),
        "cut-json": replying(200, document[:-3]), "twice": replying(200, document * 2),
        "huge": replying(200, document[:-1] + b" " * (3 << 20) + b"}"),
        "huge-keys": replying(200, json.dumps({"keys": [dict(good, kid="k%d" % n) for n in range(257)]}).encode()),
        "deep": replying(200, b'{"keys":' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
        "duplicate-member": replying(200, document[:-1] + b',"keys":[]}'),
        "list": replying(200, json.dumps([good]).encode()),
        "no-keys": replying(200, b'{"jwks":[]}'), "keys-is-object": replying(200, json.dumps({"keys": good}).encode()),
        "not-utf8": replying(200, document.replace(b"k1", b"k\xff")),
        "status-204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "status-500": replying(500, document),
        "status-203": replying(203, document), "status-206": replying(206, document),
        "redirect": replying(302, document, headers=[("location", elsewhere.base + "/keys")]),
        "redirect-308": replying(308, b"", headers=[("location", elsewhere.base + "/keys")]),
        "redirect-here": replying(301, b"", headers=[("location", "/good")]),
        "gzip": replying(200, gzip.compress(document), headers=[("content-encoding", "gzip")]),
        "cut-body": raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", document),
        "no-http": raw(b"220 mail.example.test ESMTP\r\n"), "nothing": raw(b""),
        "long-header": raw(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n", document),
        "bad-chunks": raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", document),
        "only-symmetric": replying(200, json.dumps({"keys": [
            {"kty": "oct", "kid": "k1", "alg": "HS256", "k": base64url(b"s" * 64)}]}).encode()),
    }
    unusable = {
        "no-keys-left": [],
        "other-alg": [dict(good, alg="ES384")], "alg-none": [dict(good, alg="none")],
        "alg-hmac": [dict(good, alg="HS256")], "other-kty": [dict(good, kty="RSA")], "rsa-key": [rsa],
        "kty-unknown": [dict(good, kty="XYZ")], "no-kty": [{k: v for k, v in good.items() if k != "kty"}],
        "other-crv": [dict(good, crv="P-384")], "secp256k1": [dict(good, crv="secp256k1")],
        "off-curve": [off_curve], "short-point": [dict(good, y=base64url(b"\1" * 31))],
        "private": [dict(good, d=base64url(b"\1" * 32))], "for-encryption": [dict(good, use="enc")],
        "for-signing": [dict(good, key_ops=["sign"])], "kid-number": [dict(good, kid=1)],
        "other-kid": [dict(good, kid="K1")], "padded": [dict(good, x=good["x"] + "=")],
        "symmetric": [{"kty": "oct", "kid": "k1", "k": good["x"]}],
        "broken-twin": [good, off_curve], "two-of-a-name": [good, dict(SigningKey("ES256", "k1").public())],
        "certificate-only": [{"kty": "EC", "kid": "k1", "x5c": ["AAAA"]}], "no-objects": ["k1", 7, None],
    }
    told = {name: (document, UNAVAILABLE) for name, document in broken.items()}
    for name, keys in unusable.items():
        others = [] if name == "no-keys-left" else [decoy]
        told[name] = (replying(200, json.dumps({"keys": keys + others}).encode()), UNKNOWN)
    # What a set may hold beside a good key, and how it may be sent.
    told["truth"] = (replying(200, json.dumps({"keys": ["k0", {}, rsa | {"kid": "r"}, good, decoy], "x": 1}).encode()),
                     "allow:allowed")
    told["truth-as-text"] = (replying(200, document, "text/plain"), "allow:allowed")
    return told


def lying(report, binary):
    server, elsewhere = KeyServer(), KeyServer()
    probe = SigningKey("ES256", "k1")
    told = lies(probe, elsewhere)
    elsewhere.put("/keys", {"keys": [probe.public()]})
    server.put("/good", {"keys": [probe.public()]})
    for name, (document, _) in told.items():
        server.put("/" + name, document)
    refused = {"private-address": 'jwks_url: "https://10.11.12.13/keys"',
               "link-local-address": 'jwks_url: "http://169.254.169.254/keys", allow_insecure: true',
               "mapped-address": 'jwks_url: "https://[::ffff:192.168.1.1]/keys"'}
    sources = {name: 'jwks_url: "%s/%s"' % (server.base, name) for name in told}
    with Issuers(binary, dict(sources, **refused)) as issuers:
        for issuer in issuers.issuers.values():
            issuer.keys = [probe]
        issuers.deployment.start()
        with issuers.gateway() as gateway:
            for name, (_, wanted) in told.items():
                answer = gateway.ask(token=issuers.token(name))
                report.equal("lying: %s" % name, answer.outcome(), wanted)
            for name in refused:
                report.equal("lying: " + name, gateway.ask(token=issuers.token(name)).outcome(), UNAVAILABLE)
                report.check("lying: %s: refused without a connection" % name, at_once(
                    lambda: gateway.ask(token=issuers.token(name))))
                report.contains("lying: %s: /status says why" % name, str(issuers.provider(name)),
                                "addresses, which the configuration does not allow")
        report.equal("lying: no redirect was followed", (elsewhere.hits_of("/keys"), server.hits_of("/good")), (0, 0))
        failures = [name for name, (_, wanted) in told.items() if wanted == UNAVAILABLE
                    and not issuers.provider(name).get("failure")]
        report.equal("lying: /status says for each broken source why", failures, [])
        report.check("lying: the process is up", issuers.deployment.alive())
        report.equal("lying: ends cleanly", issuers.deployment.stop(), 0)
    server.close()
    elsewhere.close()


def turns_bad(report, binary):
    """After a good set: an empty one withdraws all keys, a broken one leaves the old ones in place."""
    server = KeyServer()
    later = {"withdrawn": (replying(200, b'{"keys":[]}'), UNKNOWN),
             "replaced": (replying(200, json.dumps({"keys": [SigningKey("ES256", "k9").public()]}).encode()), UNKNOWN),
             "html": (replying(200, b"<html>"), "allow:allowed"), "failing": (replying(503, b""), "allow:allowed"),
             "moved": (replying(302, b"", headers=[("location", "/withdrawn")]), "allow:allowed"),
             "symmetric": (replying(200, json.dumps({"keys": [{"kty": "oct", "kid": "k1", "k": base64url(b"s" * 32)}]})
                                    .encode()), "allow:allowed")}
    with Issuers(binary, {name: 'jwks_url: "%s/%s"' % (server.base, name) for name in later}) as issuers:
        for name in later:
            server.put("/" + name, {"keys": [issuers.key.public()]})
        issuers.deployment.start()
        with issuers.gateway() as gateway:
            for name, (document, wanted) in later.items():
                cached = issuers.token(name)
                report.equal("turns bad: %s: good at first" % name, gateway.ask(token=cached).outcome(),
                             "allow:allowed")
                server.put("/" + name, document)
                # A token with an unknown key makes the set be fetched again.
                answer = gateway.ask(token=issuers.token(name, header={"kid": "other"}))
                report.equal("turns bad: %s: an unknown key" % name, answer.outcome(), UNKNOWN)
                # Once more, if the next try was due already after one that failed.
                report.check("turns bad: %s: it was fetched again" % name, server.hits_of("/" + name) >= 2)
                report.equal("turns bad: %s: a new token" % name, gateway.ask(token=issuers.token(name, "vera"))
                             .outcome(), wanted)
                report.equal("turns bad: %s: a token verified before" % name, gateway.ask(token=cached).outcome(), wanted)
        report.equal("turns bad: ends cleanly", issuers.deployment.stop(), 0)
    server.close()


def drip(handler):
    """A byte of the head every 200 ms."""
    try:
        for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n" + b" " * 200:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(0.2)
    except OSError:
        pass
    handler.close_connection = True


def slow(report, binary):
    server = KeyServer()
    server.put("/silent", lambda handler: handler.hang())
    server.put("/drip", drip)
    sources = {name: 'jwks_url: "%s/%s"' % (server.base, name) for name in ("silent", "drip")}
    sources["later"] = 'jwks_url: "%s/later"' % server.base
    sources["quick"] = "jwks_file: quick.json"
    with Issuers(binary, sources) as issuers:
        deployment = issuers.deployment
        deployment.write("quick.json", json.dumps({"keys": [issuers.key.public()]}))
        server.put("/later", {"keys": [issuers.key.public()]})
        deployment.start(wait=False)
        settled(deployment)
        with issuers.gateway() as gateway:
            deployment.until(lambda: gateway.ask(token=issuers.token("later")).outcome() == "allow:allowed")
            server.put("/later", lambda handler: handler.hang())
            for name, fields in (("silent", {}), ("drip", {}), ("later", {"header": {"kid": "unknown"}})):
                held(report, "slow: " + name, issuers, gateway, issuers.token(name, **fields))
        report.check("slow: ready once the fetches have failed", deployment.until(
            lambda: deployment.readiness() == 200), deployment.status())
        report.contains("slow: /status says why", str(issuers.provider("silent")), "took longer than")
        report.equal("slow: ends cleanly", deployment.stop(), 0)
    server.close()


# What is said of a caller whose keys did not come in time.
STABLE = {"budgetIdentify", UNAVAILABLE, UNKNOWN}


def held(report, name, issuers, gateway, token):
    """Calls that need a fetch which hangs: each ends within its own deadline, and nobody else waits.

    A machine that is busy with other things makes some of them late: such a batch is made again while a fetch hangs.
    """
    began = time.monotonic()
    while True:
        results, others = batch(issuers, gateway, token)
        late = [answer for _, answer, _ in results if isinstance(answer, str)]
        answers = [answer for _, answer, _ in results if not isinstance(answer, str)]
        outcomes, slowest = {answer.outcome() for answer in answers}, max(seconds for _, seconds in others)
        if outcomes - STABLE or {o for o, _ in others} != {"allow:allowed"}:
            break
        # Only a call that waited says something of those that wait.
        waited = all(seconds >= deadline / 2 for deadline, _, seconds in results)
        if waited and not late and slowest < 0.5 or time.monotonic() - began > PATIENCE:
            break
    report.check("%s: the calls waited for the fetch" % name, waited)
    report.check("%s: all of 45 calls are answered before their deadlines" % name, not late, "%d: %s" % (len(late),
                 late[:3]))
    report.check("%s: with a stable reason" % name, outcomes <= STABLE, outcomes)
    report.check("%s: none is allowed" % name, not any(answer.allowed for answer in answers))
    report.equal("%s: %d calls of another issuer meanwhile" % (name, len(others)), {o for o, _ in others},
                 {"allow:allowed"})
    report.check("%s: none of those waited" % name, slowest < 0.5, slowest)


def batch(issuers, gateway, token):
    """45 calls with a token that needs the fetch, as (deadline, answer or status, seconds), and what others were told
    meanwhile, as (outcome, seconds)."""
    quick = issuers.token("quick")

    def call(deadline):
        start = time.monotonic()
        try:
            answer = gateway.ask(token=token, timeout=deadline)
        except grpc.RpcError as problem:
            answer = problem.code().name
        return deadline, answer, time.monotonic() - start

    with concurrent.futures.ThreadPoolExecutor(45) as pool:
        waiting = [pool.submit(call, seconds) for seconds in (1.0, 2.0, 3.0) for _ in range(15)]
        others = []
        while not others or not all(future.done() for future in waiting):
            start = time.monotonic()
            outcome = gateway.ask(token=quick).outcome()
            others.append((outcome, time.monotonic() - start))
            time.sleep(0.005)
        return [future.result() for future in waiting], others
