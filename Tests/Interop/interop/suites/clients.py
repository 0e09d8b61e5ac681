# SPDX-License-Identifier: Apache-2.0
"""Clients that behave like Envoy, Go and Java: thousands of calls on one connection, which is never cut off."""
import json
import struct
import subprocess

import h2.events
import h2.settings

from ..gateway import METHOD, Answer
from ..golang import NotAvailable, client
from ..http2 import Connection
from ..report import PATIENCE
from ..scenario import Scenario
from ..stubs import messages

CANCEL = 8


def run(binary, report, options):
    with Scenario(binary) as scenario:
        scenario.start()
        token = scenario.north.token("mara", ["ledger:read"])
        with scenario.gateway() as gateway:
            message = gateway.message(token=token)
        go = start_go(report, scenario, message)
        for part in (sequential, envoy, java, small_windows):
            report.guard(part.__name__, part, report, scenario, message)
        if go:
            report.guard("go", judge_go, report, scenario, go)
        report.equal("every client kept its one connection", opened(scenario.deployment), 5 if go else 4)
        report.guard("abuse", lambda: report.equal("nobody was cut off for abuse", abuse(scenario.deployment), {}))
        report.equal("ends cleanly on SIGTERM", scenario.deployment.stop(), 0)
        report.guard("log", lambda: report.check("the log verifies", scenario.deployment.audit.verify()[0].size > 10_000))


def frame(message):
    data = message.SerializeToString()
    return struct.pack(">BI", 0, len(data)) + data


def outcome(answer):
    """What the call on a stream ended in, as an Answer says it; else its status or reset."""
    if answer.get("grpc-status") != "0":
        return "status %s %s" % (answer.get("grpc-status"), answer.get("reset", ""))
    return Answer(messages.MessageContext.FromString(answer["data"][5:])).outcome()


def opened(deployment):
    return deployment.metric("countersign_transport_events_total", listener="grpc", event="connection_opened")


def abuse(deployment):
    events = deployment.metrics().get("countersign_transport_events_total", {})
    return {dict(labels)["event"]: value for labels, value in events.items()
            if value and (dict(labels)["event"].startswith("abuse") or dict(labels)["event"] == "stream_refused")}


def sequential(report, scenario, message):
    """5,000 calls, one after the other, on one connection of grpc's C core."""
    with scenario.gateway() as gateway:
        outcomes = [gateway.send(message).outcome() for _ in range(5000)]
    report.equal("5,000 calls in a row with grpcio: none is lost", (len(outcomes), set(outcomes)),
                 (5000, {"allow:allowed"}))


def converse(report, scenario, name, message, settings, window, calls, between, timeout):
    """Calls on one connection with `between(connection, number)` after each; every third one is given up on."""
    body, extra = frame(message), [("grpc-timeout", timeout), ("user-agent", name)]
    wrong, answered, given_up = [], 0, 0
    with Connection(scenario.deployment.grpc) as connection:
        connection.h2.update_settings(settings)
        if window:
            connection.h2.increment_flow_control_window(window)
        connection.flush()
        pending = []
        for number in range(calls):
            stream = connection.open(METHOD, body, extra)
            if number % 3 == 0:
                # Nobody knows whether the answer was faster: both ends are right.
                if stream not in connection.finished:
                    connection.h2.reset_stream(stream, CANCEL)
                given_up += 1
            else:
                pending.append(stream)
            between(connection, number)
            connection.flush()
            if len(pending) >= 20:
                connection.wait(pending)
                for stream in pending:
                    answered += 1
                    seen = outcome(connection.answers.pop(stream))
                    if seen != "allow:allowed":
                        wrong.append(seen)
                pending = []
        # Pings are answered in their turn: those of before are once a call that came after them is.
        connection.wait([connection.open(METHOD, body, extra)])
        report.check("%s: %d answers right, %d calls given up on" % (name, answered, given_up), not wrong, wrong[:3])
        report.check("%s: no GOAWAY, not closed" % name, connection.goaway is None and not connection.closed,
                     connection.goaway)
        return connection.pings


