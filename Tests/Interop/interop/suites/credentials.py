# SPDX-License-Identifier: Apache-2.0
"""API keys, revocations and security events through the real binary, and what the audit log says of them."""
import json
import re
import time

from ..deployment import Deployment, http
from ..gateway import Gateway
from ..tokens import SigningKey, TokenIssuer, altered, assemble

CONFIGURATION = """\
data: state
listeners:
  grpc: { address: "127.0.0.1:{grpc}" }
  http: { address: "127.0.0.1:{http}", protocols: [decisions, shared_signals] }
  admin: { address: "127.0.0.1:{admin}" }
gateways:
  harbour: { keys: ["file:secrets/gate-a.key"] }
providers:
  partners: { type: api_key }
  acme: { issuer: "urn:issuer:acme", audiences: [ledger-api], jwks_file: keys.json }
shared_signals:
  acme-events:
    issuer: "urn:issuer:events"
    audiences: ["https://countersign.example.test/events"]
    jwks_file: events.json
    providers: [acme]
    authorization: "file:secrets/push"
apis:
  ledger:
    match: { hosts: [ledger.example.test], base_path: /ledger/v3 }
    providers: [partners, acme]
    routes:
      - { name: entry.show, match: { methods: [GET], path: "/entries/{entry}" } }
policies: { directory: policies }
audit: { origin: tidewater/one, key: "file:secrets/log.key", checkpoint_interval: 100ms, segment: 1MiB, min_free: 1MiB }
"""
POLICIES = {"all.cedar": '@id("users") permit (principal is User, action, resource);\n'
                         '@id("readers") permit (principal is Client, action, resource) '
                         'when { principal.scopes.contains("ledger.read") };\n'}
CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"


def run(binary, report, options):
    key, events = SigningKey("ES256", "k1"), SigningKey("ES256", "e1")
    issuer = TokenIssuer("urn:issuer:acme", "ledger-api", [key])
    transmitter = TokenIssuer("urn:issuer:events", "https://countersign.example.test/events", [events])
    with Deployment(binary, CONFIGURATION, POLICIES) as deployment:
        deployment.write("keys.json", json.dumps(issuer.key_set()))
        deployment.write("events.json", json.dumps(transmitter.key_set()))
        deployment.write_secret("push", "Bearer push-secret-of-the-transmitter\n")
        deployment.start()
        with Gateway(deployment.target, key=deployment.gateway_key) as gateway:
            for part in (api_keys, revocations, security_events, after_overlap):
                report.guard(part.__name__, part, report, deployment, gateway, issuer, transmitter)
        report.guard("restart", restart, report, deployment, issuer)
        report.guard("audit", audit, report, deployment)


def command(deployment, *arguments):
    return deployment.run(*arguments, "--config", deployment.file)


def api_keys(report, deployment, gateway, issuer, transmitter):
    name = "api keys: "
    code, output = command(deployment, "keys", "create", "--owner", "partner-a", "--scopes", "ledger.read", "--json")
    made = json.loads(output)
    report.equal(name + "create", code, 0)
    deployment.secrets.append(made["key"])
    answer = gateway.ask(token=made["key"])
    report.equal(name + "in force at once", answer.outcome(), "allow:allowed")
    report.equal(name + "its principal", answer.value("principal"), 'Client::"partners/partner-a"')
    record = deployment.recorded(answer.decision)
    report.equal(name + "the record says how, and which key", record and (record["who"]["auth"], record["who"]["kid"]),
                 ("api_key", made["id"]))
    report.equal(name + "in x-api-key", gateway.ask(headers={"x-api-key": made["key"]}).outcome(), "allow:allowed")
    report.equal(name + "a key and a token at once", gateway.ask(
        token=issuer.token(), headers={"x-api-key": made["key"]}).outcome(), "deny:token_malformed")
    report.equal(name + "an altered key", gateway.ask(token=altered(made["key"])).outcome(), "deny:api_key_unknown")
    _, weak = command(deployment, "keys", "create", "--owner", "partner-b", "--json")
    report.equal(name + "policy sees scopes", gateway.ask(token=json.loads(weak)["key"]).outcome(),
                 "deny:policy_denied")
    code, output = command(deployment, "keys", "rotate", made["id"], "--overlap", "20s", "--json")
    ends = time.monotonic() + 21
    fresh = json.loads(output)
    report.equal(name + "rotate: both keys are valid", (code, gateway.ask(token=fresh["key"]).outcome(), gateway.ask(
        token=made["key"]).outcome()), (0, "allow:allowed", "allow:allowed"))
    code, output = command(deployment, "keys", "create", "--gateway", "harbour", "--json")
    second = json.loads(output)["key"]

    def accepted():
        with Gateway(deployment.target, key=second) as other:
            return other.ask(token=issuer.token()).outcome() == "allow:allowed"
    report.check(name + "a second key of the gateway, within seconds", deployment.until(accepted), output)
    deployment.rotated = made, fresh, ends


