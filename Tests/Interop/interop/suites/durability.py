# SPDX-License-Identifier: Apache-2.0
"""Kill -9 under load: every decision that a client saw is in the log after the next start, and the log verifies."""
import random
import threading
import time

import grpc

from ..auditlog import Follower, Unverified
from ..gateway import Answer
from ..report import PATIENCE, eventually
from ..scenario import Scenario

CLIENTS = 3
# So many calls are under way on each connection.
WINDOW = 12


class Tally:
    """What clients saw, and what the log has of it."""

    def __init__(self, directory):
        self._directory, self._follower = directory, Follower(directory)
        self.seen, self._missing = 0, set()
        self.types = {}
        self.unverifiable = 0

    def saw(self, told):
        self.seen += len(told)
        self._missing |= told

    def lost(self):
        """Reads what is new in the log; returns what clients saw and the log does not have."""
        try:
            self._follow(self._follower, self._missing)
        except Unverified as problem:
            self.unverifiable += 1
            print("      durability: %s" % problem)
        return self._missing

    def _follow(self, follower, missing):
        for record in follower.new_records():
            self.types[record["t"]] = self.types.get(record["t"], 0) + 1
            missing.discard(record["id"])

    def reread(self):
        """Reads the whole log once more, from the first entry."""
        follower = Follower(self._directory)
        for _ in follower.new_records():
            pass
        return follower.size


def run(binary, report, options):
    with Scenario(binary) as scenario:
        tally, starts = Tally(scenario.deployment.audit), options.cycles + 1
        for cycle in range(1, options.cycles + 1):
            name = "cycle %d" % cycle
            scenario.start()
            if cycle > 1:
                all_recorded(report, name + ": after the start", tally)
            told = load_until_killed(scenario, 1.0 if options.cycles <= 20 else 1.5)
            report.check("%s: killed while answers were coming (%d)" % (name, len(told)), len(told) >= 20, len(told))
            tally.saw(told)
            if cycle % max(1, options.cycles // 10) == 0:
                # A log after a kill is recovered by a start; this one is killed as soon as it is ready.
                scenario.start()
                starts += 1
                all_recorded(report, name + ": one more start", tally)
                scenario.deployment.kill()
                verify(report, name, scenario, tally)
        scenario.start()
        all_recorded(report, "after the last kill", tally)
        with scenario.gateway() as gateway:
            last = gateway.ask(token=scenario.north.token("mara", ["ledger:read"]))
        report.equal("the log goes on", last.outcome(), "allow:allowed")
        tally.saw({last.decision})
        report.equal("ends cleanly on SIGTERM", scenario.deployment.stop(), 0)
        lost = all_recorded(report, "after the end", tally)
        report.equal("one boot record a start", tally.types.get("boot"), starts)
        report.equal("one shutdown record", tally.types.get("shutdown"), 1)
        report.check("the whole log, read once more", tally.reread() == sum(tally.types.values()), tally.types)
        verify(report, "the end", scenario, tally)
        report.note("kills: %d; %d decisions seen by clients, %d lost; %d logs unverifiable" % (
            options.cycles, tally.seen, lost, tally.unverifiable))


def verify(report, name, scenario, tally):
    """The service's own verifier, with everything it can check."""
    folder = scenario.deployment.folder / "state/audit"
    code, output = scenario.deployment.run(
        "audit", "verify", folder, "--key", scenario.deployment.verifier_key, "--records", "--disclosures",
        folder / "disclosures", timeout=600)
    if not report.check("%s: countersign audit verify" % name, code == 0, output):
        tally.unverifiable += 1


def load_until_killed(scenario, longest):
    """Asks on several connections until a kill at a moment of chance, whichever it is; returns the ids that arrived."""
    token = scenario.north.token("mara", ["ledger:read"])
    told, stop = set(), threading.Event()

    def client(number):
        with scenario.gateway() as gateway:
            calls = [gateway.message(path="/entries/%d" % (13 if place % 5 == 0 else number * 1000 + place), token=token)
                     for place in range(50)]
            under_way, asked = [], 0
            while not stop.is_set():
                while len(under_way) < WINDOW:
                    under_way.append(gateway.stub.ProcessMessage.future(calls[asked % len(calls)], timeout=PATIENCE))
                    asked += 1
                try:
                    told.add(Answer(under_way.pop(0).result()).decision)
                except grpc.RpcError:
                    break
            # What had arrived before the kill counts too.
            for call in under_way:
                if call.done() and call.code() == grpc.StatusCode.OK:
                    told.add(Answer(call.result()).decision)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(told) >= 20)
    time.sleep(random.uniform(0, longest))
    scenario.deployment.kill()
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)
    return told - {None}


def all_recorded(report, name, tally):
    lost = tally.lost()
    report.check("%s: all %d decisions are in the log, which verifies" % (name, tally.seen),
                 not lost and not tally.unverifiable, "%d are lost, the first is %s" % (len(lost), sorted(lost)[:1]))
    return len(lost)