def envoy(report, scenario, message):
    """Huge windows, a timeout on each call, a reset for each call given up on."""
    Codes = h2.settings.SettingCodes
    converse(report, scenario, "like Envoy", message, {
        Codes.INITIAL_WINDOW_SIZE: 268_435_456, Codes.MAX_CONCURRENT_STREAMS: 2_147_483_647, Codes.ENABLE_PUSH: 0,
        Codes.HEADER_TABLE_SIZE: 4096}, 268_369_921, 6000, lambda connection, number: None, "240000m")


def java(report, scenario, message):
    """A ping with each call to measure bandwidth, a window update for each answer, settings now and then."""
    Codes = h2.settings.SettingCodes
    sent = 0

    def between(connection, number):
        nonlocal sent
        connection.h2.ping(struct.pack(">Q", 1234))
        sent += 1
        connection.h2.increment_flow_control_window(1000)
        if number % 50 == 0:
            connection.h2.update_settings({Codes.INITIAL_WINDOW_SIZE: 1_048_576 + number})

    answered = converse(report, scenario, "like Java", message, {
        Codes.ENABLE_PUSH: 0, Codes.INITIAL_WINDOW_SIZE: 1_048_576,
        Codes.MAX_HEADER_LIST_SIZE: 8192}, 983_041, 6000, between, "240S")
    report.equal("like Java: pings are answered", answered, sent)


def small_windows(report, scenario, message):
    """A client that lets in a few bytes at a time gets the same answer."""
    Codes = h2.settings.SettingCodes
    with Connection(scenario.deployment.grpc) as connection:
        connection.h2.update_settings({Codes.INITIAL_WINDOW_SIZE: 7})
        connection.flush()
        # Until the other side says that it has taken the setting over, h2 counts with the window of before.
        while connection.h2.local_settings.initial_window_size != 7:
            connection.receive(PATIENCE)
        streams = [connection.open(METHOD, frame(message)) for _ in range(20)]
        report.check("windows of 7 bytes: all of 20 calls are answered", connection.wait(streams), len(
            connection.finished))
        report.equal("windows of 7 bytes: rightly", {outcome(connection.answers[s]) for s in streams}, {"allow:allowed"})


def start_go(report, scenario, message):
    try:
        programme = client()
    except NotAvailable as problem:
        report.skip("grpc-go", str(problem))
        return None
    file = scenario.deployment.folder / "message.bin"
    file.write_bytes(message.SerializeToString())
    return subprocess.Popen([programme, scenario.deployment.target, file], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def judge_go(report, scenario, process):
    output, errors = process.communicate(timeout=PATIENCE)
    report.equal("grpc-go: exit code", (process.returncode, errors[-300:]), (0, ""))
    tallies = {line["name"]: line for line in map(json.loads, output.splitlines())}
    for name, calls in (("sequential", 3000), ("parallel", 3200), ("patient", 640), ("large", 40), ("after idling", 100)):
        tally = tallies.get(name, {})
        report.equal("grpc-go: %s: all of %d calls are allowed" % (name, calls),
                     (tally.get("reasons"), tally.get("codes")), ({"allowed": calls}, {}))
    given = tallies.get("given up", {"reasons": {}, "codes": {}})
    # How many are faster than the patience of their callers is up to the disk: it may be none of them.
    report.equal("grpc-go: 6,400 calls given up on: allowed or cancelled, nothing else",
                 (given["reasons"].get("allowed", 0) + given["codes"].get("Canceled", 0), sum(given["reasons"].values())
                  + sum(given["codes"].values())), (6400, 6400))
    report.check("grpc-go: some of them were given up on", given["codes"].get("Canceled", 0) > 0, given)
    report.note("grpc-go: of those %d were cancelled" % given["codes"].get("Canceled", 0))
