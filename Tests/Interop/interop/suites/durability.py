# SPDX-License-Identifier: Apache-2.0
"""Kill -9 under load: every decision that a client saw is in the log after the next start, and the log verifies."""
import random
import threading

import grpc

from ..report import eventually
from ..scenario import Scenario

CLIENTS = 4


def run(binary, report, options):
    with Scenario(binary) as scenario:
        seen = set()
        for cycle in range(1, options.cycles + 1):
            name = "cycle %d" % cycle
            scenario.start()
            if seen:
                all_recorded(report, name + ": after the start", scenario, seen)
            told = load_until_killed(scenario)
            report.check("%s: killed while answers were coming (%d)" % (name, len(told)), len(told) >= 20, len(told))
            report.check("%s: no decision id comes twice" % name, not seen & told, seen & told)
            seen |= told
        scenario.start()
        all_recorded(report, "after the last kill", scenario, seen)
        with scenario.gateway() as gateway:
            last = gateway.ask(token=scenario.north.token("mara", ["ledger:read"]))
        report.equal("the log goes on", last.outcome(), "allow:allowed")
        seen.add(last.decision)
        report.equal("ends cleanly on SIGTERM", scenario.deployment.stop(), 0)
        all_recorded(report, "after the end", scenario, seen)
        records = scenario.deployment.audit.records()
        report.equal("one boot record a start", sum(r["t"] == "boot" for r in records), options.cycles + 1)
        report.equal("one shutdown record", [r["t"] for r in records].count("shutdown"), 1)
        code, output = scenario.deployment.verify_command()
        report.check("countersign audit verify", code == 0, output)


def load_until_killed(scenario):
    """Asks from several connections until a kill at a moment of chance; returns the ids that arrived."""
    token = scenario.north.token("mara", ["ledger:read"])
    told, stop = set(), threading.Event()

    def client(number):
        with scenario.gateway() as gateway:
            asked = 0
            while not stop.is_set():
                asked += 1
                try:
                    answer = gateway.ask(path="/entries/%d" % (13 if asked % 5 == 0 else number * 1000 + asked),
                                         token=token, timeout=5)
                except grpc.RpcError:
                    return
                told.add(answer.decision)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(told) >= 20, 20)
    scenario.deployment.pause(random.uniform(0, 1.0))
    scenario.deployment.kill()
    stop.set()
    for thread in threads:
        thread.join(20)
    return told - {None}


def all_recorded(report, name, scenario, seen):
    checkpoint, records = scenario.deployment.audit.verify()
    recorded = {record["id"] for record in records if record["t"] == "decision"}
    lost = sorted(seen - recorded)
    report.check("%s: all %d decisions are in a log of %d that verifies" % (name, len(seen), checkpoint.size),
                 not lost, "%d are lost, the first is %s" % (len(lost), lost[:1]))
