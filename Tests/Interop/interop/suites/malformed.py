# SPDX-License-Identifier: Apache-2.0
"""Whatever arrives over gRPC, the process stays up and answers with stable codes."""
import gzip
import random
import struct

import grpc

from ..gateway import METHOD, Answer, strings
from ..http2 import Connection
from ..report import PATIENCE
from ..scenario import Scenario
from ..stubs import messages
from ..wire import block, tag, varint

REFUSALS = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL,
            grpc.StatusCode.UNIMPLEMENTED}
STABLE = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}


def run(binary, report, options):
    with Scenario(binary) as scenario:
        scenario.start()
        with scenario.gateway() as gateway:
            for part in (truncated, mutated, wire_types, nesting, text, sizes, framing, metadata, methods):
                report.guard(part.__name__, part, report, scenario, gateway)
                report.check("after %s: the process is up" % part.__name__, scenario.deployment.alive())
                good = gateway.ask(token=scenario.north.token("mara", ["ledger:read"]))
                report.equal("after %s: a good call works" % part.__name__, good.outcome(), "allow:allowed")
        report.guard("log", lambda: report.check("the log verifies", scenario.deployment.audit.verify()[0].size > 0))
        report.equal("ends cleanly on SIGTERM", scenario.deployment.stop(), 0)


def never_allowed(result):
    """A refusal in the message or by status; what is not decoded may only be a status."""
    return result in REFUSALS or (isinstance(result, Answer) and not result.allowed)


def good_bytes(scenario, gateway):
    message = gateway.message(token=scenario.north.token("mara", ["ledger:read"]), content="caf\u00e9", query="a=1")
    return message.SerializeToString(deterministic=True)


def truncated(report, scenario, gateway):
    data = good_bytes(scenario, gateway)
    results = [gateway.raw(data[:length]) for length in range(len(data))]
    broken = []
    for length, result in enumerate(results):
        try:
            messages.MessageContext.FromString(data[:length])
            fine = isinstance(result, Answer)
        except Exception:  # noqa: BLE001: the reference's decode error
            fine = result == grpc.StatusCode.INVALID_ARGUMENT
        if not fine:
            broken.append((length, result))
    report.check("cut at each of %d bytes: INVALID_ARGUMENT, or an answer where the rest is a message" % len(data),
                 not broken, broken[:3])


