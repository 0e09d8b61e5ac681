# SPDX-License-Identifier: Apache-2.0
"""h2load drives the gRPC port; since it never looks at a trailer, log and metrics must account for every call."""
import collections
import re
import shutil
import struct
import subprocess

from ..gateway import METHOD
from ..scenario import Scenario

# name, connections, streams on each, calls, kind of call
LOADS = [
    ("10 connections x 10 streams, allowed", 10, 10, 4000, "allow"),
    ("50 connections x 1 stream, allowed", 50, 1, 2000, "allow"),
    ("1 connection x 300 streams, allowed", 1, 300, 3000, "allow"),
    ("1 connection x 1 stream, allowed", 1, 1, 300, "allow"),
    ("10 connections x 10 streams, denied", 10, 10, 1000, "deny"),
    ("4 connections x 50 streams, expired token", 4, 50, 1000, "expired"),
    ("2 connections x 120 streams, 20 kB of content", 2, 120, 1000, "large"),
    ("10 connections x 10 streams, wrong gateway key", 10, 10, 500, "stranger"),
]
EXPECTED = {"allow": ("allow", "allowed"), "large": ("allow", "allowed"), "deny": ("deny", "policy_denied"),
            "expired": ("deny", "token_expired"), "stranger": ("error", "gateway_unauthenticated")}


def run(binary, report, options):
    if not shutil.which("h2load"):
        return report.skip("everything", "h2load is not installed (Debian package nghttp2-client)")
    with Scenario(binary) as scenario:
        scenario.start()
        for load in LOADS:
            report.guard(load[0], drive, report, scenario, *load)
        report.check("the process is up", scenario.deployment.alive())
        report.equal("no stream was refused and nobody was cut off for abuse", trouble(scenario.deployment), {})
        report.equal("ends cleanly on SIGTERM", scenario.deployment.stop(), 0)
        report.guard("log", account, report, scenario)


def body(scenario, name, kind):
    """One framed message; the load's name as the gateway's request id, so that its records are told apart."""
    read = ["ledger:read"]
    now = scenario.north.claims("x")["iat"] + 5
    token = {"deny": lambda: scenario.north.token("mara"),
             "expired": lambda: scenario.north.token("mara", read, exp=now - 600)}.get(
                 kind, lambda: scenario.north.token("mara", read))()
    with scenario.gateway() as gateway:
        if kind == "stranger":
            gateway.key = "k" * 43
        message = gateway.message(token=token, content="c" * 20_000 if kind == "large" else None)
    message.message_id = name
    data = message.SerializeToString()
    return struct.pack(">BI", 0, len(data)) + data


def drive(report, scenario, name, connections, streams, calls, kind):
    deployment = scenario.deployment
    verdict, reason = EXPECTED[kind]
    counted = lambda: deployment.metric("countersign_decisions_total", protocol="apigee", verdict=verdict, reason=reason)
    file = deployment.folder / "body.bin"
    file.write_bytes(body(scenario, name, kind))
    before = counted()
    result = subprocess.run(
        ["h2load", "-n", str(calls), "-c", str(connections), "-m", str(streams), "-t", "1", "-d", str(file),
         "-H", "content-type: application/grpc", "-H", "te: trailers", "http://%s%s" % (deployment.target, METHOD)],
        capture_output=True, text=True, timeout=600)
    wanted = "%d total, %d started, %d done, %d succeeded, 0 failed, 0 errored, 0 timeout" % ((calls,) * 4)
    report.contains("%s: h2load lost nothing of %d" % (name, calls), result.stdout + result.stderr, wanted)
    report.contains("%s: every status is 2xx" % name, result.stdout,
                    "status codes: %d 2xx, 0 3xx, 0 4xx, 0 5xx" % calls)
    deployment.until(lambda: counted() - before >= calls)
    report.equal("%s: /metrics counts each as %s:%s" % (name, verdict, reason), counted() - before, calls)
    rate = re.search(r"([\d.]+) req/s", result.stdout)
    report.note("%s: %s calls/s" % (name, rate[1] if rate else "?"))


def trouble(deployment):
    events = deployment.metrics().get("countersign_transport_events_total", {})
    named = {dict(labels).get("event"): value for labels, value in events.items() if ("listener", "grpc") in labels}
    return {event: value for event, value in named.items()
            if value and event not in ("connection_opened", "connection_closed")}


def account(report, scenario):
    checkpoint, records = scenario.deployment.audit.verify()
    decisions = [record for record in records if record["t"] == "decision"]
    seen = collections.Counter((r["gw"].get("req"), r["dec"]["verdict"], r["dec"]["reason"]) for r in decisions)
    for name, _, _, calls, kind in LOADS:
        of_load = {key[1:]: count for key, count in seen.items() if key[0] == name}
        report.equal("%s: the log has a record for each of %d calls, all alike" % (name, calls), of_load,
                     {EXPECTED[kind]: calls})
    total = sum(load[3] for load in LOADS)
    ids = {record["id"] for record in decisions if record["gw"].get("req")}
    report.equal("no decision id stands twice in %d" % total, len(ids), total)
    code, output = scenario.deployment.verify_command()
    report.check("countersign audit verify: all of %d entries" % checkpoint.size, code == 0, output)
