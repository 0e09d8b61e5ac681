# SPDX-License-Identifier: Apache-2.0
"""Every command that reads the log, against a log that a running service made of real traffic."""
import base64
import csv
import hashlib
import io
import json
import pathlib
import shutil
import signal
import subprocess
import sys

from ..auditlog import Checkpoint, VerifierKey, leaf_hash, node_hash
from ..foreign_tools import environment
from ..personal import mentioned
from ..report import PATIENCE, eventually
from ..scenario import POLICIES, Scenario
from ..tokens import altered

OPEN_REPORTS = '@id("report.all")\npermit (principal is User, action == Action::"report.show", resource);\n'


def run(binary, report, options):
    with Scenario(binary) as scenario:
        scenario.start()
        made = traffic(scenario)
        audit = scenario.deployment.audit.path
        desk = Desk(scenario, audit)
        for part in (search, show, prove, explain, replay, replay_all, exports, tail, follow_index):
            report.guard(part.__name__, part, report, desk, made)
        scenario.deployment.stop()
        for part in (readings, reindex, evidence, merge, own_verifier):
            report.guard(part.__name__, part, report, desk, made)


class Desk:
    """Runs commands on one log."""

    def __init__(self, scenario, audit):
        self.scenario, self.audit = scenario, audit
        self.deployment = scenario.deployment
        self.key = "@%s" % (audit / "log.vkey")

    def audit_command(self, *arguments, log=None):
        return self.run("audit", *arguments, "--log", log or self.audit)

    def run(self, *arguments):
        done = subprocess.run([self.deployment.binary, *map(str, arguments)], capture_output=True, timeout=600)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def lines(self, *arguments):
        code, output, errors = self.audit_command(*arguments)
        assert code == 0, (code, errors)
        return [json.loads(line) for line in output.splitlines()]


def traffic(scenario):
    """Decisions of every kind; returns ids by what they are."""
    made = {}
    with scenario.gateway() as gateway:
        token = scenario.north.token("mara", ["ledger:read"])
        other = scenario.north.token("noah", ["ledger:read", "ledger:write"])
        made["allow"] = gateway.ask(token=token).decision
        made["frozen"] = gateway.ask(path="/entries/13", token=token).decision
        made["no scope"] = gateway.ask(method="POST", path="/entries", token=token).decision
        made["write"] = gateway.ask(method="POST", path="/entries", token=other).decision
        made["report"] = gateway.ask(path="/reports/1999/11", token=other).decision
        made["no token"] = gateway.ask().decision
        made["bad token"] = gateway.ask(token=altered(token)).decision
        made["unknown route"] = gateway.ask(path="/nothing", token=token).decision
        made["formula"] = gateway.ask(token=token, headers={"User-Agent": "=cmd|' /C calc'!A0"}).decision
        for _ in range(300):
            last = gateway.ask(token=other).decision
        made["last"] = last
    deployment = scenario.deployment
    assert eventually(lambda: deployment.audit.has(last)), "the last decision was not published"
    return made


def search(report, desk, made):
    rows = desk.lines("search", "--subject", "mara", "--json", "--limit", "1000")
    report.check("search by subject: mara's decisions", {made[name] for name in (
        "allow", "frozen", "no scope", "formula")} <= {row["record"]["id"] for row in rows}, rows)
    report.check("search: every row is verified and discloses the subject", rows and all(
        row["verified"] and row["disclosed"]["sub"] == "mara" for row in rows), rows[:1])
    report.equal("search by verdict and reason", [row["record"]["id"] for row in desk.lines(
        "search", "--verdict", "deny", "--reason", "policy_denied", "--subject", "mara", "--json")],
        [made["no scope"], made["frozen"]])
    report.equal("search by policy", [row["record"]["id"] for row in desk.lines(
        "search", "--policy", "entry.frozen", "--json")], [made["frozen"]])
    report.equal("search by type", [row["record"]["t"] for row in desk.lines(
        "search", "--type", "policy.activate", "--json")], ["policy.activate"])
    report.equal("search: nothing in the future", desk.lines("search", "--from", "2099-01-01", "--json"), [])
    report.equal("search: today", len(desk.lines("search", "--from", "1h", "--limit", "50", "--json")), 50)
    code, output, _ = desk.audit_command("search", "--subject", "mara")
    report.contains("search for people: verified", output, "verified")
    report.equal("search: wrong usage", desk.audit_command("search", "--verdict", "maybe")[0], 2)
    report.equal("search: a wrong moment", desk.audit_command("search", "--from", "yesterday")[0], 2)


