# SPDX-License-Identifier: Apache-2.0
"""Apigee's ExternalCallout: what the flow sees for every kind of call."""
from ..auditlog import UUID7
from ..gateway import strings
from ..personal import mentioned
from ..scenario import Scenario

TYPES = {"allow": "bool", "verdict": "string", "status": "int32", "reason": "string", "message": "string",
         "challenge": "string", "decision": "string", "principal": "string", "policies": "string"}
OWN_HEADERS = {"x-user", "x-scopes", "x-countersign-decision"}


def run(binary, report, options):
    with Scenario(binary) as scenario:
        scenario.start()
        with scenario.gateway() as gateway:
            for part in (allowed, denied, faults, identity_headers, gateway_key, routes, header_case, credentials,
                         other_flows, records):
                report.guard(part.__name__, part, report, scenario, gateway)
        report.equal("ends cleanly on SIGTERM", scenario.deployment.stop(), 0)


def shape(report, name, answer):
    """What holds for every answer: types, names, nothing unasked."""
    for variable, (kind, value) in answer.variables.items():
        short = variable.removeprefix("countersign.")
        known = TYPES.get(short)
        if not variable.startswith("countersign.") or (known is None and not short.startswith("attr_")):
            report.check("%s: no variable of another name" % name, False, variable)
        elif known and kind != known:
            report.check("%s: type of %s" % (name, variable), False, "wanted %s, got %s" % (known, kind))
    names = set(answer.variables) | answer.removed
    report.check("%s: no variable name is another's parent" % name,
                 not any(b.startswith(a + ".") for a in names for b in names), names)
    message = answer.message
    unasked = [field.name for field, _ in message.ListFields()
               if field.name not in ("additional_flow_variables", "fault", "request")]
    report.equal("%s: carries changed fields only" % name, unasked, [])
    if message.HasField("request"):
        report.check("%s: of the request only our headers" % name,
                     {key.lower() for key in message.request.headers} <= OWN_HEADERS
                     and not message.request.query_params and not message.request.form_params, message.request)
    report.check("%s: the gateway's key is removed" % name, "countersign.key" in answer.removed, answer)


def allowed(report, scenario, gateway):
    for label, issuer, key in (("ES256 by discovery", scenario.north, 0), ("RS256 by key set URL", scenario.south, 0),
                               ("PS256 by key set URL", scenario.south, 1), ("EdDSA by file", scenario.east, 0)):
        token = issuer.token("mara", ["ledger:read"], key=issuer.keys[key])
        answer = gateway.ask(token=token, content='{"keep":"me"}')
        name = "allow with " + label
        report.equal(name, answer.outcome(), "allow:allowed")
        report.equal(name + ": countersign.allow", answer.variables.get("countersign.allow"), ("bool", True))
        report.equal(name + ": countersign.status", answer.variables.get("countersign.status"), ("int32", 200))
        report.check(name + ": decision is a UUIDv7", UUID7.match(answer.decision or ""), answer.decision)
        report.equal(name + ": determining policy", answer.value("policies"), "entry.show")
        report.check(name + ": principal", "mara" in (answer.value("principal") or ""), answer.value("principal"))
        if answer.message.HasField("request"):
            report.equal(name + ": content is not lost", answer.message.request.content, '{"keep":"me"}')
        shape(report, name, answer)
    token = scenario.north.token("mara", ["ledger:read"])
    ids = {gateway.ask(token=token).decision for _ in range(20)}
    report.equal("every decision has its own id, cached token or not", len(ids), 20)
    report.equal("HEAD", gateway.ask("HEAD", token=token).outcome(), "allow:allowed")
    report.equal("a client address in range", gateway.ask(path="/reports/2025/10", token=token).outcome(),
                 "allow:allowed")
    report.equal("audience as a list", gateway.ask(
        token=scenario.north.token("mara", ["ledger:read"], aud=["other", "urn:ledger"])).outcome(), "allow:allowed")
    # Two seconds ago, and nearly a minute is left of the skew.
    report.equal("expired within the clock skew", gateway.ask(
        token=scenario.north.token("mara", ["ledger:read"], exp=scenario.north.claims("x")["iat"] + 3)).outcome(),
        "allow:allowed")


