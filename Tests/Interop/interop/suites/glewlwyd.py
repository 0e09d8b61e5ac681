# SPDX-License-Identifier: Apache-2.0
"""glewlwyd as the identity provider: discovery, both grants, introspection, revocation, DPoP, keys that rotate under load."""
import collections
import json
import tempfile
import threading

from ..deployment import Deployment, http
from ..glewlwyd import Glewlwyd, missing
from ..report import eventually
from ..tokens import SigningKey, altered
from .possession import Client

CONFIGURATION = """\
data: state
listeners:
  grpc: { address: "off" }
  http: { address: "127.0.0.1:{http}", protocols: [decisions] }
  admin: { address: "127.0.0.1:{admin}", protocols: [metrics, health] }
gateways:
  harbour: { keys: ["file:secrets/gate-a.key"] }
providers:
  gl:
    type: oidc
    issuer: "@issuer@"
    audiences: [orders, "openid orders"]     # this provider puts the scope list there
    refresh: 30s
    introspection: { url: "@issuer@/introspect", auth: bearer, client_id: api, client_secret: "file:secrets/api", cache: 1s, negative_cache: 1s, timeout: 30s, token: { url: "@issuer@/token", scope: introspect } }
apis:
  local:
    match: { hosts: [local.example.test], base_path: / }
    providers: [gl]
    routes: [{ name: local.show, match: { path: "/{id}" } }]
  live:
    match: { hosts: [live.example.test], base_path: / }
    providers: [gl]
    live: true
    routes: [{ name: live.show, match: { path: "/{id}" } }]
policies: { directory: policies, schema: generated }
audit: { mode: strict, origin: tidewater/one, key: "file:secrets/log.key", checkpoint_interval: 100ms }
"""

POLICIES = {"orders.cedar": """\
@id("users") permit (principal is User, action, resource) when { principal.scopes.contains("orders") };
@id("programs") permit (principal is Client, action, resource) when { principal.scopes.contains("orders") };
"""}


def run(binary, report, options):
    why = missing()
    if why:
        return report.skip("glewlwyd", why)
    first = SigningKey("RS256", "k1")
    with tempfile.TemporaryDirectory() as folder, Glewlwyd(folder, [first]) as provider:
        with Deployment(binary, CONFIGURATION.replace("@issuer@", provider.issuer), POLICIES) as deployment:
            deployment.write_secret("api", "api-secret")
            deployment.start()
            world = World(deployment, provider)
            for part in (grants, identity_token, live_state, bound, rotation):
                report.guard(part.__name__, part, report, world)
            report.check("no secret in any output", "api-secret" not in deployment.log())
            report.equal("ends cleanly", deployment.stop(), 0)


class World:
    def __init__(self, deployment, provider):
        self.deployment, self.provider = deployment, provider

    def ask(self, token, host="local", scheme="Bearer", headers=None):
        request = {"method": "GET", "scheme": "https", "host": host + ".example.test", "path": "/7",
                   "headers": dict({"authorization": ["%s %s" % (scheme, token)]}, **(headers or {}))}
        return http("POST", self.deployment.http_url("/v1/decisions"), json.dumps({"request": request}).encode(),
                    {"content-type": "application/json", "x-countersign-key": self.deployment.gateway_key}).json()

    def reason(self, token, host="local"):
        return self.ask(token, host)["reason"]


def grants(report, world):
    answer = world.ask(world.provider.client_token()["access_token"])
    report.equal("client credentials", (answer["reason"], answer["policies"]), ("allowed", ["programs"]))
    tokens = world.provider.user_tokens()
    answer = world.ask(tokens["access_token"])
    report.equal("code with PKCE", (answer["reason"], answer["policies"]), ("allowed", ["users"]))
    status, renewed = world.provider.refresh(tokens["refresh_token"])
    report.equal("refresh", status, 200)
    report.equal("the renewed token", world.reason(renewed["access_token"]), "allowed")
    report.equal("a token with a changed signature", world.reason(altered(renewed["access_token"])), "token_signature")


def identity_token(report, world):
    tokens = world.provider.user_tokens()
    report.equal("an ID token is no access token", world.reason(tokens["id_token"]), "token_audience")


def live_state(report, world):
    for name, token, client in (("program", world.provider.client_token()["access_token"], "svc"),
                                ("user", world.provider.user_tokens()["access_token"], "web")):
        report.equal(name + ": active", world.reason(token, "live"), "allowed")
        report.equal(name + ": revoked", world.provider.revoke(token, client), 200)
        world.deployment.until(lambda: world.reason(token, "live") != "allowed")
        report.equal(name + ": the live API refuses it", world.reason(token, "live"), "token_inactive")
        report.equal(name + ": a signature is valid until it expires", world.reason(token), "allowed")


def bound(report, world):
    client = Client()
    url = world.provider.issuer + "/token"
    proof = client.proof("", method="POST", url=url, ath=None)
    answer = world.provider.client_token(headers={"DPoP": proof})
    if answer.get("token_type", "").lower() != "dpop":
        return report.skip("DPoP", "this glewlwyd does not bind tokens")
    token = answer["access_token"]
    seen = client.proof(token, url="https://local.example.test/7")
    report.equal("its bound token with a proof", world.ask(token, scheme="DPoP", headers={"dpop": [seen]})["reason"], "allowed")
    report.equal("the proof again", world.ask(token, scheme="DPoP", headers={"dpop": [seen]})["reason"], "proof_replay")
    report.equal("as a bearer token", world.reason(token), "proof_missing")


def rotation(report, world):
    provider = world.provider
    old = provider.client_token()["access_token"]
    second, third = SigningKey("RS256", "k2"), SigningKey("ES256", "e1")
    state, tokens, stop, rounds = collections.Counter(), [old], threading.Event(), [0] * 4

    def load(number):
        while not stop.is_set():
            for token in list(tokens):
                state[world.reason(token)] += 1
            rounds[number] += 1

    def turn():
        """Waits until each caller has ended what it was about, and has begun and ended a round after that."""
        before = list(rounds)
        world.deployment.until(lambda: all(now > then + 1 for now, then in zip(rounds, before)))
    threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        turn()
        provider.rotate([second, provider.keys[0]])
        new = provider.client_token()["access_token"]
        report.equal("a token of the new key, at once", world.reason(new), "allowed")
        tokens.append(new)
        turn()
        provider.rotate([second, third, provider.keys[1]])
        turn()
        # The old key goes: its tokens are refused once the set has been read again, which is due after 30 s.
        tokens.remove(old)
        turn()
        provider.rotate([second, third])
        eventually(lambda: world.reason(old) != "allowed", pause=0.5)
        report.equal("a token of a key that is gone", world.reason(old), "key_unknown")
        report.equal("a token of a key that stays", world.reason(new), "allowed")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    report.equal("under load, no answer but allowed", sorted(state), ["allowed"])
    report.note("%d decisions while keys rotated" % sum(state.values()))
