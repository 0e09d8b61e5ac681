# SPDX-License-Identifier: Apache-2.0
"""Tokens bound to keys (DPoP) and to certificates, and callers that have nothing but a certificate."""
import base64
import hashlib
import json
import time
import urllib.parse
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from ..certificates import Authority
from ..deployment import Deployment, http
from ..gateway import Gateway
from ..tokens import SigningKey, TokenIssuer, altered, assemble, base64url

CONFIGURATION = """\
data: state
listeners:
  grpc: { address: "127.0.0.1:{grpc}", protocols: [apigee, health] }
  http: { address: "127.0.0.1:{http}", protocols: [decisions] }
  admin: { address: "127.0.0.1:{admin}", protocols: [metrics, health] }
gateways:
  envoy: { keys: ["file:secrets/gate-a.key"], forwarded_headers: true }
  plain: { keys: ["file:secrets/gate-b.key"] }
providers:
  north: { type: oidc, issuer: "urn:tidewater:north", audiences: [ledger-api], jwks_file: north.json, algorithms: [ES256] }
  mesh: { type: certificate, ca: "file:mesh.pem", subjects: ["spiffe://tidewater.test/*", "CN=batch"] }
  bound: { type: oidc, issuer: "urn:tidewater:bound", audiences: [ledger-api], jwks_file: north.json, bound_tokens: required }
apis:
  ledger:
    match: { hosts: [ledger.example.test], proxies: [ledger], base_path: /ledger }
    providers: [north, mesh, bound]
    external_origin: "https://api.example.test"
    routes: [{ name: entry.show, match: { path: "/entries/{entry}" } }]
limits: { proof_age: 4m }
policies: { directory: policies, schema: generated }
audit: { mode: strict, origin: tidewater/one, key: "file:secrets/log.key", checkpoint_interval: 100ms }
"""

POLICIES = {"ledger.cedar": """\
@id("users") permit (principal is User, action, resource);
@id("workloads") permit (principal is Workload, action, resource)
when { principal has trust_domain && principal.trust_domain == "tidewater.test" };
@id("batch") permit (principal == Workload::"CN=batch", action, resource);
"""}
URL = "https://api.example.test/ledger/entries/7"


class Client:
    """Holds a key and proves it."""

    def __init__(self):
        self.key = SigningKey("ES256", "client")

    @property
    def jwk(self):
        return {name: value for name, value in self.key.public().items() if name in ("kty", "crv", "x", "y")}

    @property
    def thumbprint(self):
        text = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        return base64url(hashlib.sha256(text.encode()).digest())

    def proof(self, token, method="GET", url=URL, **changes):
        """Members that are `None` are left out."""
        claims = {"jti": str(uuid.uuid4()), "htm": method, "htu": url, "iat": int(time.time()),
                  "ath": base64url(hashlib.sha256(token.encode()).digest())}
        claims.update(changes)
        claims = {name: value for name, value in claims.items() if value is not None}
        return assemble({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk}, claims, self.key)


class World:
    def __init__(self, deployment, issuer, bound, authority):
        self.deployment, self.issuer, self.bound, self.authority, self.client = deployment, issuer, bound, authority, Client()

    def ask(self, headers, key=None, method="GET"):
        request = {"method": method, "host": "ledger.example.test", "path": "/ledger/entries/7",
                   "headers": {name: value if isinstance(value, list) else [value] for name, value in headers.items()}}
        answer = http("POST", self.deployment.http_url("/v1/decisions"), json.dumps({"request": request}).encode(),
                      {"content-type": "application/json", "x-countersign-key": key or self.deployment.gateway_key})
        return answer.json()

    def reason(self, headers, key=None, method="GET"):
        return self.ask(headers, key, method)["reason"]

    def token(self, issuer=None, **confirmation):
        return (issuer or self.issuer).token("mara", cnf=confirmation or None)


def run(binary, report, options):
    keys, authority = [SigningKey("ES256", "n1")], Authority("mesh root")
    issuer, bound = (TokenIssuer("urn:tidewater:" + n, "ledger-api", keys) for n in ("north", "bound"))
    files = {"north.json": issuer.key_set(), "mesh.pem": authority.pem}
    with Deployment(binary, CONFIGURATION, POLICIES, files) as deployment:
        deployment.start()
        world = World(deployment, issuer, bound, authority)
        for part in (proofs, wrong_proofs, required, apigee, certificate_bound, certificates, forged):
            report.guard(part.__name__, part, report, world)
        report.equal("ends cleanly", deployment.stop(), 0)
    report.guard("nonces", nonces, report, binary, files, issuer, bound, authority)


NONCES = CONFIGURATION + 'dpop: { nonces: true, nonce_lifetime: 5m, nonce_keys: ["file:secrets/nonce", "file:secrets/older"] }\n'