def refused(report, name, answer, reason, status):
    report.equal(name, answer.outcome(), "deny:" + reason)
    report.equal(name + ": countersign.allow", answer.variables.get("countersign.allow"), ("bool", False))
    report.equal(name + ": countersign.status", answer.variables.get("countersign.status"), ("int32", status))
    report.check(name + ": has a message", answer.value("message"), answer)
    report.check(name + ": has a decision id", UUID7.match(answer.decision or ""), answer.decision)
    report.check(name + ": no fault, no request change", answer.fault is None and not answer.message.HasField("request"),
                 answer)
    if status == 401:
        challenge = answer.value("challenge") or ""
        report.check(name + ": challenge", challenge.startswith("Bearer")
                     and ("invalid_token" in challenge) == (reason != "no_credential"), challenge)
    shape(report, name, answer)


def denied(report, scenario, gateway):
    read, north = ["ledger:read"], scenario.north
    now = north.claims("x")["iat"] + 5
    make = lambda **changes: north.token("mara", read, **changes)
    flip = lambda signature: bytes([signature[0] ^ 1]) + signature[1:]
    stranger = type(north.keys[0])("ES256", "north-1")
    good = make()
    cases = [
        ("without the scope", north.token("mara", ["other"]), "policy_denied", 403),
        ("expired", make(exp=now - 600), "token_expired", 401),
        ("not yet valid", make(nbf=now + 36_000), "token_not_yet_valid", 401),
        ("signature with a flipped bit", make(signature=flip), "token_signature", 401),
        ("signed by a stranger under a known key id", make(key=stranger), "token_signature", 401),
        ("empty signature", make(signature=b""), ("token_signature", "token_malformed"), 401),
        ("unknown issuer", make(iss="https://nobody.example.test"), "token_issuer", 401),
        ("issuer with a slash more", make(iss=north.issuer + "/"), "token_issuer", 401),
        ("another audience", make(aud="payroll-api"), "token_audience", 401),
        ("no audience", make(aud=None), ("token_audience", "token_claims"), 401),
        ("algorithm none", make(header={"alg": "none"}, signature=b""), "token_algorithm", 401),
        ("HMAC", make(header={"alg": "HS256"}, signature=b"x" * 32), "token_algorithm", 401),
        ("an algorithm that the issuer may not use", make(key=scenario.south.keys[0]), "token_algorithm", 401),
        ("another issuer's key", north.token("mara", read, key=scenario.east.keys[0]), "token_algorithm", 401),
        ("no expiry", make(exp=None), "token_claims", 401),
        ("expiry as text", make(exp=str(now + 900)), "token_claims", 401),
        ("expiry as a fraction without end", make(exp=1e308), ("token_claims", "token_malformed"), 401),
        ("unknown critical header", make(header={"crit": ["x"], "x": 1}), ("token_malformed", "token_type",
                                                                         "token_claims"), 401),
        ("unknown key id", make(header={"kid": "north-9"}), "key_unknown", 401),
        ("two parts", good.rsplit(".", 1)[0], "token_malformed", 401),
        ("four parts", good + ".x", "token_malformed", 401),
        ("base64 with padding", good + "=", "token_malformed", 401),
        ("a header that is no JSON", "bm9wZQ." + good.split(".", 1)[1], "token_malformed", 401),
        ("a million bytes", "e30." + "A" * 1_000_000 + ".AA", ("token_malformed", "request_too_large"), None),
    ]
    for name, token, reason, status in cases:
        answer = gateway.ask(token=token)
        if isinstance(reason, str):
            refused(report, "deny: " + name, answer, reason, status)
        else:
            report.check("deny: " + name, answer.value("verdict") == "deny" and answer.reason in reason, answer)
    refused(report, "deny: no credential", gateway.ask(), "no_credential", 401)
    refused(report, "deny: forbidden by policy", gateway.ask(path="/entries/13", token=good), "policy_denied", 403)
    answer = gateway.ask(path="/entries/13", token=good)
    report.equal("a forbid's policy is named", answer.value("policies"), "entry.frozen")
    report.equal("a policy's @reason is the message", answer.value("message"), "Entry 13 is frozen.")
    refused(report, "deny: client address out of range",
            gateway.ask(path="/reports/2025/10", token=good, client_ip="192.0.2.7"), "policy_denied", 403)
    refused(report, "deny: template parameter", gateway.ask(path="/reports/1999/10", token=good), "policy_denied", 403)
    twice = gateway.message()
    twice.request.headers["authorization"].CopyFrom(strings("Bearer " + good, "Bearer " + good))
    report.check("deny: Authorization twice", gateway.send(twice).value("verdict") == "deny", gateway.send(twice))
    split = gateway.message(token=good)
    split.request.headers["Authorization"].CopyFrom(strings("Bearer " + good))
    report.check("deny: Authorization in two spellings", gateway.send(split).value("verdict") == "deny",
                 gateway.send(split))