def after_overlap(report, deployment, gateway, issuer, transmitter):
    """What became of the keys that were rotated first of all."""
    name, (made, fresh, ends) = "api keys: ", deployment.rotated
    time.sleep(max(0, ends - time.monotonic()))
    report.equal(name + "after the overlap the new one alone", (gateway.ask(token=fresh["key"]).outcome(), gateway.ask(
        token=made["key"]).outcome()), ("allow:allowed", "deny:api_key_expired"))
    code, _ = command(deployment, "keys", "revoke", fresh["id"])
    report.equal(name + "revoke, at once", (code, gateway.ask(token=fresh["key"]).outcome()), (0, "deny:token_revoked"))
    _, output = command(deployment, "keys", "list", "--json")
    states = {entry["id"]: entry["state"] for entry in map(json.loads, output.splitlines())}
    report.equal(name + "list", (states[made["id"]], states[fresh["id"]]), ("expired", "revoked"))
    report.check(name + "no key in the store", not any(
        k in (deployment.folder / "state/keys/partners.keys").read_text() for k in (made["key"], fresh["key"])))


def revocations(report, deployment, gateway, issuer, transmitter):
    name = "revoke: "
    tokens = {who: issuer.token(who, sid="session-" + who) for who in ("ole", "ada", "kim", "lin")}
    ask = lambda who: gateway.ask(token=tokens[who]).outcome()
    report.equal(name + "all are let in", {ask(who) for who in tokens}, {"allow:allowed"})
    code, output = command(deployment, "revoke", "--subject", "ole", "--provider", "acme", "--until", "1h")
    report.equal(name + "a subject, in force when the command ends", (code, ask("ole")), (0, "deny:token_revoked"))

    def is_quick():
        start = time.monotonic()
        command(deployment, "revoke", "--subject", "somebody", "--provider", "acme", "--until", "1h")
        return time.monotonic() - start < 5
    report.check(name + "a command takes less than 5 s, save on a busy machine", deployment.until(is_quick))
    report.equal(name + "also with a new token", gateway.ask(token=issuer.token("ole")).outcome(), "deny:token_revoked")
    command(deployment, "revoke", "--session", "session-ada")
    report.equal(name + "a session", (ask("ada"), gateway.ask(token=issuer.token("ada")).outcome()),
                 ("deny:token_revoked", "allow:allowed"))
    deployment.run("revoke", "--token", "-", "--config", deployment.file, stdin=tokens["kim"] + "\n")
    report.equal(name + "one token", (ask("kim"), gateway.ask(token=issuer.token("kim")).outcome()),
                 ("deny:token_revoked", "allow:allowed"))
    verify = lambda token: deployment.run(
        "token", "verify", "--config", deployment.file, "--provider", "acme", "-", stdin=token + "\n")
    code, output_ = verify(tokens["kim"])
    said = json.loads(output_)
    report.equal(name + "the offline check refuses it too, and says by what", (
        code, said["reason"], said["revocation"]["kind"], said["revocation"]["source"]),
        (1, "token_revoked", "token", "operator"))
    code, output_ = verify(issuer.token("kim"))
    report.check(name + "and says that it went by the deny list", code == 0 and json.loads(
        output_)["deny_list"]["entries"] >= 3, output_)
    command(deployment, "revoke", "--subject", "lin", "--issued-before", "now")
    report.equal(name + "what was issued before", (ask("lin"), gateway.ask(token=issuer.token(
        "lin", iat=int(time.time()) + 3)).outcome()), ("deny:token_revoked", "allow:allowed"))
    entry = re.search(r"revoked (\S+)", output)[1]
    command(deployment, "revoke", "--lift", entry)
    report.equal(name + "lifted", ask("ole"), "allow:allowed")
    # As another program would: the file alone changes.
    command(deployment, "revoke", "--subject", "file-only")
    path = deployment.folder / "state/credentials/revocations.json"
    content = json.loads(path.read_text())
    before = json.dumps(content)
    content["revocations"].append(dict(content["revocations"][-1], id="x" * 22, value="ole"))

    def in_force():
        """Whether the changed file counts within a second, and the lag that is measured says so."""
        deployment.write("state/credentials/revocations.json", before)
        deployment.until(lambda: ask("ole") == "allow:allowed")
        start = time.monotonic()
        deployment.write("state/credentials/revocations.json", json.dumps(content))
        deployment.until(lambda: ask("ole") == "deny:token_revoked")
        return time.monotonic() - start < 1 and 0 <= deployment.metric("countersign_revocation_lag_seconds") < 1
    # A machine that is busy may take longer once or twice.
    report.check(name + "a changed file is in force within a second, and the lag is measured", deployment.until(in_force))
    deployment.write("state/credentials/revocations.json", "{")
    report.check(name + "a broken file changes nothing and is seen", deployment.until(
        lambda: deployment.metric("countersign_revocations_readable") == 0) and ask("ole") == "deny:token_revoked")
    deployment.write("state/credentials/revocations.json", json.dumps(content))
    report.check(name + "and is read again", deployment.until(
        lambda: deployment.metric("countersign_revocations_readable") == 1))
    report.equal(name + "wrong usage", command(deployment, "revoke", "--subject", "a", "--client", "b")[0], 2)


