# SPDX-License-Identifier: Apache-2.0
"""A deployment unlike the others: a hospital behind three gateways, mutual TLS, entities, raw messages, exact answers."""
import json
import os
import ssl
import urllib.error
import urllib.request

import grpc

from ..certificates import Authority
from ..deployment import Deployment
from ..gateway import Gateway
from ..keyserver import KeyServer
from ..personal import mentioned
from ..report import PATIENCE
from ..tokens import SigningKey, TokenIssuer
from ..wire import block, header, proxy, request, tag, variable

CONFIGURATION = """\
data: var/log
listeners:
  grpc:
    address: "127.0.0.1:{grpc}"
    tls: { certificate: "file:tls/server.pem", key: "file:secrets/server.key", client_ca: "file:tls/ca.pem" }
    limits: { message_bytes: 64KiB }
  http:
    address: "127.0.0.1:{http}"
    tls: { certificate: "file:tls/server.pem", key: "file:secrets/server.key" }
    limits: { body_bytes: 32KiB }
  admin: { address: "127.0.0.1:{admin}" }
gateways:
  front:  { subjects: ["spiffe://clinic.example.test/gate/front"], forwarded_headers: true }
  back:   { subjects: [back.gate.example.test] }
  kiosk:  { keys: ["env:KIOSK_KEYS"] }
providers:
  staff:
    issuer: "@base@/realms/staff"
    audiences: ["https://clinic.example.test/"]
    algorithms: [ES256]
    claims:
      subject: "/person/number"
      groups: ["/realm/teams", "https://clinic.example.test/teams"]
      roles: ["/realm/roles"]
      attributes: [dept, { level: "/person/level" }, on_call, { badge: "/person/badge" }]
  robots:   { issuer: "urn:clinic:robots", audiences: [wards], algorithms: [EdDSA], jwks_file: robots.json, types: [at+jwt] }
  partners: { issuer: "https://partners.example.test", audiences: [wards, files], algorithms: [RS256, PS256], jwks_url: "@base@/partners.jwks" }
apis:
  wards:
    match: { hosts: ["*.ward.example.test", clinic.example.test], gateways: [front, back], base_path: /api }
    providers: [staff, robots]
    on_deny: fault
    routes:
      - name: bed.read
        match: { methods: [GET], path: "/wards/{ward}/beds/{bed}" }
        resource: 'Ward::"{ward}"'
        headers: [{ x-clinician: badge }, x-roles, x-groups, x-principal]
        context_headers: [x-purpose]
        attributes: [dept, level, on_call, missing]
      - { name: bed.move, match: { methods: [PUT, PATCH], path: "/wards/{ward}/beds/{bed}" }, resource: 'Ward::"{ward}"', action: moveBed, on_error: deny }
      - { name: notice.board, match: { path: "/notices" }, authentication: optional, on_deny: variables }
  files:
    match: { proxies: [files-v2] }
    providers: [partners]
    credentials: ["header:X-File-Token", "cookie:sid", "query:t", authorization]
    routes:
      - { name: file.get, match: { methods: [GET], path: "/files/{folder}/{rest...}" }, resource: 'Folder::"{folder}/root"' }
      - { name: file.drop, match: { methods: [DELETE], path: "/files/{folder}/{rest...}" }, on_deny: fault }
policies: { directory: rules, entities: [people.json, places.json] }
audit: { origin: clinic/gate-7, key: "file:secrets/log.key", checkpoint_interval: 100ms, segment: 1MiB, min_free: 1MiB }
limits: { default_budget: 45s }
"""
RULES = {
    "beds/read.cedar": """\
@id("nurses-read") @obligation("show-banner")
permit (principal in Group::"nurses", action in Action::"read", resource in Building::"west")
when { principal.level >= 3 && context has request && context.gateway.name == "front" };
@id("own-purpose")
forbid (principal, action == Action::"GET", resource is Ward)
unless { context.request.headers has "x-purpose" && context.request.headers["x-purpose"] like "care*" };
@id("quarantine") @reason("The ward is in quarantine.")
forbid (principal, action, resource is Ward) when { resource has closed && resource.closed }
unless { principal in Role::"chief" };
""",
    "beds/move.cedar": """\
@id("robots-move")
permit (principal is Client, action == Action::"moveBed", resource == Ward::"w1") when { resource.bed like "b?*" || resource.bed != "b0" };
@id("weights")
forbid (principal, action == Action::"moveBed", resource) when { resource.load.greaterThan(decimal("99.5")) };
""",
    "files.cedar": """\
@id("partners-folder")
permit (principal is User, action == Action::"GET", resource in FolderRoot::"shared")
when { context.request.client_ip.isInRange(ip("2001:db8::/32")) && context.now > datetime("2020-01-01") };
@id("board")
permit (principal == Anonymous::"anonymous", action, resource == Route::"notice.board");
""",
}
PEOPLE = [{"uid": {"type": "Group", "id": "night-nurses"}, "attrs": {}, "parents": [{"type": "Group", "id": "nurses"}]}]
PLACES = [
    {"uid": {"type": "Building", "id": "west"}, "attrs": {}, "parents": []},
    {"uid": {"type": "Ward", "id": "w1"}, "attrs": {"closed": False, "load": {"__extn": {"fn": "decimal", "arg": "12.5"}}},
     "parents": [{"type": "Building", "id": "west"}]},
    {"uid": {"type": "Ward", "id": "w2"}, "attrs": {"closed": True, "load": {"__extn": {"fn": "decimal", "arg": "99.6"}}},
     "parents": [{"type": "Building", "id": "west"}]},
    {"uid": {"type": "Folder", "id": "pub/root"}, "attrs": {}, "parents": [{"type": "FolderRoot", "id": "shared"}]},
]
DENY, FAULT = "deny:policy_denied", "policyDenied"
# The nurse's own; longer than any number that a record has by itself.
NUMBER = "47110012003400567"


