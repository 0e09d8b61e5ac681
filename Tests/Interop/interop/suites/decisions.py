# SPDX-License-Identifier: Apache-2.0
"""POST /v1/decisions: answers for right calls, problem details for wrong ones, raw HTTP/1.1 tricks."""
import base64
import json
import shutil
import socket
import subprocess

from ..auditlog import UUID7
from ..deployment import http
from ..report import PATIENCE
from ..scenario import Scenario

# What problem details say beside their status, as docs/faults.md has it.
REASONS = {400: "request_malformed", 401: "gateway_unauthenticated", 404: "not_found", 405: "method_not_allowed",
           413: "request_too_large", 431: "request_too_large"}
MEMBERS = {"allow": bool, "verdict": str, "status": int, "reason": str, "message": str, "decision": str,
           "principal": (dict, type(None)), "attributes": dict, "headers": dict, "policies": list, "ttl": int}


def run(binary, report, options):
    with Scenario(binary) as scenario:
        scenario.start()
        for part in (answers, bodies, wrong_calls, wrong_json, methods, curl, raw_sockets, log):
            report.guard(part.__name__, part, report, scenario)
        report.check("the process is up", scenario.deployment.alive())
        report.equal("a good call works afterwards", ask(scenario, token=scenario.north.token("mara", ["ledger:read"]))
                     .json()["reason"], "allowed")
        report.equal("ends cleanly on SIGTERM", scenario.deployment.stop(), 0)


def question(token=None, **changes):
    headers = {"accept": ["application/json"]}
    if token:
        headers["authorization"] = ["Bearer " + token]
    request = {"method": "GET", "scheme": "https", "host": "ledger.example.test", "path": "/ledger/v3/entries/1",
               "query": "a=1", "headers": headers, "client_ip": "203.0.113.5"}
    request.update(changes)
    return {"request": {name: value for name, value in request.items() if value is not None}}


def post(scenario, body, headers=None, key=True):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    send = {"content-type": "application/json"}
    if key:
        send["x-countersign-key"] = scenario.deployment.gateway_key if key is True else key
    send.update(headers or {})
    return http("POST", scenario.deployment.http_url("/v1/decisions"), body,
                {name: value for name, value in send.items() if value is not None})


def ask(scenario, token=None, **changes):
    return post(scenario, question(token, **changes))


def answers(report, scenario):
    token = scenario.north.token("mara", ["ledger:read"])
    response = ask(scenario, token)
    report.equal("allow: HTTP status", response.status, 200)
    report.check("allow: content type", response.headers["content-type"].startswith("application/json"))
    answer = response.json()
    report.equal("allow: members", sorted(set(MEMBERS) - set(answer)), [])
    for name, kind in MEMBERS.items():
        if name in answer and not isinstance(answer[name], kind):
            report.check("allow: type of `%s`" % name, False, answer[name])
    report.equal("allow", (answer["allow"], answer["verdict"], answer["status"], answer["reason"]),
                 (True, "allow", 200, "allowed"))
    report.equal("allow: principal", (answer["principal"]["type"], answer["principal"]["issuer"]),
                 ("User", scenario.north.issuer))
    report.check("allow: principal id", "mara" in answer["principal"]["id"], answer)
    report.equal("allow: policies", answer["policies"], ["entry.show"])
    report.check("allow: decision id", UUID7.match(answer["decision"]), answer)
    post_answer = ask(scenario, scenario.north.token("mara", ["ledger:read", "ledger:write"]), method="POST",
                      path="/ledger/v3/entries").json()
    given = {name.lower(): value for name, value in post_answer["headers"]["set"].items()}
    report.check("allow: identity headers", "mara" in str(given.get("x-user")) and "ledger:write"
                 in str(given.get("x-scopes")), post_answer)
    deny = ask(scenario, scenario.north.token("mara"))
    report.equal("deny: HTTP status is 200", deny.status, 200)
    answer = deny.json()
    report.equal("deny", (answer["allow"], answer["verdict"], answer["status"], answer["reason"]),
                 (False, "deny", 403, "policy_denied"))
    report.equal("deny: no credential", ask(scenario).json()["reason"], "no_credential")
    report.equal("deny: on_deny: fault means nothing here", ask(
        scenario, scenario.north.token("mara"), method="POST", path="/ledger/v3/entries/1/void").json()["reason"],
        "policy_denied")
    report.equal("deny: unknown route", ask(scenario, token, path="/elsewhere").json()["reason"], "route_unknown")
    report.equal("deny: two Authorization values", ask(
        scenario, headers={"authorization": ["Bearer " + token] * 2}).json()["allow"], False)
    report.equal("header name case", ask(scenario, headers={"AUTHORIZATION": ["Bearer " + token]}).json()["reason"],
                 "allowed")
    named = question(token)
    named["route"] = "entry.show"
    report.equal("route by name", post(scenario, named).json()["reason"], "allowed")
    named["route"] = "no.such"
    report.equal("unknown route by name", post(scenario, named).json()["reason"], "route_unknown")
    report.equal("least question", post(scenario, {"request": {"method": "GET", "host": "ledger.example.test",
                 "path": "/ledger/v3/entries/1"}}).json()["reason"], "no_credential")