def security_events(report, deployment, gateway, issuer, transmitter):
    name = "events: "
    key = transmitter.keys[0]

    def push(event, subject, authorization="Bearer push-secret-of-the-transmitter", typ="secevent+jwt",
             key=key, content_type="application/secevent+jwt", token=None, claims=None, **members):
        body = {"iss": transmitter.issuer, "aud": transmitter.audience, "iat": int(time.time()),
                "jti": "j-%d" % time.monotonic_ns(), "sub_id": subject, "events": {event: members}}
        body.update(claims or {})
        token = token or assemble({"alg": "ES256", "typ": typ, "kid": "e1"}, body, key)
        answer = http("POST", deployment.http_url("/shared-signals/events"), token.encode(),
                      {"content-type": content_type, "authorization": authorization})
        return answer.status, answer.json()["err"] if answer.body else "", token

    user = lambda sub, iss="urn:issuer:acme": {"format": "iss_sub", "iss": iss, "sub": sub}
    session, token = issuer.token("una", sid="s-una"), issuer.token("una", sid="s-other")
    ask = lambda token: gateway.ask(token=token).outcome()
    report.equal(name + "before", (ask(session), ask(token)), ("allow:allowed", "allow:allowed"))
    status, _, sent = push(CAEP + "session-revoked", {
        "format": "complex", "user": user("una"), "session": {"format": "opaque", "id": "s-una"}})
    report.equal(name + "session-revoked, in force when acknowledged", (status, ask(session), ask(token)),
                 (202, "deny:token_revoked", "allow:allowed"))
    report.equal(name + "the same again is acknowledged", push("", {}, token=sent)[0], 202)
    report.equal(name + "and counted as such", deployment.metric(
        "countersign_security_events_total", transmitter="acme-events", outcome="duplicate"), 1)
    status, _, _ = push(CAEP + "credential-change", user("una"), change_type="revoke")
    report.equal(name + "credential-change", (status, ask(token), ask(issuer.token("una", iat=int(time.time()) + 5))),
                 (202, "deny:token_revoked", "allow:allowed"))
    disabled = issuer.token("bo")
    status, _, off = push(RISC + "account-disabled", user("bo"), reason="hijacking")
    report.equal(name + "account-disabled", (status, ask(disabled), ask(issuer.token("bo"))),
                 (202, "deny:token_revoked", "deny:token_revoked"))
    status, _, _ = push(RISC + "account-enabled", user("bo"), claims={"iat": int(time.time()) - 100})
    report.equal(name + "an older account-enabled lifts nothing", (status, ask(disabled)), (202, "deny:token_revoked"))
    status, _, _ = push(RISC + "account-enabled", user("bo"))
    report.equal(name + "account-enabled", (status, ask(disabled)), (202, "allow:allowed"))
    report.equal(name + "a replayed account-disabled", (push("", {}, token=off)[0], ask(disabled)),
                 (202, "allow:allowed"))
    report.equal(name + "token-claims-change is acknowledged", push(CAEP + "token-claims-change", user("bo"))[0], 202)
    other = SigningKey("ES256", "e1")
    refused = {
        "another's key": push(RISC + "account-disabled", user("bo"), key=other)[:2],
        "an access token": push(RISC + "account-disabled", user("bo"), typ="at+jwt")[:2],
        "another audience": push(RISC + "account-disabled", user("bo"), claims={"aud": "https://else"})[:2],
        "another issuer": push(RISC + "account-disabled", user("bo"), claims={"iss": "urn:issuer:acme"})[:2],
        "somebody else's users": push(RISC + "account-disabled", user("bo", "urn:issuer:other"))[:2],
        "no jti": push(RISC + "account-disabled", user("bo"), claims={"jti": ""})[:2],
        "too old": push(RISC + "account-disabled", user("bo"), claims={"iat": int(time.time()) - 90_000})[:2],
        "no events": push(RISC + "account-disabled", user("bo"), claims={"events": {}})[:2],
        "no subject": push(RISC + "account-disabled", None)[:2],
        "no token": push("", {}, token="hello")[:2],
        "another media type": push(RISC + "account-disabled", user("bo"), content_type="application/json")[:2],
        "no authorization": push(RISC + "account-disabled", user("bo"), authorization="Bearer guess")[:2],
    }
    report.equal(name + "refusals as RFC 8935 has them", refused, {
        "another's key": (400, "invalid_key"), "an access token": (400, "invalid_request"),
        "another audience": (400, "invalid_audience"), "another issuer": (400, "invalid_issuer"),
        "somebody else's users": (400, "invalid_request"), "no jti": (400, "invalid_request"),
        "too old": (400, "invalid_request"), "no events": (400, "invalid_request"),
        "no subject": (400, "invalid_request"), "no token": (400, "invalid_request"),
        "another media type": (400, "invalid_request"), "no authorization": (401, "authentication_failed")})
    report.equal(name + "none of them changed anything", ask(disabled), "allow:allowed")
    report.equal(name + "GET is refused", http("GET", deployment.http_url("/shared-signals/events")).status, 405)