class Clinic:
    """The deployment with its issuers and certificates."""

    def __init__(self, binary):
        self.keys, self.authority = KeyServer(), Authority("Clinic Root")
        self.staff = TokenIssuer(self.keys.base + "/realms/staff", "https://clinic.example.test/",
                                 [SigningKey("ES256", "s1")])
        self.robots = TokenIssuer("urn:clinic:robots", "wards", [SigningKey("EdDSA", "r1")])
        self.partners = TokenIssuer("https://partners.example.test", "files", [SigningKey("RS256", "p1"),
                                                                               SigningKey("PS256", "p2")])
        self.keys.put_issuer("/realms/staff", self.staff)
        self.keys.put("/partners.jwks", self.partners.key_set())
        server, self._server_key = self.authority.issue("server", dns=["clinic.example.test", "localhost"])
        files = {"robots.json": self.robots.key_set(), "people.json": PEOPLE, "places.json": PLACES,
                 "tls/server.pem": server, "tls/ca.pem": self.authority.pem}
        files.update(("rules/" + name, text) for name, text in RULES.items())
        self.deployment = Deployment(binary, CONFIGURATION.replace("@base@", self.keys.base), {}, files,
                                     origin="clinic/gate-7")

    def __enter__(self):
        self.deployment.__enter__()
        self.deployment.write_secret("server.key", self._server_key)
        return self

    def __exit__(self, *_):
        self.deployment.__exit__()
        self.keys.close()

    def gate(self, authority=None, **names):
        """A connection with a client certificate of these names; `key` to send a gateway's key as well."""
        certificate, key = (authority or self.authority).issue("client", client=True, **names)
        credentials = grpc.ssl_channel_credentials(self.authority.pem.encode(), key.encode(), certificate.encode())
        return Gateway(self.deployment.target, credentials=credentials, server_name="clinic.example.test")

    def front(self):
        return self.gate(uris=["spiffe://clinic.example.test/gate/front"])

    def nurse(self, number=NUMBER, level=3, teams=("night-nurses",), roles=(), **changes):
        return self.staff.token("ignored", person={"number": number, "level": level, "badge": "B-" + number},
                                realm={"teams": list(teams), "roles": list(roles)}, dept="surgery", on_call=True,
                                **changes)


def run(binary, report, options):
    with Clinic(binary) as clinic:
        kiosk = "kiosk-" + "k" * 40
        os.environ["KIOSK_KEYS"] = kiosk + "\n"
        try:
            code, output = clinic.deployment.run("check", clinic.deployment.file)
            report.equal("check finds nothing wrong", (code, "error" in output), (0, False))
            clinic.deployment.start()
        finally:
            del os.environ["KIOSK_KEYS"]
        with clinic.front() as front:
            for part in (beds, moves, board, files, places_of_tokens, odd_messages, limits):
                report.guard(part.__name__, part, report, clinic, front)
        report.guard("gateways", gateways, report, clinic)
        report.guard("over_https", over_https, report, clinic, kiosk)
        report.equal("ends cleanly on SIGTERM", clinic.deployment.stop(), 0)
        report.guard("log", log, report, clinic)