def faults(report, scenario, gateway):
    void = dict(method="POST", path="/entries/5/void")
    expired = scenario.north.token("mara", exp=1_600_000_000, nbf=None, iat=None)
    for name, token, fault in (("policy", scenario.north.token("mara"), "policyDenied"),
                               ("expired token", expired, "tokenExpired"), ("no token", None, "noCredential")):
        answer = gateway.ask(token=token, **void)
        report.equal("on_deny: fault: " + name, answer.fault, fault)
        report.check("on_deny: fault: %s: fault string" % name, answer.message.fault.fault_string, answer)
        report.check("on_deny: fault: %s: not allowed" % name, not answer.allowed, answer)
        shape(report, "on_deny: fault: " + name, answer)
    answer = gateway.ask(token=scenario.east.token("vera"), **void)
    report.equal("on_deny: fault: an allow is no fault", answer.outcome(), "allow:allowed")


def identity_headers(report, scenario, gateway):
    token = scenario.north.token("mara", ["ledger:read", "ledger:write"])
    body = '{"amount":12,"text":"caf\u00e9"}'
    forged = {"X-User": "root", "X-SCOPES": ["admin", "all"], "content-type": "application/json"}
    answer = gateway.ask("POST", "/entries", token=token, headers=forged, content=body)
    report.equal("identity headers: allowed", answer.outcome(), "allow:allowed")
    headers = {name: list(value.strings) for name, value in answer.message.request.headers.items()}
    report.equal("identity headers: content echoed with them", answer.message.request.content, body)
    report.check("identity headers: the received spelling is reused", "X-User" in headers and "X-SCOPES" in headers,
                 headers)
    report.equal("identity headers: one of each", sorted(name.lower() for name in headers),
                 ["x-countersign-decision", "x-scopes", "x-user"])
    report.check("identity headers: x-user", len(headers.get("X-User", [])) == 1 and "mara" in headers["X-User"][0],
                 headers)
    report.check("identity headers: x-scopes", len(headers.get("X-SCOPES", [])) == 1
                 and "ledger:write" in headers["X-SCOPES"][0], headers)
    report.equal("identity headers: decision id", headers.get("x-countersign-decision"), [answer.decision])
    shape(report, "identity headers", answer)
    plain = gateway.ask("POST", "/entries", token=token).message.request.headers
    report.equal("identity headers: small letters when the client sent none", sorted(plain),
                 ["x-countersign-decision", "x-scopes", "x-user"])
    many = ["ledger:read", "ledger:write"] + ["scope:%04d:%s" % (i, "s" * 20) for i in range(400)]
    big = gateway.ask("POST", "/entries", token=scenario.north.token("mara", many))
    size = sum(len(name) + sum(map(len, value.strings)) for name, value in big.message.request.headers.items())
    report.check("identity headers: at most 3,500 bytes or no allow", not big.allowed or size <= 3500, size)
    odd = gateway.ask("POST", "/entries", token=scenario.north.token("ma\r\nx-admin: 1", ["ledger:read", "ledger:write"]))
    values = [v for value in odd.message.request.headers.values() for v in value.strings]
    report.check("identity headers: no line breaks in values", not any("\n" in v or "\r" in v for v in values), values)


