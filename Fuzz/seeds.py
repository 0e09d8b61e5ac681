# SPDX-License-Identifier: Apache-2.0
"""Seed inputs for the fuzz targets, taken from the test data of this repository."""
import base64
import hashlib
import importlib.util
import json
import pathlib
import tarfile

LONGEST, MOST = 4096, 600


def write_seeds(target, folder, repository):
    """Writes a target's seeds, a file each, once; returns their number."""
    if not folder.exists():
        folder.mkdir(parents=True)
        inputs = {bytes(seed) for seed in SEEDS[target](repository) if 0 < len(seed) <= LONGEST}
        # In the order of their digests, so that a cut takes a fair sample and always the same one.
        for seed in sorted(inputs, key=lambda seed: hashlib.sha256(seed).digest())[:MOST]:
            (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    return len(list(folder.iterdir()))


def files(repository, *suffixes, longest=LONGEST):
    """Contents of the test data and examples with these suffixes, archives included; in a fixed order."""
    conformance = repository / "Tests/CedarTests/Conformance"
    for root in (conformance, repository / "Examples"):
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix in suffixes:
                yield path.read_bytes()
    for archive in sorted(conformance.glob("*.tar.gz")):
        with tarfile.open(archive) as members:
            for member in members:
                if member.isfile() and pathlib.PurePath(member.name).suffix in suffixes and member.size <= longest:
                    yield members.extractfile(member).read()


def policies(repository):
    yield from files(repository, ".cedar")
    for text in LANGUAGE:
        yield b"permit (principal, action, resource) when { %s };" % text.encode()


def entities(repository):
    for content in files(repository, ".json"):
        if content.lstrip().startswith(b"["):
            yield content


def schemas(repository):
    yield from files(repository, ".cedarschema")
    for content in files(repository, ".json"):
        if b"entityTypes" in content and content.lstrip().startswith(b"{"):
            yield content


def policy_sets(repository):
    """Whole sets, and each policy, template and link of them in a set of its own."""
    for content in files(repository, ".json", longest=1 << 20):
        if b"staticPolicies" not in content:
            continue
        yield content
        whole = json.loads(content)
        for kind in ("staticPolicies", "templates"):
            for name, policy in whole[kind].items():
                links = [link for link in whole["templateLinks"] if link["templateId"] == name][:1]
                one = {"staticPolicies": {}, "templates": {}, "templateLinks": links, kind: {name: policy}}
                yield json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode()


def decisions(repository):
    people = b'[{"uid":{"type":"User","id":"a"},"attrs":{"n":1},"parents":[{"type":"Group","id":"g"}],"tags":{"t":"v"}}]'
    request = (b'{"principal":{"type":"User","id":"a"},"action":{"type":"Action","id":"view"},'
               b'"resource":{"type":"Photo","id":"p"},"context":{"s":"x","ip":{"__extn":{"fn":"ip","arg":"10.0.0.1"}}}}')
    for policy in policies(repository):
        if len(policy) < 1500:
            yield policy + b"\0" + people + b"\0" + request
    for content in entities(repository):
        if len(content) < 2500:
            yield b"permit (principal in Group::\"g\", action, resource);\0" + content + b"\0" + request


def extensions(_):
    return [text.encode() for text in (
        "1.0", "-922337203685477.5808", "0.0001", "10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "::ffff:1.2.3.4",
        "2024-10-15", "2024-10-15T11:35:00Z", "2024-10-15T11:35:00.123+0200", "0000-01-01", "9999-12-31T23:59:59.999Z",
        "1d2h3m4s5ms", "-1d", "106751991167d7h12m55s807ms", "User", "A::B::C", "__cedar::X")]


def key_sets(repository):
    vectors = repository / "Tests/IdentityTests/Vectors"
    cases = json.loads((vectors / "jwt.json").read_text())
    for keys in cases["jwks"].values():
        yield json.dumps(keys, separators=(",", ":")).encode()
        for key in keys["keys"]:
            yield json.dumps({"keys": [key]}, separators=(",", ":")).encode()
    for name in ("json_web_key_test.json", "json_web_signature_test.json"):
        for group in json.loads((vectors / name).read_text())["testGroups"]:
            for kind in ("public", "private"):
                if kind in group:
                    yield json.dumps({"keys": [group[kind]]}, separators=(",", ":")).encode()


def tokens(repository):
    for case in json.loads((repository / "Tests/IdentityTests/Vectors/jwt.json").read_text())["cases"]:
        yield case["token"].encode()
        try:
            parts = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in case["token"].split(".")]
        except ValueError:
            continue
        if len(parts) == 3:
            yield b"\0".join(parts)