def mutated(report, scenario, gateway):
    data = good_bytes(scenario, gateway)
    chance = random.Random(97)
    wrong, differing = [], 0
    for _ in range(3000):
        bad = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 8))):
            kind, at = chance.randrange(4), chance.randrange(len(bad))
            if kind == 0:
                bad[at] ^= 1 << chance.randrange(8)
            elif kind == 1:
                bad[at] = chance.randrange(256)
            elif kind == 2:
                bad[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
            else:
                del bad[at:at + chance.randrange(1, 9)]
        result = gateway.raw(bytes(bad))
        try:
            messages.MessageContext.FromString(bytes(bad))
            readable = True
        except Exception:  # noqa: BLE001: the reference's decode error
            readable = False
        if readable != isinstance(result, Answer):
            differing += 1
        if not isinstance(result, Answer) and result not in STABLE:
            wrong.append(result)
        if isinstance(result, Answer) and not result.fault and result.value("verdict") not in ("allow", "deny"):
            wrong.append(result)
    report.check("3,000 random changes: an answer or a stable status", not wrong, wrong[:3])
    # A reader that skips what it does not need may accept more than the reference, but not much else.
    report.check("3,000 random changes: readable to us as to protobuf's own reader (%d differ)" % differing,
                 differing < 150, differing)


def wire_types(report, scenario, gateway):
    data = good_bytes(scenario, gateway)
    cases = [
        ("request as varint", tag(1, 0) + b"\1"), ("request as fixed64", tag(1, 1) + b"\0" * 8),
        ("variables as fixed32", tag(15, 5) + b"\0" * 4), ("wire type 6", tag(1, 6)), ("wire type 7", tag(1, 7)),
        ("field 0", b"\2\0"), ("field 2^29", tag(1 << 29, 0) + b"\1"),
        ("a varint of eleven bytes", b"\x08" + b"\xff" * 10 + b"\1"), ("a tag without end", b"\xff" * 10),
        ("a length beyond the end", tag(1, 2) + varint(1 << 20)), ("a length of 2^63", tag(1, 2) + varint(1 << 63)),
        ("a length of 2^64 - 1", tag(1, 2) + varint((1 << 64) - 1)), ("an end of group without start", tag(3, 4)),
        ("a group without end", tag(99, 3)), ("a group with another's end", tag(99, 3) + tag(98, 4)),
        ("map key as number", block(15, tag(1, 0) + b"\5" + block(2, block(3, b"x")))),
        ("map value as number", block(15, block(1, b"k") + tag(2, 0) + b"\5")),
    ]
    for name, extra in cases:
        for place, bad in (("before", extra + data), ("after", data + extra), ("alone", extra)):
            first, second = gateway.raw(bad), gateway.raw(bad)
            kind = lambda result: "answer" if isinstance(result, Answer) else result
            if not (kind(first) == kind(second) and (isinstance(first, Answer) or first in STABLE)):
                report.check("%s, %s" % (name, place), False, first)
                break
        else:
            report.check(name, True)
    unknown = tag(77, 0) + b"\1" + block(78, b"later") + tag(79, 1) + b"\0" * 8 + tag(80, 5) + b"\0" * 4
    result = gateway.raw(unknown + data + unknown)
    report.check("unknown fields of every kind are skipped", isinstance(result, Answer) and result.allowed, result)
    merged = gateway.raw(data + messages.MessageContext(message_id="later").SerializeToString())
    report.check("the last of a repeated scalar counts, no crash", isinstance(merged, Answer), merged)
    split = messages.MessageContext.FromString(data)
    headers = messages.MessageContext()
    headers.request.headers["authorization"].CopyFrom(split.request.headers["authorization"])
    del split.request.headers["authorization"]
    result = gateway.raw(split.SerializeToString() + headers.SerializeToString())
    report.check("a message in two pieces is merged or refused", isinstance(result, Answer) or result in STABLE, result)
    other = messages.MessageContext()
    other.request.uri = "/ledger/v3/entries/13"
    result = gateway.raw(data + other.SerializeToString())
    report.check("a second request that changes the path is not ignored", not (isinstance(result, Answer)
                 and result.allowed), result)


def nesting(report, scenario, gateway):
    data = good_bytes(scenario, gateway)
    for depth in (10, 100, 10_000, 1_000_000):
        groups = tag(99, 3) * depth + tag(99, 4) * depth
        result = gateway.raw(data + groups)
        report.check("groups nested %d deep" % depth, isinstance(result, Answer) or result in STABLE, result)
    inner = b""
    for _ in range(5000):
        inner = block(1, inner)
    result = gateway.raw(inner)
    report.check("messages nested 5,000 deep", isinstance(result, Answer) and not result.allowed or result in STABLE,
                 result)


def text(report, scenario, gateway):
    token = scenario.north.token("mara", ["ledger:read"])
    for name, bad in (("lone continuation", b"\x80"), ("overlong", b"\xc0\xaf"), ("surrogate", b"\xed\xa0\x80"),
                      ("above U+10FFFF", b"\xf4\x90\x80\x80"), ("cut short", b"\xe2\x82")):
        marker = b"@@"
        for place, message in (
                ("header value", gateway.message(token=token, headers={"x": "@@"})),
                ("header name", gateway.message(token=token, headers={"@@": "x"})),
                ("path", gateway.message(token=token, path="/entries/@@")),
                ("method", gateway.message("@@", token=token)),
                ("variable", gateway.message(token=token, variables={"note": "@@"})),
                ("token", gateway.message(token="@@" + token))):
            data = message.SerializeToString()
            # Only as many bytes as the marker has may change, or all the lengths above would be wrong.
            bad_data = data.replace(marker, (bad * 2)[:2] if len(bad) < 2 else bad[:2])
            result = gateway.raw(bad_data)
            fine = result == grpc.StatusCode.INVALID_ARGUMENT or (
                isinstance(result, Answer) and (not result.allowed or place in ("header value", "header name",
                                                                                 "variable")))
            if not report.check("invalid UTF-8 (%s) in a %s" % (name, place), fine, result):
                break
    zero = gateway.ask(path="/entries/a\0b", token=token)
    report.check("a NUL in the path", not zero.allowed, zero)


def sizes(report, scenario, gateway):
    token = scenario.north.token("mara", ["ledger:read"])
    ten = gateway.send(gateway.message(token=token, headers={"x-long": "v" * (10 << 20)}))
    report.check("a header value of 10 MB: a verdict", ten.value("verdict") in ("allow", "deny"), ten.outcome())
    mega = gateway.raw(gateway.message(token="A" * (10 << 20)).SerializeToString())
    report.check("a token of 10 MB is refused", isinstance(mega, Answer) and not mega.allowed, mega)
    content = gateway.message(token=token, content="c" * (12 << 20))
    report.equal("12 MB of content: an answer", gateway.send(content).outcome(), "allow:allowed")
    over = gateway.raw(gateway.message(token=token, content="c" * (17 << 20)).SerializeToString())
    report.equal("17 MB", over, grpc.StatusCode.RESOURCE_EXHAUSTED)
    many = gateway.message(token=token)
    for number in range(20_000):
        many.request.headers["h%d" % number].CopyFrom(strings("v"))
    result = gateway.send(many)
    report.check("20,000 headers: a verdict", result.fault or result.value("verdict") in ("allow", "deny"), result)
    values = gateway.message(token=token)
    values.request.headers["accept"].CopyFrom(strings(*["v"] * 200_000))
    report.check("200,000 values of a header: a verdict", gateway.send(values).value("verdict") in ("allow", "deny"))
    repeated = gateway.message(token=token)
    repeated.request.headers["n" * 20_000].CopyFrom(strings(*[""] * 5_000))
    report.equal("one long name for 5,000 values", gateway.send(repeated).outcome(), "deny:request_too_large")
    path = gateway.ask(path="/entries/" + "p" * (1 << 20), token=token)
    report.check("a path of a megabyte: no crash", path.fault or path.value("verdict") in ("allow", "deny"))
    empty = gateway.raw(b"")
    report.check("no bytes at all", never_allowed(empty), empty)


def framing(report, scenario, gateway):
    data = good_bytes(scenario, gateway)
    frame = lambda flag, body, length=None: struct.pack(">BI", flag, len(body) if length is None else length) + body
    cases = [
        ("no body", b"", {"12", "13", "3"}), ("half a prefix", b"\0\0\0", {"3", "13"}),
        ("a prefix alone", frame(0, b"", 10), {"3", "13"}), ("too short", frame(0, data[:-1], len(data)), {"3", "13"}),
        ("two messages", frame(0, data) * 2, {"3", "12", "13"}),
        ("compressed without encoding", frame(1, data), {"3", "12", "13"}),
        ("flag 7", frame(7, data), {"3", "12", "13"}), ("length 2^32 - 1", frame(0, data, 0xFFFFFFFF), {"8"}),
    ]
    for name, body, wanted in cases:
        with Connection(scenario.deployment.grpc) as connection:
            status = connection.call(METHOD, body)
            report.check("frame: " + name, status.get("grpc-status") in wanted or status.get("reset"), status)
    with Connection(scenario.deployment.grpc) as connection:
        answer = connection.call(METHOD, frame(0, data))
        report.equal("frame: a good one by hand", (answer.get(":status"), answer.get("grpc-status")), ("200", "0"))
        answer = connection.call(METHOD, frame(0, data), content_type="application/json")
        report.equal("frame: another content type is 415", answer.get(":status"), "415")
        answer = connection.call(METHOD, frame(0, data), method="GET")
        report.check("frame: GET is refused", answer.get(":status") in ("405", "404", "400")
                     or answer.get("grpc-status") not in (None, "0"), answer)

    bomb = gzip.compress(b"\0" * (200 << 20))
    with Connection(scenario.deployment.grpc) as connection:
        answer = connection.call(METHOD, frame(1, gzip.compress(data)), [("grpc-encoding", "gzip")])
        report.equal("gzip is read", answer.get("grpc-status"), "0")
        answer = connection.call(METHOD, frame(1, data), [("grpc-encoding", "gzip")])
        report.check("gzip that is none", answer.get("grpc-status") in ("3", "13"), answer)
        answer = connection.call(METHOD, frame(1, data), [("grpc-encoding", "snappy")])
        report.equal("unknown encoding is UNIMPLEMENTED", answer.get("grpc-status"), "12")
        answer = connection.call(METHOD, frame(1, bomb), [("grpc-encoding", "gzip")])
        report.equal("200 MB from a 200 kB gzip is RESOURCE_EXHAUSTED", answer.get("grpc-status"), "8")


def metadata(report, scenario, gateway):
    data = good_bytes(scenario, gateway)
    frame = struct.pack(">BI", 0, len(data)) + data
    for name, extra, wanted in (
            ("a timeout that is none", [("grpc-timeout", "soon")], {"0", "3", "13"}),
            ("a timeout of zero", [("grpc-timeout", "0n")], {"4"}),
            ("a timeout of 99,999,999 hours", [("grpc-timeout", "99999999H")], {"0"}),
            ("a timeout of nine digits", [("grpc-timeout", "123456789S")], {"0", "3", "13"}),
            ("binary metadata that is no base64", [("x-bin", "***")], {"0", "3", "13"}),
            ("40,000 bytes of metadata", [("x-many", "y" * 10_000)] * 4, {"0", "8"})):
        with Connection(scenario.deployment.grpc) as connection:
            answer = connection.call(METHOD, frame, extra)
            report.check("metadata: " + name, answer.get("grpc-status") in wanted, answer)
    with Connection(scenario.deployment.grpc) as connection:
        answer = connection.call(METHOD, frame, [("x-huge", "y" * 15_000)] * 20)
        report.check("metadata: 300,000 bytes are refused", answer.get("reset") or answer.get(":status") == "431"
                     or answer.get("grpc-status") not in (None, "0"), answer)


def methods(report, scenario, gateway):
    for path in ("/apigee.ExternalCalloutService/Other", "/no.such.Service/ProcessMessage", "/", "/x/y/z",
                 "/apigee.ExternalCalloutService/processMessage"):
        call = gateway.channel.unary_unary(path)
        try:
            call(b"", timeout=PATIENCE)
            code = None
        except grpc.RpcError as problem:
            code = problem.code()
        report.equal("`%s` is UNIMPLEMENTED" % path, code, grpc.StatusCode.UNIMPLEMENTED)