def bed(ward="w1", token=None, purpose="care-round", verb="GET", host="a.ward.example.test", suffix="", more=()):
    """A question about a bed, as bytes."""
    headers = [header("Host", host)]
    if token:
        headers.append(header("AUTHORIZATION", "bearer " + token))
    if purpose:
        headers.append(header("X-Purpose", purpose))
    return (request(verb, "/api/wards/%s/beds/b7%s" % (ward, suffix), *headers, *more, content="{}")
            + proxy("clinic", "203.0.113.9") + block(9, "req-1") + block(11, "live"))


def outcome(result):
    """What the flow sees, or the gRPC status."""
    return result.outcome() if hasattr(result, "outcome") else result.name


def beds(report, clinic, front):
    answer = front.raw(bed(token=clinic.nurse()))
    report.equal("beds: a nurse reads", outcome(answer), "allow:allowed")
    report.equal("beds: principal", answer.value("principal"), 'User::"staff/%s"' % NUMBER)
    report.equal("beds: determining policies", answer.value("policies"), "nurses-read")
    report.equal("beds: attributes with their types", {name: value for name, value in answer.variables.items()
                 if name.startswith("countersign.attr_")}, {
                     "countersign.attr_dept": ("string", "surgery"), "countersign.attr_level": ("int64", 3),
                     "countersign.attr_on_call": ("bool", True), "countersign.attr_missing": ("string", "")})
    headers = {name: list(value.strings) for name, value in answer.message.request.headers.items()}
    report.equal("beds: identity headers", headers, {
        "x-clinician": ["B-" + NUMBER], "x-roles": [""], "x-groups": ["night-nurses"], "x-principal": ['User::"staff/%s"' % NUMBER],
        "x-countersign-decision": [answer.decision]})
    report.equal("beds: content is kept", answer.message.request.content, "{}")
    cases = [
        ("without purpose", bed(token=clinic.nurse(), purpose=None), FAULT, "own-purpose"),
        ("with another purpose", bed(token=clinic.nurse(), purpose="billing"), FAULT, "own-purpose"),
        ("level too low", bed(token=clinic.nurse(level=2)), FAULT, ""),
        ("level as text: the policy errs, no permit", bed(token=clinic.nurse(level="9")), FAULT, ""),
        ("no nurse", bed(token=clinic.nurse(teams=["porters"])), FAULT, ""),
        ("ward in quarantine", bed("w2", clinic.nurse()), FAULT, "quarantine"),
        ("ward in another building", bed("w9", clinic.nurse()), FAULT, ""),
        ("ward named by another's id", bed("W1", clinic.nurse()), FAULT, ""),
        ("chief in quarantine", bed("w2", clinic.nurse(roles=["chief"])), "allow:allowed", "nurses-read"),
        ("HEAD has no route", bed(token=clinic.nurse(), verb="HEAD"), "deny:route_unknown", ""),
        ("verb in small letters", bed(token=clinic.nurse(), verb="get"), "deny:route_unknown", ""),
        ("apex host", bed(token=clinic.nurse(), host="clinic.example.test"), "allow:allowed", "nurses-read"),
        ("host of two labels", bed(token=clinic.nurse(), host="x.y.WARD.example.test:8443"), "allow:allowed",
         "nurses-read"),
        ("the wildcard's own domain", bed(token=clinic.nurse(), host="ward.example.test"), None, None),
        ("a host that only ends alike", bed(token=clinic.nurse(), host="evilward.example.test"), None, None),
        ("a trailing slash", bed(token=clinic.nurse(), suffix="/"), "deny:route_unknown", ""),
        ("a query", bed(token=clinic.nurse(), suffix="?a=/../b"), "allow:allowed", "nurses-read"),
        ("encoded dots", bed(token=clinic.nurse(), suffix="/%2e%2e/b8"), None, None),
    ]
    for name, data, wanted, policies in cases:
        result = front.raw(data)
        if wanted is None:
            report.check("beds: %s: no allow, no route" % name, not getattr(result, "allowed", False), outcome(result))
        else:
            report.equal("beds: " + name, (outcome(result), result.value("policies")), (wanted, policies))
    answer = front.raw(bed("w2", clinic.nurse()))
    report.equal("beds: a forbid's reason is the fault's text", answer.message.fault.fault_string,
                 "The ward is in quarantine.")
    forged = front.raw(bed(token=clinic.nurse(), more=[header("X-CLINICIAN", "root", "admin"), header("x_clinician", "root"),
                                                       header("X-Principal", 'User::"staff/1"'),
                                                       header("X-Countersign-Decision", "mine")]))
    headers = {name: list(value.strings) for name, value in forged.message.request.headers.items()}
    report.equal("beds: forged identity headers are replaced or removed, in every spelling", headers, {
        "X-CLINICIAN": ["B-" + NUMBER], "x_clinician": [], "X-Principal": ['User::"staff/%s"' % NUMBER], "x-roles": [""],
        "x-groups": ["night-nurses"], "X-Countersign-Decision": [forged.decision]})