def show(report, desk, made):
    code, output, _ = desk.audit_command("show", made["allow"])
    shown = json.loads(output)
    report.check("show by id", code == 0 and shown["record"]["id"] == made["allow"]
                 and shown["disclosed"]["sub"] == "mara", output)
    report.equal("show by index: the same", json.loads(desk.audit_command("show", str(shown["index"]))[1])["record"],
                 shown["record"])
    report.equal("show: no such record", desk.audit_command("show", "01900000-0000-7000-8000-000000000000")[0], 1)


def prove(report, desk, made):
    folder = desk.deployment.folder
    code, _, errors = desk.audit_command("prove", made["frozen"], "--out", folder / "proof.json", "--disclose")
    report.equal("prove: exit code", (code, errors), (0, ""))
    proof = json.loads((folder / "proof.json").read_text())
    checkpoint = Checkpoint(proof["checkpoint"], [VerifierKey(line) for line in
                                                  (desk.audit / "log.vkey").read_text().splitlines() if line])
    report.equal("prove: the hashes lead to the root, by another program",
                 climb(proof["record"].encode(), proof["index"], checkpoint.size,
                       [base64.b64decode(h) for h in proof["hashes"]]), checkpoint.root)
    report.equal("prove: the record", json.loads(proof["record"])["id"], made["frozen"])
    check = ("audit", "prove", "--check", folder / "proof.json", "--key", desk.key)
    code, output, _ = desk.run(*check, "--json")
    report.check("prove --check: good, with what was disclosed", code == 0
                 and json.loads(output)["disclosed"]["sub"] == "mara", output)
    for name, change in (("another record", {"record": proof["record"].replace('"deny"', '"allow"')}),
                         ("another index", {"index": proof["index"] ^ 1}), ("a hash less", {"hashes": proof["hashes"][1:]}),
                         ("another root", {"checkpoint": proof["checkpoint"].replace(
                             base64.b64encode(checkpoint.root).decode(), base64.b64encode(b"\1" * 32).decode())}),
                         ("a foreign disclosure", {"disclosures": [base64.urlsafe_b64encode(
                             b'["AAAAAAAAAAAAAAAAAAAAAA","sub","eve"]').rstrip(b"=").decode()]})):
        (folder / "changed.json").write_text(json.dumps(dict(proof, **change)))
        code, _, errors = desk.run("audit", "prove", "--check", folder / "changed.json", "--key", desk.key)
        report.check("prove --check: %s is noticed" % name, code == 1 and errors, (code, errors))
    report.equal("prove --check without a key", desk.run("audit", "prove", "--check", folder / "proof.json")[0], 2)
    report.equal("prove --check of nothing", desk.run("audit", "prove", "--check", folder / "none", "--key", desk.key)[0], 3)


def climb(leaf, index, size, path):
    """RFC 9162, section 2.1.3.2."""
    fn, sn, value = index, size - 1, leaf_hash(leaf)
    for sibling in path:
        if fn & 1 or fn == sn:
            value = node_hash(sibling, value)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            value = node_hash(value, sibling)
        fn, sn = fn >> 1, sn >> 1
    return value if sn == 0 else None


def explain(report, desk, made):
    for name, parts in (
            ("frozen", ["User mara", "evidence: jwt", "DENY: policy_denied", "entry.frozen decided (forbid)",
                        "forbid entry.frozen must not apply", "same policies give the same verdict"]),
            ("no scope", ["permit entry.add needs: principal.scopes.containsAll"]),
            ("report", ["permit report.office needs: resource.year"]),
            ("allow", ["ALLOW: allowed", "entry.show decided (permit)"]),
            ("bad token", ["token_signature", "before or beside the policies"])):
        code, output, errors = desk.audit_command("explain", made[name])
        report.check("explain %s: exit code" % name, code == 0, errors)
        for part in parts:
            report.contains("explain %s" % name, " ".join(output.split()), part)
    code, output, _ = desk.audit_command("explain", made["frozen"], "--json")
    report.check("explain --json", code == 0 and "Who asked" in json.loads(output), output)


def replay(report, desk, made):
    sets = sorted(path.name for path in (desk.audit / "sets").iterdir())
    report.equal("sets: each file has the digest of its name", sets, sorted(
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (desk.audit / "sets").iterdir()))
    for name, wanted in (("allow", 0), ("frozen", 0), ("no scope", 0), ("write", 0), ("report", 0), ("bad token", 1)):
        code, output, errors = desk.audit_command("replay", made[name], "--json")
        report.equal("replay %s by the policies in force" % name, (code, json.loads(output)["outcome"]),
                     (wanted, "not_comparable" if wanted else "same"))
    folder = desk.deployment.folder
    (folder / "other").mkdir()
    (folder / "other/entries.cedar").write_text(POLICIES["entries.cedar"])
    (folder / "other/reports.cedar").write_text(OPEN_REPORTS)
    code, output, _ = desk.audit_command("replay", made["report"], "--policies", folder / "other", "--json")
    report.equal("replay by other policies: flipped", (code, json.loads(output)["outcome"], json.loads(output)["policies"]),
                 (1, "flipped", ["report.all"]))
    report.equal("replay: no such directory", desk.audit_command("replay", made["report"], "--policies", "/none")[0], 3)