def gateway_key(report, scenario, gateway):
    token = scenario.north.token("mara", ["ledger:read"])
    for name, key in (("wrong", "x" * 43), ("empty", ""), ("cut short", gateway.key[:-1]), ("none", None)):
        with scenario.gateway(key=key) as other:
            answer = other.ask(token=token)
            report.equal("gateway key %s" % name, answer.fault, "gatewayUnauthenticated")
            report.check("gateway key %s: not allowed" % name, not answer.allowed, answer)
            report.check("gateway key %s: removed if sent" % name,
                         key is None or "countersign.key" in answer.removed, answer)
    with scenario.gateway(key=scenario.deployment.second_gateway_key) as other:
        report.equal("a gateway's second key", other.ask(token=token).outcome(), "allow:allowed")
    number = gateway.message(token=token)
    number.additional_flow_variables["countersign.key"].int64 = 7
    report.equal("gateway key as a number", gateway.send(number).fault, "gatewayUnauthenticated")


def routes(report, scenario, gateway):
    token = scenario.north.token("mara", ["ledger:read"])
    unknown = [("path", dict(path="/nothing")), ("method", dict(method="DELETE")), ("host", dict(host="x.example.test")),
               ("proxy", dict(proxy="another")), ("deeper path", dict(path="/entries/1/2/3")),
               ("route name", dict(route="no.such.route"))]
    for name, fields in unknown:
        answer = gateway.ask(token=token, **fields)
        report.check("unknown %s" % name, answer.outcome() in ("deny:route_unknown", "routeUnknown"), answer)
    for path in ("/entries/1%2F2", "/entries/%2e%2e", "/entries/../entries/1", "/entries/a%00b", "/entries/%zz",
                 "/entries/%ff", "/entries/1\\2"):
        answer = gateway.ask(path=path, token=token)
        report.check("ambiguous path `%s` is refused" % path, not answer.allowed, answer)
    report.equal("host with port and capitals", gateway.ask(token=token, host="Ledger.Example.TEST:443").outcome(),
                 "allow:allowed")
    report.equal("query beside the path", gateway.ask(token=token, query="a=1&b=2").outcome(), "allow:allowed")
    report.equal("percent-encoded letter", gateway.ask(path="/entries/%31%33", token=token).outcome(),
                 "deny:policy_denied")


def header_case(report, scenario, gateway):
    token = scenario.north.token("mara", ["ledger:read"])
    for name in ("authorization", "Authorization", "AUTHORIZATION", "aUtHoRiZaTiOn"):
        report.equal("header `%s`" % name, gateway.ask(headers={name: "Bearer " + token}).outcome(), "allow:allowed")
    for scheme in ("bearer", "BEARER"):
        report.equal("scheme `%s`" % scheme, gateway.ask(headers={"authorization": scheme + " " + token}).outcome(),
                     "allow:allowed")
    for value in ("Basic bWFyYTp4", "Bearer", "Bearer ", token, "Bearer " + token + " x", "Bearer\t" + token):
        answer = gateway.ask(headers={"authorization": value})
        report.check("Authorization `%s`" % value[:12].replace("\t", "\\t"), answer.value("verdict") == "deny", answer)


def credentials(report, scenario, gateway):
    token = scenario.north.token("mara", ["ledger:read"])
    report.equal("token in countersign.token", gateway.ask(variables={"countersign.token": token}).outcome(),
                 "allow:allowed")
    for name, fields in (("a named header", dict(headers={"X-Ledger-Token": token})),
                         ("a query parameter", dict(query="a=1&access=" + token)),
                         ("a cookie", dict(headers={"Cookie": "theme=dark; ledger=%s; z=1" % token}))):
        report.equal("token in " + name, gateway.ask(**fields).outcome(), "allow:allowed")
    report.check("countersign.token is not echoed", token not in str(
        gateway.ask(variables={"countersign.token": token}).message), "token in the answer")
    report.equal("a bad countersign.token", gateway.ask(variables={"countersign.token": token[:-9]}).value("verdict"),
                 "deny")