def moves(report, clinic, front):
    robot = clinic.robots.token("robot-9", client_id="robot-9")
    for name, data, wanted in (
            ("a robot moves", bed(token=robot, verb="PUT"), "allow:allowed"),
            ("with PATCH", bed(token=robot, verb="PATCH"), "allow:allowed"),
            ("with POST", bed(token=robot, verb="POST"), "deny:route_unknown"),
            ("a nurse moves", bed(token=clinic.nurse(), verb="PUT"), FAULT),
            ("the forbid that cannot be evaluated denies", bed("w3", robot, verb="PUT"), FAULT),
            ("a robot with a user's subject", bed(token=clinic.robots.token("robot-9"), verb="PUT"), FAULT),
            ("an ID token's type", bed(token=clinic.robots.token("r", client_id="r", header={"typ": "id+jwt"}), verb="PUT"),
             "tokenType"),
            ("a partner's token", bed(token=clinic.partners.token("acme"), verb="PUT"), "tokenIssuer")):
        report.equal("moves: " + name, outcome(front.raw(data)), wanted)
    answer = front.raw(bed(token=robot, verb="PUT"))
    report.equal("moves: a client is a Client", answer.value("principal"), 'Client::"robots/robot-9"')
    broken = front.raw(bed("w1", robot, verb="PUT", more=[header("Content-Length", "9" * 40)]))
    report.equal("moves: odd headers of the caller do not matter", outcome(broken), "allow:allowed")


def board(report, clinic, front):
    ask = lambda *headers: front.raw(request("GET", "/api/notices", header("host", "clinic.example.test"), *headers)
                                     + proxy("clinic"))
    answer = ask()
    report.equal("board: nobody in particular", (outcome(answer), answer.value("principal")),
                 ("allow:allowed", 'Anonymous::"anonymous"'))
    report.equal("board: a good token is somebody else", outcome(ask(header("authorization", "Bearer " + clinic.nurse()))),
                 DENY)
    report.equal("board: a bad token never falls back to nobody", outcome(ask(header("authorization", "Bearer x.y.z"))),
                 "deny:token_malformed")
    report.equal("board: any method", outcome(front.raw(request(
        "PURGE", "/api/notices", header("host", "clinic.example.test")) + proxy("clinic"))), "allow:allowed")


def file(path, *headers, verb="GET", ip="2001:db8::7", name="files-v2"):
    return request(verb, path, header("host", "anything.example.org"), *headers) + proxy(name, ip)


def files(report, clinic, front):
    token = clinic.partners.token("acme", key=clinic.partners.keys[1])
    given = header("x-file-token", token)
    for name, data, wanted in (
            ("a shared folder", file("/files/pub/a/b%20c.txt", given), "allow:allowed"),
            ("a folder that is no entity", file("/files/own/a.txt", given), DENY),
            ("nothing in the folder", file("/files/pub", given), "deny:route_unknown"),
            ("the folder with a slash", file("/files/pub/", given), "deny:route_unknown"),
            ("an address out of range", file("/files/pub/a", given, ip="2001:db9::1"), DENY),
            ("an IPv4 address in IPv6 clothes", file("/files/pub/a", given, ip="::ffff:10.0.0.1"), None),
            ("no address at all", file("/files/pub/a", given, ip=None), DENY),
            ("an address with a zone", file("/files/pub/a", given, ip="fe80::1%eth0"), "deny:request_malformed"),
            ("another proxy", file("/files/pub/a", given, name="files-v3"), "deny:route_unknown"),
            ("the proxy in capitals", file("/files/pub/a", given, name="Files-V2"), "deny:route_unknown"),
            ("on_deny of one route", file("/files/pub/a", given, verb="DELETE"), FAULT),
            ("an absolute URL", file("https://x.example.org/files/pub/a", given), "allow:allowed"),
            ("two slashes in front", file("//files/pub/a", given), "deny:ambiguous_path"),
            ("a matrix parameter", file("/files/pub/a;v=2", given), "deny:ambiguous_path"),
            ("an encoded slash", file("/files/pub%2fa/x", given), "deny:ambiguous_path"),
            ("a decomposed letter", file("/files/pub/e\u0301", given), "allow:allowed")):
        result = front.raw(data)
        if wanted is None:
            report.check("files: %s: no allow" % name, not getattr(result, "allowed", False), outcome(result))
        else:
            report.equal("files: " + name, outcome(result), wanted)