def bodies(report, scenario):
    token = scenario.north.token("mara", ["ledger:read"])
    report.equal("body as text", ask(scenario, token, body="caf\u00e9").json()["reason"], "allowed")
    report.equal("body_base64", ask(scenario, token, body_base64=base64.b64encode(b"\xff\0x").decode())
                 .json()["reason"], "allowed")
    problem(report, "body_base64 that is none", ask(scenario, token, body_base64="***"), 400)
    problem(report, "body and body_base64", ask(scenario, token, body="x", body_base64="eA=="), 400)


def problem(report, name, response, *statuses):
    """An RFC 9457 answer with one of the statuses, never an allow."""
    good = response.status in statuses
    try:
        document = response.json()
    except ValueError:
        document = None
    kind = response.headers.get("content-type") or ""
    good = good and kind.startswith("application/problem+json") and isinstance(document, dict)
    good = good and document.get("status") == response.status and isinstance(document.get("title"), str)
    good = good and document.get("allow") is not True and document.get("reason") == REASONS[response.status]
    report.check("problem: " + name, good, "%d %s %s" % (response.status, kind, response.body[:300]))


def wrong_calls(report, scenario):
    token = scenario.north.token("mara", ["ledger:read"])
    good = question(token)
    problem(report, "no gateway key", post(scenario, good, key=None), 401)
    problem(report, "wrong gateway key", post(scenario, good, key="y" * 43), 401)
    report.equal("another content type is read as JSON all the same",
                 post(scenario, good, {"content-type": "text/plain"}).json()["reason"], "allowed")
    for name, value in (
            ("null", None), ("an array", []), ("a string", "x"), ("a number", 7), ("empty object", {}),
            ("request is null", {"request": None}), ("request is a list", {"request": []}),
            ("no method", question(token, method=None)), ("method is a number", question(token, method=7)),
            ("no path", question(token, path=None)), ("path is null", {"request": dict(good["request"], path=None)}),
            ("path is an object", question(token, path={})), ("host is a list", question(token, host=["x"])),
            ("headers is a list", question(headers=[["authorization", "Bearer " + token]])),
            ("a header is a string", question(headers={"authorization": "Bearer " + token})),
            ("a header value is a number", question(headers={"authorization": [7]})),
            ("query is an object", question(token, query={"a": 1})),
            ("route is a number", dict(good, route=7)), ("context is a list", dict(good, context=[]))):
        problem(report, name, post(scenario, value), 400, 422)
    problem(report, "client_ip that is no address is refused, not dropped", ask(scenario, token, client_ip="here"), 400)
    for name, value in (("unknown member", dict(good, colour="red")),
                        ("unknown member of request", question(token, colour="red"))):
        first, second = post(scenario, value), post(scenario, value)
        report.check(name + ": one stable answer", first.status == second.status and first.status in (200, 400, 422),
                     first.status)