def other_flows(report, scenario, gateway):
    token = scenario.north.token("mara", ["ledger:read"])
    response = gateway.message(variables={"countersign.token": token}, route="entry.show")
    response.ClearField("request")
    response.response.status_code, response.response.content = 200, '{"entry":1}'
    response.response.headers["content-type"].CopyFrom(strings("application/json"))
    answer = gateway.send(response)
    report.check("response flow: a verdict or a fault", answer.fault or answer.value("verdict"), answer)
    report.check("response flow: response untouched", not answer.message.HasField("response"), answer)
    report.note("response flow with route and token: %s" % answer.outcome())
    bare = gateway.message()
    bare.ClearField("request")
    bare.response.status_code = 200
    report.check("response flow without credential: no allow", not gateway.send(bare).allowed, answer)
    error = gateway.message(token=token)
    error.ClearField("request")
    error.error.message = "upstream said no"
    error.error.response.status_code = 502
    answer = gateway.send(error)
    report.check("error flow: a verdict or a fault, no allow", (answer.fault or answer.value("verdict"))
                 and not answer.allowed, answer)
    report.check("error flow: error untouched", not answer.message.HasField("error"), answer)
    empty = gateway.message()
    for name in ("request", "api_proxy", "proxy", "client", "current_flow"):
        empty.ClearField(name)
    report.check("nothing but the key: no allow", not gateway.send(empty).allowed, "allowed")


def records(report, scenario, gateway):
    token = scenario.north.token("records-subject-470011223344", ["ledger:read"])
    yes, no = gateway.ask(path="/entries/path-470055667788", token=token), gateway.ask(path="/entries/13", token=token)
    record = scenario.deployment.recorded(yes.decision)
    if not report.check("the record of an allow is in the log", record, yes):
        return
    report.equal("record: verdict, reason, policies", (record["dec"]["verdict"], record["dec"]["reason"],
                 record["dec"].get("policies")), ("allow", "allowed", ["entry.show"]))
    report.equal("record: gateway", (record["gw"]["proto"], record["gw"]["name"], record["gw"]["peer_auth"],
                 record["gw"]["req"]), ("apigee", "harbour", "api_key", "rrt-0042-77"))
    report.equal("record: identity", (record["who"]["iss"], record["who"]["auth"], record["who"]["alg"],
                 record["who"]["kid"]), (scenario.north.issuer, "jwt", "ES256", "north-1"))
    report.equal("record: method and host", (record["act"]["method"], record["act"]["host"]),
                 ("GET", "ledger.example.test"))
    report.check("record: credential fingerprint", len(record["who"].get("tok", "")) == 22, record["who"])
    report.check("record: policy set digest", str(record["dec"].get("policy_set", "")).startswith("sha256:"), record)
    report.check("record: commitments to subject and path", {"sub", "path"} <= set(record.get("sd", {})), record)
    report.equal("record: personal data is not in the leaf",
                 mentioned(("records-subject-470011223344", "470011223344", "path-470055667788", "470055667788", "203.0.113.77"),
                           record), [])
    other = scenario.deployment.recorded(no.decision)
    report.check("the record of a deny is in the log", other and other["dec"]["verdict"] == "deny"
                 and other["dec"]["reason"] == "policy_denied", other)
    report.equal("the record of a deny has the same shape",
                 sorted(set(record) ^ set(other or {})), [])
    checkpoint, _ = scenario.deployment.audit.verify()
    report.check("the log verifies with our own verifier", checkpoint.size > 0)
    code, output = scenario.deployment.verify_command()
    report.check("countersign audit verify", code == 0, output)