def restart(report, deployment, issuer):
    name = "restart: "
    report.equal(name + "ends cleanly", deployment.stop(), 0)
    code, output = command(deployment, "revoke", "--subject", "zoe")
    report.check(name + "revoked while nothing runs", code == 0 and "no service runs" in output, output)
    deployment.start()
    with Gateway(deployment.target, key=deployment.gateway_key) as gateway:
        outcomes = [gateway.ask(token=issuer.token(who)).outcome() for who in ("zoe", "ole", "mara")]
    report.equal(name + "the list is in force again", outcomes,
                 ["deny:token_revoked", "deny:token_revoked", "allow:allowed"])


def audit(report, deployment):
    name = "audit: "
    found = deployment.until(lambda: [r for r in deployment.audit.records()
                                      if r["t"] == "credential.revoke" and r["credential"].get("kind") == "subject"
                                      and r["credential"]["source"] == "operator"][3:])
    report.check(name + "also what was revoked while nothing ran", found)
    records = deployment.audit.records()
    of = lambda kind: [r["credential"] for r in records if r["t"] == kind]
    report.check(name + "the gateway's key took effect", any(
        c.get("source") == "configuration" and c["store"] == "gateway:harbour" for c in of("credential.rotate")))
    report.equal(name + "keys that were made and rotated", [("old" in c, c["store"]) for c in of("credential.rotate")
                                                              if "source" not in c],
                 [(False, "provider:partners"), (False, "provider:partners"), (True, "provider:partners"),
                  (False, "gateway:harbour")])
    causes = {(c.get("source", c.get("store")), c["cause"]) for c in of("credential.revoke")}
    report.equal(name + "revocations by their cause", causes, {
        ("provider:partners", "manual"), ("operator", "manual"), ("shared_signals:acme-events", "session-revoked"),
        ("shared_signals:acme-events", "credential-change"), ("shared_signals:acme-events", "account-disabled")})
    text = json.dumps([r for r in records if r["t"].startswith("credential.")])
    report.check(name + "no subject and no session in them", not any(
        '"%s"' % who in text for who in ("ole", "una", "bo", "zoe", "s-una")))
    report.equal(name + "ends cleanly", deployment.stop(), 0)
    code, output = deployment.verify_command()
    report.equal(name + "the log verifies", code, 0)
    log = deployment.log()
    report.check(name + "no secret in any output", not any(secret in log for secret in deployment.secrets))