def wrong_json(report, scenario):
    good = json.dumps(question(scenario.north.token("mara", ["ledger:read"]))).encode()
    cases = [
        ("empty body", b""), ("not JSON", b"hello"), ("cut off", good[:-1]), ("two values", good + b"{}"),
        ("byte order mark", b"\xef\xbb\xbf" + good), ("comment", b"/**/" + good), ("single quotes", b"{'request':{}}"),
        ("duplicate member", good[:-1] + b',"request":{}}'),
        ("duplicate member deep inside", good.replace(b'"path"', b'"path":"/x","path"', 1)),
        ("duplicate member by escape", good.replace(b'"path"', b'"p\\u0061th":"/x","path"', 1)),
        ("invalid UTF-8", good.replace(b"ledger.example", b"ledger\xff.example", 1)),
        ("overlong UTF-8", good.replace(b"ledger.example", b"ledger\xc0\xae.example", 1)),
        ("lone surrogate", good.replace(b"ledger.example", b"ledger\\ud800.example", 1)),
        ("control character", good.replace(b"ledger.example", b"ledger\n.example", 1)),
        ("not a number", good[:-1] + b',"context":{"a":NaN}}'),
        ("nested 100,000 deep", b'{"request":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        ("nested 200 deep in context", good[:-1] + b',"context":' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}"),
        ("a number with 10,000 digits", good[:-1] + b',"route":' + b"9" * 10_000 + b"}"),
    ]
    for name, body in cases:
        problem(report, name, post(scenario, body), 400, 422)
    repeated = question()
    repeated["request"]["headers"] = {"n" * 20_000: [""] * 5_000}
    problem(report, "one long header name for 5,000 values", post(scenario, repeated), 413)
    large = dict(question(), context={"a": "x" * (3 << 20)})
    try:
        problem(report, "three megabytes", post(scenario, large), 413)
    except OSError as problem_seen:
        report.check("problem: three megabytes", False, problem_seen)


def methods(report, scenario):
    url = scenario.deployment.http_url
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = http(method, url("/v1/decisions"), b"{}" if method != "GET" else None)
        problem(report, "%s is not allowed" % method, answer, 405)
    for path in ("/", "/v1/decision", "/v1/decisions/", "/%", "/v1/../v1/decisions"):
        problem(report, "path `%s` is not found" % path, http("POST", url(path), b"{}"), 404)


def curl(report, scenario):
    if not shutil.which("curl"):
        report.note("curl is not installed")
        return
    body = json.dumps(question(scenario.north.token("mara", ["ledger:read"]))).encode()
    base = ["curl", "-sS", "--max-time", "240", "-H", "content-type: application/json", "-H",
            "x-countersign-key: " + scenario.deployment.gateway_key, "--data-binary", "@-",
            scenario.deployment.http_url("/v1/decisions")]
    for name, extra in (("plain", []), ("chunked", ["-H", "transfer-encoding: chunked"]),
                        ("expect", ["-H", "expect: 100-continue"]), ("HTTP/1.0", ["--http1.0"])):
        result = subprocess.run(base + extra, input=body, capture_output=True)
        try:
            reason = json.loads(result.stdout).get("reason")
        except ValueError:
            reason = result.stdout[:200] + result.stderr[:200]
        report.equal("curl, %s" % name, reason, "allowed")


def exchange(scenario, data, seconds=PATIENCE):
    """Sends bytes and reads until the other side closes or falls silent."""
    with socket.create_connection(("127.0.0.1", scenario.deployment.http_port), PATIENCE) as connection:
        connection.settimeout(seconds)
        received = b""
        try:
            connection.sendall(data)
            while part := connection.recv(65536):
                received += part
        except OSError:
            pass
        return received


def raw_sockets(report, scenario):
    body = json.dumps(question(scenario.north.token("mara", ["ledger:read"]))).encode()
    head = ("POST /v1/decisions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-countersign-key: %s\r\n"
            % scenario.deployment.gateway_key).encode()
    length = b"content-length: %d\r\n" % len(body)
    two = head + length + b"\r\n" + body + head + length + b"connection: close\r\n\r\n" + body
    report.equal("two calls sent at once are both answered", exchange(scenario, two).count(b'"reason":"allowed"'), 2)
    bad = [
        ("content-length and chunked", head + length + b"transfer-encoding: chunked\r\n\r\n" + body),
        ("two content-lengths", head + length + b"content-length: 1\r\n\r\n" + body),
        ("negative content-length", head + b"content-length: -1\r\n\r\n" + body),
        ("a huge content-length", head + b"content-length: 99999999999999999999\r\n\r\n" + body),
        ("broken chunks", head + b"transfer-encoding: chunked\r\n\r\nzz\r\n" + body),
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n"),
        ("a header without colon", head + b"nonsense\r\n\r\n"),
        ("a NUL in a header", head + b"x: a\0b\r\n" + length + b"\r\n" + body),
        ("100,000 bytes of headers", head + b"x: " + b"y" * 100_000 + b"\r\n" + length + b"\r\n" + body),
        ("5,000 headers", head + b"x: y\r\n" * 5000 + length + b"\r\n" + body),
        ("a path of 100,000 bytes", b"POST /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n"),
    ]
    for name, data in bad[8:10]:
        received = exchange(scenario, data)
        report.check("raw: %s: 431 with its reason" % name, received.startswith(b"HTTP/1.1 431 ")
                     and b'"reason":"request_too_large"' in received, received[:300])
    for name, data in bad:
        received = exchange(scenario, data, 2)
        report.check("raw: %s: no allow" % name, b'"allow":true' not in received, received[:300])
        report.check("raw: %s: refused or closed" % name, not received.startswith(b"HTTP/1.1 200"), received[:200])


def log(report, scenario):
    answer = ask(scenario, scenario.north.token("mara", ["ledger:read"])).json()
    record = scenario.deployment.recorded(answer["decision"])
    report.check("the record is in the log", record, answer)
    if record:
        report.equal("the record's protocol and gateway", (record["gw"]["proto"], record["gw"]["name"]),
                     ("decisions", "harbour"))
    checkpoint, _ = scenario.deployment.audit.verify()
    report.check("the log verifies", checkpoint.size > 0)
