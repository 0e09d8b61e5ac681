# SPDX-License-Identifier: Apache-2.0
"""What operators do to a live log: erase a person, hold, prune, let another key sign; then the same at rest."""
import base64
import json
import os
import pathlib

from ..scenario import CONFIGURATION, Scenario

NEXT_KEY = CONFIGURATION.replace('key: "file:secrets/log.key"',
                                 'key: "file:secrets/log.key", next_key: "file:secrets/next.key"')


def run(binary, report, options):
    with Scenario(binary, configuration=NEXT_KEY) as scenario:
        scenario.start()
        with scenario.gateway() as gateway:
            report.guard("erase", erase, report, scenario, gateway)
            report.guard("hold", hold, report, scenario)
            report.guard("rotate", rotate, report, scenario, gateway)
        report.guard("at_rest", at_rest, report, scenario)


def verb(scenario, name, *arguments):
    return scenario.deployment.run("audit", name, *arguments, "--config", scenario.deployment.file)


def disclosing(scenario, subject):
    """The files of the audit directory that still open a commitment to the subject."""
    found = []
    for path in (os.path.join(folder, name) for folder, _, names in os.walk(scenario.deployment.audit.path)
                 for name in names if not name.endswith(".sqlite")):
        try:
            data = pathlib.Path(path).read_bytes()
        except FileNotFoundError:
            continue  # replaced by another, or no longer needed, while the log runs
        for part in data.split(b'"'):
            try:
                opened = base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
            except ValueError:
                continue
            if b'"sub","%s"' % subject.encode() in opened:
                found.append(path)
                break
    return found


def verified(report, scenario, name, *keys):
    arguments = [part for key in keys for part in ("--key", key)] or ["--key", scenario.deployment.verifier_key]
    directory = scenario.deployment.audit.path
    code, output = scenario.deployment.run("audit", "verify", directory, *arguments, "--records",
                                           "--disclosures", directory / "disclosures")
    report.equal(name, (code, output.startswith("verified")), (0, True))
    if code:
        report.note(output)


def erase(report, scenario, gateway):
    for subject in ("mara", "tomas", "mara"):
        gateway.ask(token=scenario.north.token(subject, ["ledger:read"]))
    report.check("before: the subject is disclosed", scenario.deployment.until(lambda: disclosing(scenario, "mara")))
    mode = os.stat(scenario.deployment.folder / "state/control.sock").st_mode & 0o777
    report.equal("the control socket is its owner's alone", oct(mode), oct(0o600))
    code, output = verb(scenario, "erase", "--subject", "mara", "--reason", "asked for", "--ticket", "PRIV-1", "--json")
    report.equal("erase: done by the running process", code, 0)
    report.equal("erase: both records of the person", json.loads(output)["entries"], 2)
    report.equal("erase: no file discloses the subject", disclosing(scenario, "mara"), [])
    report.check("erase: others stay", scenario.deployment.until(lambda: disclosing(scenario, "tomas")))
    report.equal("erase: nothing is left for a second time",
                 verb(scenario, "erase", "--subject", "mara", "--reason", "again", "--ticket", "PRIV-1")[0], 1)
    report.equal("erase: --subject or --entry", verb(scenario, "erase", "--reason", "r", "--ticket", "t")[0], 2)
    verified(report, scenario, "erase: the running log verifies")


def hold(report, scenario):
    report.equal("hold: set", verb(scenario, "hold", "case-9", "--reason", "litigation")[0], 0)
    code, output = verb(scenario, "prune")
    report.equal("hold: prune is refused", (code, "case-9" in output), (1, True))
    code, output = verb(scenario, "erase", "--subject", "tomas", "--reason", "r", "--ticket", "t")
    report.equal("hold: erase is refused", (code, "case-9" in output), (1, True))
    report.equal("hold: released", verb(scenario, "hold", "case-9", "--release", "--reason", "over")[0], 0)
    code, output = verb(scenario, "prune", "--dry-run", "--json")
    report.equal("prune: nothing has served its term", (code, json.loads(output)["disclosures"]["below"]), (0, 0))


def rotate(report, scenario, gateway):
    deployment = scenario.deployment
    code, output = verb(scenario, "rotate-key", "--reason", "yearly", "--json")
    report.equal("rotate: done by the running process", code, 0)
    new = json.loads(output)["key"]
    report.equal("rotate: the new key's file is the owner's alone",
                 oct(os.stat(deployment.folder / "secrets/next.key").st_mode & 0o777), oct(0o600))
    deployment.secrets.append((deployment.folder / "secrets/next.key").read_text().strip().rsplit("+", 1)[1])
    verified(report, scenario, "rotate: who knows the old key verifies")
    verified(report, scenario, "rotate: who knows the new key verifies", new)
    report.equal("rotate: a second time is refused", verb(scenario, "rotate-key")[0], 1)
    report.equal("rotate: traffic goes on", gateway.ask(token=scenario.north.token("tomas", ["ledger:read"])).outcome(),
                 "allow:allowed")
    deployment.kill()
    scenario.start()
    verified(report, scenario, "rotate: after a kill -9 and a start", new)
    scenario.new_key = new


def at_rest(report, scenario):
    deployment = scenario.deployment
    report.equal("ends cleanly", deployment.stop(), 0)
    report.check("the control socket is gone", not (deployment.folder / "state/control.sock").exists())
    code, output = verb(scenario, "erase", "--subject", "tomas", "--reason", "asked for", "--ticket", "PRIV-2", "--json")
    report.equal("at rest: the verb opens the log itself", code, 0)
    report.equal("at rest: no file discloses the subject", disclosing(scenario, "tomas"), [])
    verified(report, scenario, "at rest: the log verifies", scenario.new_key)
    output = deployment.log()
    report.check("no secret in any output", not any(secret in output for secret in deployment.secrets))