def replay_all(report, desk, made):
    folder = desk.deployment.folder
    code, output, errors = desk.run("replay", "--log", desk.audit, "--policies", folder / "other", "--json")
    *flips, counts = [json.loads(line) for line in output.splitlines()]
    report.equal("countersign replay: what flips", ([flip["id"] for flip in flips], counts["deny_to_allow"],
                                                    counts["allow_to_deny"], code), ([made["report"]], 1, 0, 1))
    report.check("countersign replay: the rest is decided again", counts["same"] >= 300, counts)
    code, output, _ = desk.run("replay", "--log", desk.audit, "--policies", folder / "policies", "--json")
    report.equal("countersign replay of the same policies: nothing flips", code, 0)


def exports(report, desk, made):
    folder = desk.deployment.folder
    key = folder / "secrets/log.key"
    code, _, errors = desk.audit_command("export", "--format", "csv", "--where", "type=decision", "--out",
                                         folder / "all.csv", "--disclose", "--sign-with", key)
    report.check("export csv: exit code and signed manifest", code == 0 and "signed" in errors, (code, errors))
    rows = list(csv.reader(io.StringIO((folder / "all.csv").read_bytes().decode(), newline="")))
    ids = {row[rows[0].index("id")] for row in rows[1:]}
    report.check("export csv: every decision", set(made.values()) <= ids, set(made.values()) - ids)
    report.check("export csv: no field that a spreadsheet runs", not any(
        field[:1] in "=+-@\t\r" and field for row in rows for field in row))
    formula = next(row for row in rows if row[rows[0].index("id")] == made["formula"])
    report.equal("export csv: the formula is text", formula[rows[0].index("ua")], "'=cmd|' /C calc'!A0")
    check = ("audit", "export", "--check", folder / "all.csv.manifest.note", "--key", desk.key)
    report.equal("export --check: in order", desk.run(*check)[0], 0)
    with open(folder / "all.csv", "ab") as file:
        file.write(b"x")
    report.equal("export --check: a changed file is noticed", desk.run(*check)[0], 1)
    code, output, _ = desk.audit_command("export", "--where", "verdict=deny", "--where", "reason!=policy_denied")
    records = [json.loads(line) for line in output.splitlines()]
    report.equal("export jsonl: conditions", {r["record"]["id"] for r in records} >= {
        made["no token"], made["bad token"], made["unknown route"]}, True)
    report.check("export jsonl: no personal data unless asked", not mentioned(("mara",), records) and all(
        r["verified"] and "disclosed" not in r for r in records), output[:300])
    report.equal("export: wrong condition", desk.audit_command("export", "--where", "nothing")[0], 2)
    ocsf(report, desk, made)


def ocsf(report, desk, made):
    code, output, _ = desk.audit_command("export", "--format", "ocsf")
    events = {event["metadata"]["uid"]: event for event in map(json.loads, output.splitlines())}
    problems = [problem for event in events.values() for problem in ocsf_problems(event)]
    report.equal("ocsf: every event has what its class asks for (%d events)" % len(events), problems[:5], [])
    for name, activity, action, disposition, status in (
            ("allow", 2, 1, 1, 1), ("frozen", 2, 2, 2, 2), ("write", 1, 1, 1, 1), ("bad token", 2, 2, 26, 2),
            ("no token", 2, 2, 26, 2)):
        event = events[made[name]]
        report.equal("ocsf: %s" % name, (event["type_uid"], event["action_id"], event["disposition_id"], event["status_id"]),
                     (600300 + activity, action, disposition, status))
    report.equal("ocsf: the policy that decided", [a["policy"]["uid"] for a in events[made["frozen"]]["actor"][
        "authorizations"]], ["entry.frozen"])
    classes = {event["class_uid"] for event in events.values()}
    report.check("ocsf: administration too", {6003, 3004} <= classes, classes)
    ocsf_schema(report, list(events.values()))