def places_of_tokens(report, clinic, front):
    """One token in each of its places, and two at once."""
    good, bad = clinic.partners.token("acme"), clinic.partners.token("acme", exp=1_600_000_000, nbf=None, iat=None)
    path = "/files/pub/a"
    bearer = lambda token: header("Authorization", "Bearer " + token)
    for name, data, wanted in (
            ("a header", file(path, header("X-FILE-TOKEN", good)), "allow:allowed"),
            ("a header, with the scheme", file(path, header("x-File-token", "Bearer " + good)), "allow:allowed"),
            ("a cookie", file(path, header("COOKIE", "a=1; sid=%s;b" % good)), "allow:allowed"),
            ("a cookie in a second header", file(path, header("cookie", "a=1"), header("Cookie", "sid=" + good)),
             "allow:allowed"),
            ("two cookies of the name", file(path, header("cookie", "sid=%s; sid=%s" % (good, good))),
             "deny:token_malformed"),
            ("a query parameter", file(path + "?x&t=" + good), "allow:allowed"),
            ("two query parameters", file(path + "?t=%s&t=%s" % (good, good)), "deny:token_malformed"),
            ("a parameter of a longer name", file(path + "?tt=" + good), "deny:no_credential"),
            ("Authorization", file(path, bearer(good)), "allow:allowed"),
            ("Authorization twice in one header", file(path, header("authorization", "Bearer " + good, "Bearer " + good)),
             "deny:token_malformed"),
            ("Authorization in two spellings", file(path, bearer(good), header("authorization", "Bearer " + good)),
             "deny:token_malformed"),
            ("Authorization as a list", file(path, header("authorization", "Bearer %s, Bearer %s" % (good, good))),
             "deny:token_malformed"),
            ("the better place decides, though bad", file(path, header("x-file-token", bad), bearer(good)),
             "deny:token_expired"),
            ("the better place decides, though the other is bad", file(path, header("x-file-token", good), bearer(bad)),
             "allow:allowed"),
            ("an empty better place", file(path, header("x-file-token", ""), bearer(good)), "allow:allowed"),
            ("the flow variable before all", file(path, bearer(bad)) + variable("countersign.token", good),
             "allow:allowed"),
            ("a bad flow variable before all", file(path, bearer(good)) + variable("countersign.token", bad),
             "deny:token_expired"),
            ("the flow variable twice: the last counts", file(path) + variable("countersign.token", bad)
             + variable("countersign.token", good), "allow:allowed"),
            ("a form parameter is no place", file(path) + block(1, block(5, block(1, "t") + block(2, block(1, good)))),
             "deny:no_credential"),
            ("Basic", file(path, header("authorization", "Basic " + good)), "deny:token_malformed"),
            ("a token with a line break", file(path, header("authorization", "Bearer %s\r\n x" % good)),
             "deny:token_malformed")):
        report.equal("token in %s" % name, outcome(front.raw(data)), wanted)


