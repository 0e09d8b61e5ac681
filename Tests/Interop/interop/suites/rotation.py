# SPDX-License-Identifier: Apache-2.0
"""Issuers change their keys under traffic: not one wrong answer, and the key servers are asked sparingly."""
import concurrent.futures
import json
import threading
import time

from ..keyserver import KeyServer
from ..report import PATIENCE
from ..tokens import SigningKey
from .issuers import UNKNOWN, Issuers

ISSUERS = ["one", "two", "three", "four"]
WAITERS = 120


def run(binary, report, options):
    server = KeyServer()
    sources = {name: 'jwks_url: "%s/%s"' % (server.base, name) for name in [*ISSUERS, "flooded"]}
    with Issuers(binary, sources) as issuers:
        for issuer in issuers.issuers.values():
            issuer.keys = [SigningKey("ES256", "old")]
        for name, issuer in issuers.issuers.items():
            server.put("/" + name, issuer.key_set())
        issuers.deployment.start()
        report.equal("each key set is fetched once at the start", {name: server.hits_of("/" + name) for name in sources},
                     dict.fromkeys(sources, 1))
        flood = Flood(issuers, server)
        report.guard("rotate", rotate, report, issuers, server)
        report.guard("waiters", waiters, report, issuers, server)
        report.guard("flood", flood.judge, report)
        report.equal("ends cleanly on SIGTERM", issuers.deployment.stop(), 0)
        report.guard("log", log, report, issuers)
    server.close()


class Traffic(threading.Thread):
    """One caller of one issuer: a new token with every second call, signed with the newest key."""

    def __init__(self, issuers, name):
        super().__init__()
        self.issuers, self.name_of_issuer, self.wrong, self.calls, self.stop = issuers, name, [], 0, threading.Event()

    def run(self):
        issuer = self.issuers.issuers[self.name_of_issuer]
        with self.issuers.gateway() as gateway:
            while not self.stop.is_set():
                key = issuer.keys[-1]
                token = issuer.token("caller-%d" % (self.calls // 2), key=key, jti=None)
                for _ in range(2):
                    answer = gateway.ask(token=token)
                    self.calls += 1
                    if answer.outcome() != "allow:allowed":
                        self.wrong.append((key.key_id, answer.outcome()))


def rotate(report, issuers, server):
    """Each issuer signs with a new key from one moment on, without notice, and drops the old one a little later."""
    callers = [Traffic(issuers, name) for name in ISSUERS for _ in range(2)]
    for caller in callers:
        caller.start()

    def traffic(calls):
        """Waits until every caller has made so many more."""
        wanted = [caller.calls + calls for caller in callers]
        issuers.deployment.until(lambda: all(caller.calls >= most for caller, most in zip(callers, wanted)))
    kept = {}
    for name in ISSUERS:
        issuer = issuers.issuers[name]
        traffic(50)
        kept[name] = issuer.token("keeper")
        fresh = SigningKey("ES256", "new")
        # Published first, used at once.
        server.put("/" + name, {"keys": [key.public() for key in (*issuer.keys, fresh)]})
        issuer.keys = [*issuer.keys, fresh]
    traffic(60)
    for caller in callers:
        caller.stop.set()
    for caller in callers:
        caller.join(PATIENCE)
    calls, wrong = sum(caller.calls for caller in callers), [w for caller in callers for w in caller.wrong]
    report.check("%d calls while four issuers rotated: not one wrong answer" % calls, not wrong and calls > 2000,
                 "%d calls, %d wrong: %s" % (calls, len(wrong), wrong[:3]))
    report.equal("one fetch for each rotation", {name: server.hits_of("/" + name) for name in ISSUERS},
                 dict.fromkeys(ISSUERS, 2))
    with issuers.gateway() as gateway:
        report.equal("tokens of the old key hold while it is published", {
            gateway.ask(token=token).outcome() for token in kept.values()}, {"allow:allowed"})
    status = issuers.deployment.status()["providers"]
    report.equal("/status counts two keys each", {status[name]["keys"] for name in ISSUERS}, {2})


def waiters(report, issuers, server):
    """Many callers with tokens of a key that nobody has seen: one slow fetch serves them all."""
    name = "shared"
    with Issuers(issuers.deployment.binary, {name: 'jwks_url: "%s/shared"' % server.base}) as other:
        issuer = other.issuers[name]
        issuer.keys = [SigningKey("ES256", "old")]
        server.put("/shared", issuer.key_set())
        other.deployment.start()
        with other.gateway() as gateway:
            cached = issuer.token("keeper")
            report.equal("shared fetch: the old key at first", gateway.ask(token=cached).outcome(), "allow:allowed")
            fresh = SigningKey("ES256", "new")
            body = json.dumps({"keys": [fresh.public()]}).encode()

            def slowly(handler):
                time.sleep(0.5)
                handler.reply(200, body)

            server.put("/shared", slowly)
            tokens = [issuer.token("caller-%d" % number, key=fresh) for number in range(WAITERS)]
            with concurrent.futures.ThreadPoolExecutor(WAITERS) as pool:
                outcomes = list(pool.map(lambda token: gateway.ask(token=token).outcome(), tokens))
            report.equal("shared fetch: all of %d waiters are allowed" % WAITERS, set(outcomes), {"allow:allowed"})
            report.equal("shared fetch: it was one fetch", server.hits_of("/shared"), 2)
            report.equal("a token that was verified with a key since withdrawn", gateway.ask(token=cached).outcome(),
                         UNKNOWN)
            report.equal("a new token of a key since withdrawn", gateway.ask(token=issuer.token("x")).outcome(), UNKNOWN)
        change = other.deployment.until(lambda: next((r for r in reversed(other.deployment.audit.records())
                                                      if r["t"] == "jwks.change" and r["jwks"]["removed"]), None))
        report.equal("jwks.change names the keys", change and (change["jwks"]["added"], change["jwks"]["removed"]),
                     (["new"], ["old"]))
        other.deployment.stop()


class Flood:
    """Tokens with invented key names, all the time: the key server must not feel it."""

    SECONDS = 33

    def __init__(self, issuers, server):
        self.issuers, self.server, self.outcomes, self.calls = issuers, server, set(), 0
        self.began = time.monotonic()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        issuer = self.issuers.issuers["flooded"]
        with self.issuers.gateway() as gateway:
            while time.monotonic() - self.began < self.SECONDS:
                token = issuer.token("mallory", header={"kid": "invented-%d" % self.calls})
                self.outcomes.add(gateway.ask(token=token).outcome())
                self.calls += 1
                time.sleep(0.005)

    def judge(self, report):
        self.thread.join(self.SECONDS + PATIENCE)
        seconds = time.monotonic() - self.began
        hits = self.server.hits_of("/flooded")
        report.equal("%d tokens with invented keys in %d s" % (self.calls, seconds), self.outcomes, {UNKNOWN})
        # At the start, with the first of them, and at most once in each 30 s after that.
        report.check("they caused a fetch in 30 s (%d in all)" % hits, 2 <= hits <= 2 + seconds // 30, hits)


def log(report, issuers):
    _, records = issuers.deployment.audit.verify()
    wrong = [r["dec"]["reason"] for r in records if r["t"] == "decision" and r["dec"]["verdict"] == "error"]
    report.equal("no decision ended in an error", wrong, [])
    added = [(r["jwks"]["provider"], r["jwks"]["added"]) for r in records if r["t"] == "jwks.change"]
    report.equal("jwks.change for each rotation", sorted(p for p, keys in added if "new" in keys), sorted(ISSUERS))
