# SPDX-License-Identifier: Apache-2.0
"""The log's disk fills up under traffic: no allow without a record, 503 at once, and recovery with a gap record."""
from ..auditlog import AuditDirectory
from ..mount import NotPermitted, SmallDisk
from ..scenario import CONFIGURATION, Scenario
from ..traffic import Traffic

SIZE = 24 << 20
SEGMENT = "segment: 1MiB, min_free: 1MiB, checkpoint_interval"
FAULT = "auditUnavailable"


def run(binary, report, options):
    text = CONFIGURATION.replace("data: state", "data: small/state").replace("checkpoint_interval", SEGMENT)
    with Scenario(binary, text) as scenario:
        folder = scenario.deployment.folder / "small"
        folder.mkdir()
        try:
            disk = SmallDisk(folder, SIZE)
        except NotPermitted as problem:
            return report.skip("everything", str(problem))
        try:
            scenario.start(wrapper=disk.wrapper)
            for part in (fills, stays_full, recovers, again):
                report.guard(part.__name__, part, report, scenario, disk)
            report.equal("ends cleanly on SIGTERM", scenario.deployment.stop(), 0)
            report.guard("log", log, report, scenario, disk)
        finally:
            scenario.deployment.kill()
            disk.close()


def traffic(scenario):
    token = scenario.north.token("mara", ["ledger:read"])
    return Traffic(scenario.gateway, lambda gateway: gateway.ask(token=token))


def fills(report, scenario, disk):
    deployment = scenario.deployment
    scenario.told = {}
    callers = traffic(scenario)
    try:
        deployment.until(lambda: callers.seen["allow:allowed"] > 500)
        report.equal("with space: every call is allowed", set(callers.seen), {"allow:allowed"})
        report.check("with space: ready", deployment.readiness() == 200)
        disk.fill()
        report.check("full: calls end in faults", deployment.until(lambda: callers.seen[FAULT] > 200), callers.seen)
        report.equal("full: /readyz is 503", deployment.readiness(), 503)
        report.contains("full: /status says why", str(deployment.status()["obstacles"]), "audit log is not writable")
        report.equal("full: /metrics says so", deployment.metric("countersign_audit_writable"), 0)
    finally:
        seen = callers.end()
    scenario.told.update(callers.decisions)
    report.equal("full: nothing else was told", sorted(seen), ["allow:allowed", FAULT])
    report.check("full: the process is up", deployment.alive())


def stays_full(report, scenario, disk):
    deployment = scenario.deployment
    before = deployment.metric("countersign_decisions_total", verdict="allow")
    with scenario.gateway() as gateway:
        answers = [gateway.ask(token=scenario.north.token("mara", scopes)) for scopes in (["ledger:read"], []) * 20]
        answers.append(gateway.ask())
    report.equal("while full: allows and denials alike are faults", {a.outcome() for a in answers}, {FAULT})
    report.check("while full: countersign.allow is false, status 503", all(
        a.variables.get("countersign.allow") == ("bool", False) and a.value("status") == 503 for a in answers))
    report.equal("while full: no allow is counted", deployment.metric("countersign_decisions_total", verdict="allow"),
                 before)
    report.check("while full: refused records are counted",
                 deployment.metric("countersign_audit_refused_records_total") > 0)


def recovers(report, scenario, disk):
    deployment = scenario.deployment
    disk.free()
    report.check("space again: ready by itself", deployment.until(lambda: deployment.readiness() == 200),
                 deployment.status())
    with scenario.gateway() as gateway:
        answers = [gateway.ask(token=scenario.north.token("mara", ["ledger:read"])) for _ in range(300)]
        scenario.told.update((answer.decision, answer.outcome()) for answer in answers)
    report.equal("space again: 300 calls are allowed", {answer.outcome() for answer in answers}, {"allow:allowed"})


def again(report, scenario, disk):
    """A second time, with the service ended while the disk is full: what was told is kept."""
    deployment = scenario.deployment
    callers = traffic(scenario)
    deployment.until(lambda: callers.seen["allow:allowed"] > 20)
    disk.fill()
    full = deployment.until(lambda: callers.seen[FAULT] > 20)
    seen = callers.end()
    report.check("full again: faults", full and sorted(seen) == ["allow:allowed", FAULT], seen)
    scenario.told.update(callers.decisions)
    report.equal("ended while full: exit code", deployment.stop(), 0)
    disk.free()
    deployment.start(wrapper=disk.wrapper)
    with scenario.gateway() as gateway:
        answer = gateway.ask(token=scenario.north.token("mara", ["ledger:read"]))
    report.equal("the next start goes on", answer.outcome(), "allow:allowed")


def log(report, scenario, disk):
    audit = AuditDirectory(disk.path / "state/audit")
    _, records = audit.verify()
    recorded = {record["id"]: record["dec"]["verdict"] for record in records if record["t"] == "decision"}
    allowed = [decision for decision, outcome in scenario.told.items() if outcome == "allow:allowed"]
    lost = [decision for decision in allowed if recorded.get(decision) != "allow"]
    report.check("every one of %d allows is in the log" % len(allowed), not lost and len(allowed) > 800, lost[:2])
    gaps = [record["gap"] for record in records if record["t"] == "gap"]
    report.check("a gap record with reason disk_full", any(gap["reason"] == "disk_full" for gap in gaps), gaps)
    refused = sum(outcome == FAULT for outcome in scenario.told.values())
    report.check("the gaps count what was refused", gaps and sum(gap["count"] for gap in gaps) > 200, (gaps, refused))
    result = scenario.deployment.run("audit", "verify", audit.path, "--key", scenario.deployment.verifier_key,
                                     "--records")
    report.check("countersign audit verify", result[0] == 0, result[1])