def odd_messages(report, clinic, front):
    token = clinic.partners.token("acme")
    whole = file("/files/pub/a", header("authorization", "Bearer " + token))
    respond = block(2, tag(1, 0) + b"\xc8\x01" + block(4, "body"))
    asked = variable("request.verb", "GET") + variable("request.uri", "/files/pub/a")
    for name, data, wanted in (
            ("response flow with variables", respond + proxy("files-v2", "2001:db8::7") + asked
             + variable("request.header.authorization", "Bearer " + token), "allow:allowed"),
            ("response flow with the token variable", respond + proxy("files-v2", "2001:db8::7") + asked
             + variable("countersign.token", token), "allow:allowed"),
            ("response flow without a token", respond + proxy("files-v2", "2001:db8::7") + asked, "deny:no_credential"),
            ("response flow of unknown target", respond + proxy("files-v2", "2001:db8::7")
             + variable("countersign.token", token), "deny:route_unknown"),
            ("error flow with variables", block(3, block(1, "boom") + respond) + proxy("files-v2", "2001:db8::7") + asked
             + variable("countersign.token", token), "allow:allowed"),
            ("the path in two pieces", block(1, block(1, "/files/own/x")) + whole, "allow:allowed"),
            ("the path changed afterwards", whole + block(1, block(1, "/files/own/x")), DENY),
            ("the method changed afterwards", whole + block(1, block(2, "DELETE")), FAULT),
            ("a second credential afterwards", whole + block(1, header("authorization", "Bearer " + token)),
             "deny:token_malformed"),
            ("the proxy changed afterwards", whole + proxy("files-v3", "2001:db8::7"), "deny:route_unknown"),
            ("a header without a value", file("/files/pub/a", block(4, block(1, "authorization"))), "deny:no_credential"),
            ("a header without a name", file("/files/pub/a", block(4, block(2, block(1, "Bearer " + token)))),
             "deny:no_credential"),
            ("a variable of another type", file("/files/pub/a") + variable("countersign.token", 7), "deny:no_credential"),
            ("a route by name", whole + variable("countersign.route", "file.drop"), FAULT),
            ("a route of another gateway's API by name", whole + variable("countersign.route", "nobody"),
             "deny:route_unknown"),
            ("a varint that is too long", whole + b"\x08" + b"\xff" * 10, "INVALID_ARGUMENT"),
            ("cut off", whole[:-2], "INVALID_ARGUMENT"), ("no UTF-8 in the path", file("/files/pub/@").replace(
                b"/@", b"/\xff"), "INVALID_ARGUMENT"),
            ("wire type 7", whole + b"\x0f", "INVALID_ARGUMENT"),
            ("a request that is a number", whole + tag(1, 0) + b"\1", "INVALID_ARGUMENT"),
            ("groups 16 deep", whole + tag(50, 3) * 16 + tag(50, 4) * 16, "allow:allowed"),
            ("groups 10,000 deep", whole + tag(50, 3) * 10_000 + tag(50, 4) * 10_000, "INVALID_ARGUMENT"),
            ("nothing at all", b"", "deny:route_unknown")):
        report.equal("message: " + name, outcome(front.raw(data)), wanted)


def limits(report, clinic, front):
    token = clinic.partners.token("acme")
    given = header("authorization", "Bearer " + token)
    report.equal("limits: 60 kB of header", outcome(front.raw(file("/files/pub/a", given, header("x", "y" * 60_000)))),
                 "allow:allowed")
    report.equal("limits: 65 kB are over the listener's own limit", outcome(front.raw(file(
        "/files/pub/a", given, header("x", "y" * 66_000)))), "RESOURCE_EXHAUSTED")
    report.equal("limits: a path of 9,000 bytes", outcome(front.raw(file("/files/pub/" + "a" * 9000, given))),
                 "deny:ambiguous_path")
    report.equal("limits: a token of 20 kB", outcome(front.raw(file("/files/pub/a", header(
        "authorization", "Bearer " + "a" * 20_000)))), "deny:token_malformed")
    report.equal("limits: 2,000 headers", outcome(front.raw(file("/files/pub/a", given, *[
        header("h%d" % number, "v") for number in range(2000)]))), "allow:allowed")