def nonces(report, binary, files, issuer, bound, authority):
    """RFC 9449, sections 8 and 9: two processes that share a key, and nothing else."""
    with Deployment(binary, NONCES, POLICIES, files) as first, Deployment(binary, NONCES, POLICIES, files) as second:
        for deployment, keys in ((first, "ab"), (second, "ba")):
            for name, letter in zip(("nonce", "older"), keys):
                deployment.write_secret(name, letter * 64 + "\n")
            deployment.start()
        world, other = (World(d, issuer, bound, authority) for d in (first, second))
        other.client = world.client
        token = world.token(jkt=world.client.thumbprint)
        ask = lambda where, **changes: where.ask(
            {"authorization": "DPoP " + token, "dpop": world.client.proof(token, **changes)})
        refused = ask(world)
        report.equal("nonces: none", refused["reason"], "proof_nonce")
        report.check("nonces: the challenge asks for one", 'error="use_dpop_nonce"' in refused.get("challenge", ""), refused)
        nonce = refused["dpop_nonce"]
        answer = ask(world, nonce=nonce)
        report.equal("nonces: the one of the refusal", answer["reason"], "allowed")
        report.check("nonces: every answer brings the next", len(answer.get("dpop_nonce", "")) == 32, answer)
        report.equal("nonces: by another process with the same keys", ask(other, nonce=nonce)["reason"], "allowed")
        report.equal("nonces: and back", ask(world, nonce=ask(other)["dpop_nonce"])["reason"], "allowed")
        for name, wrong in (("forged", altered(nonce)), ("empty", ""), ("a number", 7), ("long", nonce * 100),
                            ("of long ago", "A" * 32), ("another spelling", nonce + "=")):
            report.equal("nonces: " + name, ask(world, nonce=wrong)["reason"], "proof_nonce")
        spent = world.client.proof(token, nonce=nonce, jti="once")
        again = [world.reason({"authorization": "DPoP " + token, "dpop": spent}) for _ in range(2)]
        report.equal("nonces: a proof still counts once", again, ["allowed", "proof_replay"])
        missing = world.ask({"authorization": "Bearer " + token})
        report.check("nonces: a bound token without proof is told one at once",
                     missing["reason"] == "proof_missing" and len(missing.get("dpop_nonce", "")) == 32, missing)
        plain = world.ask({"authorization": "Bearer " + world.token()})
        report.check("nonces: no concern of plain tokens", plain["reason"] == "allowed" and "dpop_nonce" not in plain, plain)
        with Gateway(first.target, key=first.gateway_key, proxy="ledger", base_path="/ledger") as gateway:
            answer = gateway.ask(path="/entries/7", headers={
                "Authorization": "DPoP " + token, "DPoP": world.client.proof(token)})
            report.check("nonces: on Apigee in a variable, for the fault rule's header",
                         (answer.reason, len(answer.value("dpop_nonce") or "")) == ("proof_nonce", 32), answer)
        for deployment in (first, second):
            report.equal("nonces: ends cleanly", deployment.stop(), 0)


def proofs(report, world):
    token = world.token(jkt=world.client.thumbprint)
    proof = world.client.proof(token)
    report.equal("a proof for this request", world.reason({"authorization": "DPoP " + token, "dpop": proof}), "allowed")
    answer = world.ask({"authorization": "DPoP " + token, "dpop": proof})
    report.equal("the same proof again", answer["reason"], "proof_replay")
    report.equal("a new proof", world.reason({"authorization": "dpop " + token, "DPoP": world.client.proof(token)}), "allowed")
    report.equal("a plain token as before", world.reason({"authorization": "Bearer " + world.token()}), "allowed")
    report.equal("a bound token as bearer", world.reason({"authorization": "Bearer " + token}), "proof_missing")
    report.equal("a bound token as bearer, proof beside it",
                 world.reason({"authorization": "Bearer " + token, "dpop": world.client.proof(token)}), "proof_missing")
    report.equal("an unbound token with a proof", world.reason(
        {"authorization": "DPoP " + (plain := world.token()), "dpop": world.client.proof(plain)}), "proof_invalid")


def wrong_proofs(report, world):
    token, other = world.token(jkt=world.client.thumbprint), Client()
    for name, proof, wanted in (
            ("no proof", None, "proof_missing"), ("two proofs", [world.client.proof(token), world.client.proof(token)], "proof_invalid"),
            ("another method", world.client.proof(token, method="POST"), "proof_invalid"),
            ("another path", world.client.proof(token, url=URL + "8"), "proof_invalid"),
            ("the gateway's own host", world.client.proof(token, url=URL.replace("api.", "ledger.")), "proof_invalid"),
            ("another token's hash", world.client.proof(token, ath="x"), "proof_invalid"),
            ("another key", other.proof(token), "proof_invalid"),
            ("too old", world.client.proof(token, iat=int(time.time()) - 260), "proof_invalid"),
            ("from the future", world.client.proof(token, iat=int(time.time()) + 36_000), "proof_invalid"),
            ("no JWT", "x", "proof_invalid")):
        headers = {"authorization": "DPoP " + token}
        if proof is not None:
            headers["dpop"] = proof
        report.equal(name, world.reason(headers), wanted)