def ocsf_schema(report, events):
    """The framework's own schema, as somebody else packages it, accepts all events and refuses spoiled ones."""
    tools = environment("ocsf")
    if not tools:
        return report.skip("ocsf: the schema of the framework", "needs the Python package ocsf-json-schema")
    script = pathlib.Path(__file__).resolve().parent.parent / "ocsf_schema.py"

    def problems(some):
        done = subprocess.run([tools / "python", script], input="".join(json.dumps(event) + "\n" for event in some),
                              capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr[-1000:]
        *found, last = [json.loads(line) for line in done.stdout.splitlines()]
        assert last == {"validated": len(some)}, last
        return found

    report.equal("ocsf: the schema of the framework accepts all %d events" % len(events), problems(events)[:5], [])
    decision = next(event for event in events if event["class_uid"] == 6003)
    for name, change in (("a value that no enumeration has", {"action_id": 77}), ("an unknown name", {"verdict": "allow"}),
                         ("a wrong type", {"time": "now"}), ("an empty actor", {"actor": {}})):
        report.check("ocsf: it refuses " + name, problems([dict(decision, **change)]), change)


def ocsf_problems(event):
    """What AUDIT, section 9, and OCSF 1.7 require of the three classes."""
    needed = {"activity_id", "category_uid", "class_uid", "type_uid", "time", "severity_id", "metadata"}
    needed |= {6003: {"actor", "api", "src_endpoint", "action_id", "disposition_id", "status_id"},
               3004: {"entity"}, 3002: {"user"}}[event["class_uid"]]
    for name in needed - set(event):
        yield "%s is missing" % name
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        yield "type_uid"
    if event["category_uid"] != event["class_uid"] // 1000:
        yield "category_uid"
    if event["severity_id"] not in (1, 2, 3) or not 1e12 < event["time"] < 1e13:
        yield "severity_id or time"
    if event["metadata"]["version"] != "1.7.0" or not event["metadata"]["product"].get("vendor_name"):
        yield "metadata"
    if event["class_uid"] == 6003:
        if event["activity_id"] not in (1, 2, 3, 4, 99) or not event["api"].get("operation"):
            yield "activity or operation"
        if not {"user", "session", "app_uid", "app_name"} & set(event["actor"]):
            yield "actor"
        if not {"name", "uid"} & set(event["actor"]["user"]):
            yield "actor.user"
        if not {"ip", "name", "uid"} & set(event["src_endpoint"]):
            yield "src_endpoint"
        if "security_control" not in event["metadata"]["profiles"]:
            yield "profiles"
    if event["class_uid"] == 3004 and event["activity_id"] not in (1, 2, 3, 4, 6, 10, 11, 99):
        yield "activity of an entity"


def tail(report, desk, made):
    process = subprocess.Popen([desk.deployment.binary, "audit", "tail", "--log", str(desk.audit), "--last", "200",
                                "--where", "type=decision", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    shown = json.loads(process.stdout.readline())
    while shown["record"]["id"] != made["last"]:
        shown = json.loads(process.stdout.readline())
    report.check("tail: shows the newest, proved", shown["verified"], shown)
    with desk.scenario.gateway() as gateway:
        answer = gateway.ask(token=desk.scenario.north.token("mara", ["ledger:read"]))
    report.equal("tail: follows", json.loads(process.stdout.readline())["record"]["id"], answer.decision)
    process.send_signal(signal.SIGINT)
    report.equal("tail: Ctrl-C ends it well", process.wait(PATIENCE), 0)
    shell = subprocess.run(["sh", "-c", '"$0" audit tail --once --last 5000 --log "$1" | head -1',
                            desk.deployment.binary, str(desk.audit)], capture_output=True, timeout=PATIENCE)
    report.check("tail | head: ends when nobody reads", shell.returncode == 0 and shell.stderr == b"", shell)


def follow_index(report, desk, made):
    """The service itself keeps the index: a read-only look at the file is enough."""
    import sqlite3
    size = desk.deployment.audit.checkpoint().size

    def covered():
        with sqlite3.connect("file:%s?mode=ro" % (desk.audit / "index.sqlite"), uri=True, timeout=PATIENCE) as database:
            return int(database.execute("SELECT value FROM meta WHERE name = 'covered'").fetchone()[0])
    with desk.scenario.gateway() as gateway:
        gateway.ask(token=desk.scenario.north.token("mara", ["ledger:read"]))
    report.check("the running service indexes what it publishes", eventually(lambda: covered() > size), covered())


def readings(report, desk, made):
    """Who read personal data while the service ran is in the log; the subject looked for is behind a commitment."""
    _, records = desk.deployment.audit.verify()
    reads = [record for record in records if record["t"] == "admin.read"]
    report.check("admin.read: of every verb that discloses", {"search", "show", "explain", "prove", "replay", "export"} == {
        record["read"]["verb"] for record in reads}, {record["read"]["verb"] for record in reads})
    report.check("admin.read: who", all(record["read"]["who"].startswith("uid:") for record in reads), reads[:1])
    report.equal("admin.read: no name in the leaf", mentioned(("mara",), records), [])
    opened = desk.deployment.audit.disclosures()
    searched = [i for i, record in enumerate(records) if record["t"] == "admin.read" and "sub" in record.get("sd", {})]
    report.check("admin.read: the subject looked for is disclosed beside it", searched and all(
        opened[i]["sub"][0] in ("mara",) for i in searched), searched)


def reindex(report, desk, made):
    before = desk.lines("search", "--limit", "100000", "--json")
    (desk.audit / "index.sqlite").write_bytes(b"not a database at all, but long enough for a header of one")
    report.equal("a damaged index: search says so", desk.audit_command("search", "--limit", "1")[0], 1)
    code, output, errors = desk.audit_command("reindex", "--json")
    report.check("reindex: exit code", code == 0 and json.loads(output)["records"] == len(before), (output, errors))
    report.equal("reindex: search finds the same", desk.lines("search", "--limit", "100000", "--json"), before)
    _, records = desk.deployment.audit.verify()
    report.equal("reindex: one row a record", len(before), len(records))


def evidence(report, desk, made):
    folder = desk.deployment.folder
    (folder / "access.log").write_text("".join("GET /x %s 200\n" % made[name] for name in sorted(made)))
    code, output, errors = desk.audit_command("report", "--from", "24h", "--to", "0s", "--out", folder / "report",
                                              "--sign-with", folder / "secrets/log.key", "--access-log",
                                              folder / "access.log", "--json")
    answer = json.loads(output or "{}")
    report.check("report: verified and signed", code == 0 and answer.get("verified") and answer["signed"], (code, errors))
    page = (folder / "report/report.html").read_text()
    report.check("report: thirteen sections, no script", all('id="s%d"' % n in page for n in range(1, 14))
                 and "<script" not in page.lower())
    report.check("report: nobody is named unless asked", not mentioned(("mara", "noah"), page))
    report.equal("report: the manifest holds", desk.run("audit", "export", "--check", folder / "report/manifest.note",
                                                        "--key", desk.key)[0], 0)
    sample = list(csv.DictReader(io.StringIO((folder / "report/sample.csv").read_bytes().decode(), newline="")))
    report.check("report: the sample was decided again", len(sample) == 25 and any(
        row["Decided again"] == "same verdict" for row in sample) and not any(
        row["Decided again"] == "ANOTHER VERDICT" for row in sample), sample[:2])
    compared = {row["What"]: row["Decisions"] for row in csv.DictReader(io.StringIO(
        (folder / "report/access-log.csv").read_bytes().decode(), newline=""))}
    report.equal("report: the access log's decisions are all there", (compared["In both"], compared[
        "Only in the access log"]), (str(len(set(made.values()))), "0"))


def merge(report, desk, made):
    other = desk.deployment.folder / "copy"
    shutil.copytree(desk.audit, other)
    code, output, errors = desk.run("audit", "merge", desk.audit)
    lines = [json.loads(line) for line in output.splitlines()]
    report.check("merge: one log, in order of time", code == 0 and [l["record"]["ts"] for l in lines] == sorted(
        l["record"]["ts"] for l in lines), errors)
    report.equal("merge: every record once", sorted(l["index"] for l in lines), list(range(len(lines))))
    report.equal("merge: the same log twice is refused", desk.run("audit", "merge", desk.audit, other)[0], 2)


def own_verifier(report, desk, made):
    """The program that docs/audit.md shows."""
    program = pathlib.Path(__file__).resolve().parents[4] / "Examples/verify-log/verify.py"
    lines = [line for line in program.read_text().splitlines()]
    report.check("Examples/verify-log: about 60 lines", len(lines) <= 75, len(lines))
    good = subprocess.run([sys.executable, program, desk.audit / "log", desk.key[1:]], capture_output=True, timeout=600)
    report.check("Examples/verify-log: the log verifies", good.returncode == 0, good.stdout + good.stderr)
    bad = desk.deployment.folder / "bad"
    shutil.copytree(desk.audit / "log", bad)
    bundle = bad / "tile/entries/000"
    data = bytearray(bundle.read_bytes())
    data[300] ^= 1
    bundle.write_bytes(bytes(data))
    found = subprocess.run([sys.executable, program, bad, desk.key[1:]], capture_output=True, timeout=600)
    report.check("Examples/verify-log: a changed byte is noticed", found.returncode == 1, found.stdout + found.stderr)