def gateways(report, clinic):
    token = clinic.partners.token("acme")
    data = file("/files/pub/a", header("authorization", "Bearer " + token))
    spiffe = "spiffe://clinic.example.test/gate/"
    for name, names, wanted in (
            ("by DNS name", dict(dns=["back.gate.example.test"]), "allow:allowed"),
            ("by DNS name in capitals", dict(dns=["BACK.gate.example.test"]), "allow:allowed"),
            ("unknown SPIFFE id", dict(uris=[spiffe + "side"]), "gatewayUnauthenticated"),
            ("a SPIFFE id that goes on", dict(uris=[spiffe + "front/x"]), "gatewayUnauthenticated"),
            ("two SPIFFE ids", dict(uris=[spiffe + "front", spiffe + "x"]), "gatewayUnauthenticated"),
            ("two gateways at once", dict(uris=[spiffe + "front"], dns=["back.gate.example.test"]),
             "gatewayUnauthenticated"),
            ("a wildcard", dict(dns=["*.gate.example.test"]), "gatewayUnauthenticated"),
            ("no name but the common one", {}, "gatewayUnauthenticated")):
        with clinic.gate(**names) as gateway:
            report.equal("gateway %s" % name, outcome(gateway.raw(data)), wanted)
    with clinic.gate(dns=["back.gate.example.test"]) as back:
        report.equal("gateway back: what only front may do", outcome(back.raw(bed(token=clinic.nurse()))), FAULT)
        report.equal("gateway back with a wrong key beside its certificate", outcome(back.raw(
            data + variable("countersign.key", "k" * 43))), "gatewayUnauthenticated")
    for name, gate in (("of another authority", clinic.gate(Authority("Other"), uris=[spiffe + "front"])),
                       ("that has expired", clinic.gate(uris=[spiffe + "front"], days=-1)),
                       ("that is missing", Gateway(clinic.deployment.target, credentials=grpc.ssl_channel_credentials(
                           clinic.authority.pem.encode()), server_name="clinic.example.test"))):
        with gate:
            report.equal("gateway with a certificate %s" % name, outcome(gate.raw(data)), "UNAVAILABLE")


def over_https(report, clinic, kiosk):
    context = ssl.create_default_context(cadata=clinic.authority.pem)

    def ask(key=kiosk, pad=0, **changes):
        question = {"method": "GET", "path": "/files/pub/a", "host": "h.example.org", "client_ip": "2001:db8::8",
                    "headers": {"X-File-Token": [clinic.partners.token("acme")]}}
        question.update(changes)
        body = json.dumps({"request": question, "context": {"pad": "x" * pad}}).encode()
        call = urllib.request.Request("https://localhost:%d/v1/decisions" % clinic.deployment.http_port, body,
                                      {"x-countersign-key": key} if key else {})
        try:
            with urllib.request.urlopen(call, context=context, timeout=PATIENCE) as answer:
                return answer.status, json.loads(answer.read())["reason"]
        except urllib.error.HTTPError as problem:
            return problem.code, json.loads(problem.read()).get("reason")

    report.equal("HTTPS: the kiosk asks", ask(), (200, "allowed"))
    report.equal("HTTPS: an API that is not the kiosk's", ask(path="/api/notices", host="clinic.example.test")[1],
                 "route_unknown")
    report.equal("HTTPS: without a key", ask(key=None)[0], 401)
    report.equal("HTTPS: a key cut short", ask(key=kiosk[:-1])[0], 401)
    report.equal("HTTPS: 30 kB of body", ask(pad=28_000), (200, "allowed"))
    report.equal("HTTPS: over the listener's own limit", ask(pad=40_000)[0], 413)
    report.equal("HTTPS: expired", ask(headers={"x-file-token": [clinic.partners.token(
        "acme", exp=1_600_000_000, nbf=None, iat=None)]}), (200, "token_expired"))


def log(report, clinic):
    audit = type(clinic.deployment.audit)(clinic.deployment.folder / "var/log/audit")
    _, records = audit.verify()
    decisions = [record for record in records if record["t"] == "decision"]
    gateways = {(r["gw"].get("name"), r["gw"]["peer_auth"]) for r in decisions}
    report.check("log: gateways by certificate and by key", {("front", "mtls"), ("back", "mtls"), ("kiosk", "api_key")}
                 <= gateways, gateways)
    front = next(r for r in decisions if r["gw"].get("name") == "front")
    report.equal("log: the peer is the verified name", front["gw"]["peer"], "spiffe://clinic.example.test/gate/front")
    report.equal("log: kinds of callers", {r["who"]["type"] for r in decisions if "who" in r} - {None},
                 {"User", "Client", "Anonymous"})
    report.equal("log: no personal data in the leaves", mentioned((NUMBER, "B-" + NUMBER, "robot-9", "203.0.113.9",
                 "2001:db8", "b%20c"), records), [])
    code, output = clinic.deployment.run("audit", "verify", audit.path, "--key", "@%s" % (audit.path / "log.vkey"),
                                         "--records")
    report.check("log: countersign audit verify", code == 0, output)