def messages(repository):
    location = repository / "Tests/Interop/interop/wire.py"
    specification = importlib.util.spec_from_file_location("wire", location)
    wire = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(wire)
    head = [wire.header("Host", "a.example.test"), wire.header("authorization", "Bearer x.y.z"), wire.header("a", "1", "2")]
    proxy = wire.proxy("orders", "203.0.113.1", "/v1", "/orders/1")
    whole = wire.request("GET", "/v1/orders/1?a=b", *head, content="body") + proxy
    yield whole
    yield whole + wire.variable("countersign.key", "k") + wire.variable("countersign.token", "t") + wire.variable("n", 7)
    yield whole + wire.request("POST", "https://b.example.test/x") + wire.tag(50, 3) + wire.tag(50, 4)
    yield wire.block(2, wire.tag(1, 0) + b"\xc8\x01") + proxy + wire.variable("request.uri", "/x?y")
    yield wire.block(3, wire.block(1, "boom")) + wire.variable("request.header.host", "h") + wire.variable("b", True)
    yield wire.block(7, wire.block(5, "198.51.100.1") + wire.block(4, "h") + wire.block(10, "https"))


def credentials(_):
    return [text.encode() for text in (
        "a=1&t=abc.def.ghi\0authorization:Bearer a.b.c", "\0cookie:x=1; sid=tok\0Cookie:sid=", "\0X-Token:bearer  abc",
        "t=1&t=2", "\0authorization:Basic x\0AUTHORIZATION:Bearer y", "t=%41\0x-token:")]


def paths(_):
    return [text.encode() for text in (
        "/", "/v1/orders/{id}", "/files/{rest...}", "/a%20b/%C3%A9", "/a/./b", "/a/%2e%2e/b", "/a%2fb", "/a;b=1", "/a//b",
        "/a\\b", "/%zz", "/%", "/a?b#c", "/e\u0301", "/%00", "/a/")]


LANGUAGE = [
    "principal in Group::\"staff\" && resource.owner == principal", "principal has home.city && principal.home.city like \"b*\"",
    "if context.n > 2 then context.set.containsAny([1, 2]) else !context.mfa", "principal.ip.isInRange(ip(\"10.0.0.0/8\"))",
    "principal.limit.lessThan(decimal(\"2.0\"))", "principal.since.offset(duration(\"1d\")) > datetime(\"2024-01-01\")",
    "principal.getTag(\"team\") == \"a\" || principal.hasTag(\"x\")", "{a: 1, \"b c\": [true, principal]}.a * -3 + 4 == context.r.a.b",
    "principal is User in Group::\"all\"", "[1, \"1\", User::\"a\"].containsAll([]) || [].isEmpty()", "\"\\u{1F600}\\0\" == \"\\x41\"",
]
SEEDS = {"json": lambda repository: files(repository, ".json"), "policies": policies, "entities": entities,
         "schema": schemas, "policyjson": policy_sets, "decision": decisions, "extensions": extensions, "protobuf": messages, "apigee": messages,
         "credentials": credentials, "paths": paths, "keys": key_sets, "tokens": tokens}