def required(report, world):
    report.equal("unbound where binding is required",
                 world.reason({"authorization": "Bearer " + world.token(world.bound)}), "proof_missing")
    token = world.token(world.bound, jkt=world.client.thumbprint)
    report.equal("bound", world.reason({"authorization": "DPoP " + token, "dpop": world.client.proof(token)}), "allowed")
    report.equal("a confirmation nobody knows", world.reason({"authorization": "Bearer " + world.token(kid="k")}), "token_claims")


def apigee(report, world):
    token = world.token(jkt=world.client.thumbprint)
    with Gateway(world.deployment.target, key=world.deployment.gateway_key, proxy="ledger", base_path="/ledger") as gateway:
        good = gateway.ask(path="/entries/7", headers={"Authorization": "DPoP " + token, "DPoP": world.client.proof(token)})
        bad = gateway.ask(path="/entries/7", headers={"Authorization": "DPoP " + token})
        handed = gateway.ask(path="/entries/7", headers={"DPoP": world.client.proof(token)},
                             variables={"countersign.token": "DPoP " + token})
    report.equal("Apigee: a proof", good.reason, "allowed")
    report.equal("Apigee: the token handed over in a variable", handed.reason, "allowed")
    report.equal("Apigee: no proof", bad.reason, "proof_missing")
    report.check("Apigee: the challenge names the scheme", (bad.value("challenge") or "").startswith("DPoP "), bad)


def xfcc(certificate, **parts):
    escaped = urllib.parse.quote(certificate, safe="")
    digest = x509.load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA256()).hex()
    return 'Hash=%s;Cert="%s";Subject="CN=x";URI=spiffe://forged/uri' % (parts.get("hash", digest), escaped)


def thumbprint(certificate):
    der = x509.load_pem_x509_certificate(certificate.encode()).public_bytes(serialization.Encoding.DER)
    return base64url(hashlib.sha256(der).digest())


def certificate_bound(report, world):
    mine, _ = world.authority.issue("c1", client=True)
    other, _ = world.authority.issue("c2", client=True)
    token = world.token(**{"x5t#S256": thumbprint(mine)})
    bearer = {"authorization": "Bearer " + token}
    report.equal("with its certificate", world.reason(dict(bearer, **{"x-forwarded-client-cert": xfcc(mine)})), "allowed")
    report.equal("with another", world.reason(dict(bearer, **{"x-forwarded-client-cert": xfcc(other)})), "proof_invalid")
    report.equal("without", world.reason(bearer), "proof_missing")
    report.equal("from a gateway that may not forward", world.reason(
        dict(bearer, **{"x-forwarded-client-cert": xfcc(mine)}), world.deployment.second_gateway_key), "proof_missing")


def certificates(report, world):
    spiffe, _ = world.authority.issue("orders", uris=["spiffe://tidewater.test/orders"], client=True)
    batch, _ = world.authority.issue("batch", client=True)
    answer = world.ask({"x-forwarded-client-cert": xfcc(spiffe)})
    report.equal("a SPIFFE id", (answer["reason"], answer["principal"]["id"]), ("allowed", "spiffe://tidewater.test/orders"))
    report.equal("again", world.reason({"x-forwarded-client-cert": xfcc(spiffe)}), "allowed")
    report.equal("a subject", world.ask({"x-forwarded-client-cert": xfcc(batch)})["policies"], ["batch"])
    record = world.deployment.recorded(answer["decision"])
    report.equal("the record says how", record["who"]["auth"], "mtls")
    wrong, _ = world.authority.issue("orders", uris=["spiffe://elsewhere.test/x"], client=True)
    old, _ = world.authority.issue("batch", client=True, days=-1)
    server, _ = world.authority.issue("batch")
    foreign, _ = Authority("mesh root").issue("batch", client=True)
    for name, certificate in (("a name that is not listed", wrong), ("expired", old), ("for servers", server),
                              ("of another authority", foreign)):
        report.equal(name, world.reason({"x-forwarded-client-cert": xfcc(certificate)}), "certificate_untrusted")
    report.equal("a bad token beside a good certificate is refused, not passed over", world.reason(
        {"authorization": "Bearer " + altered(world.token()), "x-forwarded-client-cert": xfcc(batch)}), "token_signature")
    report.equal("a good token beside a certificate", world.ask(
        {"authorization": "Bearer " + world.token(), "x-forwarded-client-cert": xfcc(batch)})["policies"], ["users"])


def forged(report, world):
    batch, _ = world.authority.issue("batch", client=True)
    good = xfcc(batch)
    report.equal("a gateway that may not forward", world.reason(
        {"x-forwarded-client-cert": good}, world.deployment.second_gateway_key), "no_credential")
    for name, value in (("two elements", good + "," + good), ("two fields", [good, good]), ("a wrong hash", xfcc(batch, hash="00" * 32)),
                        ("no certificate", "URI=spiffe://tidewater.test/orders"), ("junk", "\"")):
        report.equal(name, world.reason({"x-forwarded-client-cert": value}), "certificate_untrusted")
    report.equal("another header", world.reason({"client-cert": ":" + base64.b64encode(b"x").decode() + ":"}), "no_credential")
