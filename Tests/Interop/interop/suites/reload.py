# SPDX-License-Identifier: Apache-2.0
"""Files that change under traffic: bad ones change nothing, good ones take effect for all at once."""
import hashlib
import json
import signal
import socket
import ssl
import threading

import grpc
from cryptography import x509

from ..certificates import Authority
from ..gateway import Answer
from ..report import PATIENCE
from ..scenario import CONFIGURATION, POLICIES, Scenario
from ..traffic import Traffic

LOCKED = '@id("locked")\nforbid (principal, action, resource == Route::"entry.show");\n'
OPEN, SHUT = "allow:allowed", "deny:policy_denied"


def run(binary, report, options):
    with Scenario(binary, CONFIGURATION.replace("schema: generated }", "schema: generated, entities: [entities.json] }"),
                  files={"entities.json": []}) as scenario:
        scenario.start()
        for part in (bad_files, restart, gateway_keys, links, good_files):
            report.guard(part.__name__, part, report, scenario)
        report.equal("ends cleanly on SIGTERM", scenario.deployment.stop(), 0)
    report.guard("certificates", certificates, report, binary)
    with Scenario(binary) as scenario:
        scenario.start()
        report.guard("drain", drain, report, scenario)


def traffic(scenario):
    token = scenario.north.token("mara", ["ledger:read"])
    return Traffic(scenario.gateway, lambda gateway: gateway.ask(token=token))


def reloads(deployment):
    """(accepted, rejected) by /metrics."""
    return tuple(deployment.metric(name) for name in ("countersign_reloads_total", "countersign_reloads_rejected_total"))


def bad_files(report, scenario):
    deployment = scenario.deployment
    good = (deployment.folder / "countersign.yaml").read_text()
    cases = [
        ("a policy that does not parse", "policies/reports.cedar", "permit (principal, action, resource) when {", None),
        ("a policy with an unknown function", "policies/reports.cedar",
         'permit (principal, action, resource) when { principal.nosuch("x") };', None),
        ("a policy file that is no UTF-8", "policies/new.cedar", b"permit (principal, action, resource);\n// \xff\xfe\n", ""),
        ("two policies of one id", "policies/new.cedar", '@id("entry.show") permit (principal, action, resource);', ""),
        ("entities that are no JSON", "entities.json", "[{", "[]"),
        ("entities in a circle", "entities.json", json.dumps([
            {"uid": {"type": "Group", "id": a}, "attrs": {}, "parents": [{"type": "Group", "id": b}]}
            for a, b in (("x", "y"), ("y", "x"))]), "[]"),
        ("an unknown key in the configuration", "countersign.yaml", good + "colour: red\n", good),
        ("a configuration that is no YAML", "countersign.yaml", good + "\t- ]\n", good),
        ("a missing key file", "countersign.yaml", good.replace("gate-a.key", "absent.key"), good),
        ("a route twice", "countersign.yaml", good.replace("entry.add,", "entry.show,", 1), good),
        ("an empty configuration", "countersign.yaml", "", good),
    ]
    with traffic(scenario) as callers:
        before = deployment.status()
        for name, file, text, after in cases:
            rejected = reloads(deployment)[1]
            write(deployment, file, text)
            deployment.signal(signal.SIGHUP)
            problem = lambda: deployment.status()["reloads"].get("last_problem", "")
            # What the signal and the change of the file before this one had led to may still be under way.
            report.check("%s: refused, and the problem names the file" % name, deployment.until(
                lambda: reloads(deployment)[1] > rejected and file.rsplit("/", 1)[-1] in problem()),
                (reloads(deployment), problem()))
            report.equal("%s: the digest stays" % name, deployment.status()["policy_set"], before["policy_set"])
            restore(deployment, file, after)
        report.equal("/readyz stays 200", deployment.readiness(), 200)
        accepted = reloads(deployment)[0]
        deployment.signal(signal.SIGHUP)
        report.check("the files as they were: accepted", deployment.until(lambda: reloads(deployment)[0] > accepted))
        deployment.until(lambda: callers.seen[OPEN] > 500)
        seen = callers.end()
    report.check("%d calls meanwhile: all as before" % sum(seen.values()), set(seen) == {OPEN} and sum(
        seen.values()) > 500 and not callers.problems, (seen, callers.problems))
    rejects = lambda kind: [r[kind] for r in deployment.audit.records() if r["t"] == kind + ".reject"]
    of_configuration = sum(file == "countersign.yaml" for _, file, _, _ in cases)
    for kind, count in (("config", of_configuration), ("policy", len(cases) - of_configuration)):
        report.check("%s.reject for each refusal" % kind, deployment.until(lambda: len(rejects(kind)) >= count),
                     len(rejects(kind)))
        report.equal("%s.reject names the set that stays" % kind, {r["set"] for r in rejects(kind)}, {before["policy_set"]})
        report.check("%s.reject names the problems" % kind, all(r["problems"] for r in rejects(kind)), rejects(kind)[:1])
    file_of = lambda r: r["problems"][0].split(":")[0].rsplit("/", 1)[-1]
    report.check("config.reject is about the configuration, policy.reject is not",
                 {file_of(r) for r in rejects("config")} == {"countersign.yaml"}
                 and "countersign.yaml" not in {file_of(r) for r in rejects("policy")},
                 ({file_of(r) for r in rejects("config")}, {file_of(r) for r in rejects("policy")}))


def restart(report, scenario):
    """Settings that a reload cannot put in force are named until a restart or until they are taken back."""
    deployment = scenario.deployment
    good = (deployment.folder / "countersign.yaml").read_text()
    waiting = lambda: deployment.status()["reloads"]["needs_restart"]
    report.equal("nothing waits for a restart", waiting(), [])
    changed = good.replace("protocols: [decisions]", "protocols: [decisions, witness]").replace(
        "checkpoint_interval: 100ms", "checkpoint_interval: 200ms") + "limits: { verified_tokens: 99 }\n"
    wanted = ["listeners.http.protocols", "audit.checkpoint_interval", "limits.verified_tokens"]
    deployment.write("countersign.yaml", changed)
    report.check("changed settings: /status names them", deployment.until(lambda: waiting() == wanted), waiting())
    accepted = reloads(deployment)[0]
    deployment.write("countersign.yaml", changed + "# and once more\n")
    deployment.until(lambda: reloads(deployment)[0] > accepted)
    report.equal("changed settings: they go on waiting", waiting(), wanted)
    activations = lambda: [r["config"] for r in deployment.audit.records() if r["t"] == "config.activate"]
    report.check("config.activate names them", deployment.until(
        lambda: activations()[-1].get("needs_restart") == wanted), activations()[-1])
    digest = "sha256:" + hashlib.sha256((deployment.folder / "countersign.yaml").read_bytes()).hexdigest()
    report.check("config.activate says which file was read", deployment.until(lambda: any(
        r["t"] == "config.activate" and r["config"]["digest"] == digest for r in deployment.audit.records())))
    deployment.write("countersign.yaml", good)
    report.check("taken back: nothing waits", deployment.until(lambda: waiting() == []), waiting())


def gateway_keys(report, scenario):
    """A key of a gateway that is replaced, added or taken away is in the log, by its id and not by its text."""
    deployment = scenario.deployment
    path = deployment.folder / "secrets/gate-b.key"
    good, other = path.read_text(), "another-key-of-the-gateway-0123456789"
    deployment.secrets.append(other)

    def after(text, wanted):
        deployment.write_secret("gate-b.key", text)
        return deployment.until(lambda: any(
            r["t"] == wanted[0] and {k: v for k, v in r["credential"].items() if k in ("kind", "new", "old", "store")}
            == dict(wanted[1], kind="gateway_key", store="gateway:harbour") for r in deployment.audit.records()))
    report.check("gateway key: another in its place", after(other + "\n", (
        "credential.rotate", {"new": "harbour#1", "old": "harbour#1"})))
    report.check("gateway key: one more", after(other + "\n" + good, ("credential.rotate", {"new": "harbour#2"})))
    report.check("gateway key: taken away", after(other + "\n", ("credential.revoke", {"old": "harbour#2"})))
    deployment.write_secret("gate-b.key", good)
    report.check("gateway key: as before", deployment.until(lambda: len([
        r for r in deployment.audit.records() if r["t"].startswith("credential.")]) >= 4))


def write(deployment, file, text):
    if isinstance(text, bytes):
        (deployment.folder / file).write_bytes(text)
    else:
        deployment.write(file, text)


def restore(deployment, file, text):
    """Back to what was good: the former text, or no file at all."""
    if text:
        deployment.write(file, text)
    elif file.endswith("new.cedar"):
        (deployment.folder / file).unlink()
    else:
        deployment.write(file, POLICIES[file.rsplit("/", 1)[1]])


def links(report, scenario):
    """Links of templates come and go as files do; nobody sends a signal."""
    deployment = scenario.deployment
    token = scenario.north.token("mara", ["ledger:read"])
    link = {"templateId": "barred", "newId": "barred.mara", "values": {"?principal": {"type": "User", "id": "north/mara"}}}
    with scenario.gateway() as gateway:
        outcome = lambda: gateway.ask(token=token).outcome()
        before = deployment.status()["policy_set"]
        deployment.write("policies/barred.cedar.json", json.dumps({"staticPolicies": {}, "templateLinks": [], "templates": {
            "barred": {"effect": "forbid", "principal": {"op": "==", "slot": "?principal"}, "action": {"op": "All"},
                       "resource": {"op": "All"}, "conditions": []}}}))
        report.check("a template in JSON: a new digest", deployment.until(
            lambda: deployment.status()["policy_set"] != before))
        report.equal("a template without a link decides nothing", outcome(), OPEN)
        deployment.write("policies/links.json", json.dumps([link]))
        report.check("a link denies", deployment.until(lambda: outcome() == SHUT), outcome())
        answer = gateway.ask(token=token)
        report.equal("the record names the link", deployment.recorded(answer.decision)["dec"]["policies"], ["barred.mara"])
        rejected = reloads(deployment)[1]
        deployment.write("policies/links.json", json.dumps([dict(link, templateId="none")]))
        report.check("a link without its template: refused", deployment.until(lambda: reloads(deployment)[1] > rejected))
        report.contains("a link without its template: the problem names it",
                        deployment.status()["reloads"].get("last_problem", ""), "links.json:1: `[0]`: there is no template `none`")
        report.equal("a link without its template: the old one denies", outcome(), SHUT)
        (deployment.folder / "policies/links.json").unlink()
        (deployment.folder / "policies/barred.cedar.json").unlink()
        report.check("without the files: as before", deployment.until(
            lambda: outcome() == OPEN and deployment.status()["policy_set"] == before))


def good_files(report, scenario):
    """Ten good reloads: for each caller the change comes once and for good, and each record names the right set."""
    deployment = scenario.deployment
    with traffic(scenario) as callers:
        sets = {deployment.status()["policy_set"]: OPEN}
        for number in range(10):
            shut = number % 2 == 0
            before = deployment.status()["policy_set"]
            deployment.write("policies/reports.cedar", POLICIES["reports.cedar"] + (LOCKED if shut else ""))
            deployment.signal(signal.SIGHUP)
            deployment.until(lambda: deployment.status()["policy_set"] != before)
            sets[deployment.status()["policy_set"]] = SHUT if shut else OPEN
            # One call of each caller may have been decided before: the next ones were not.
            told = sum(callers.seen.values())
            deployment.until(lambda: sum(callers.seen.values()) > told + 2 * len(callers.told))
        seen = callers.end()
    report.equal("ten reloads: two sets took turns", sorted(sets.values()), [OPEN, SHUT])
    report.check("ten reloads: only these two verdicts", set(seen) == {OPEN, SHUT} and not callers.problems,
                 (seen, callers.problems))
    turns = [sum(a != b for (_, a), (_, b) in zip(told, told[1:])) for told in callers.told]
    report.check("ten reloads: each caller saw each change once at most", max(turns) <= 10, turns)
    last = max(callers.decisions)
    deployment.recorded(last)
    wrong = [r["id"] for r in deployment.audit.decisions() if r["id"] in callers.decisions
             and sets.get(r["dec"]["policy_set"]) != callers.decisions[r["id"]]]
    report.equal("ten reloads: no record names another set than the one that decided (%d)" % len(callers.decisions),
                 wrong, [])


def certificates(report, binary):
    text = CONFIGURATION.replace('"127.0.0.1:{grpc}",', '"127.0.0.1:{grpc}", tls: { certificate: "file:tls.pem", '
                                 'key: "file:secrets/tls.key" },')
    authority = Authority("Interop Root")
    first, second, other = (authority.issue(name, dns=["gate.example.test"]) for name in ("first", "second", "other"))
    with Scenario(binary, text, files={"tls.pem": first[0]}) as scenario:
        deployment = scenario.deployment
        deployment.write_secret("tls.key", first[1])
        scenario.start()
        credentials = grpc.ssl_channel_credentials(authority.pem.encode())
        token = scenario.north.token("mara", ["ledger:read"])
        over_tls = dict(credentials=credentials, server_name="gate.example.test")
        with scenario.gateway(**over_tls) as old:
            report.equal("TLS: a call", old.ask(token=token).outcome(), OPEN)
            report.equal("TLS: the first certificate", served(deployment, authority), "first")
            for name, certificate, key in (
                    ("a key of another certificate", first[0], other[1]), ("no certificate", "nothing\n", first[1]),
                    ("no key", second[0], "nothing\n"), ("an empty file", "", first[1])):
                # Whatever is seen between the two is no pair either.
                if certificate != first[0]:
                    deployment.write("tls.pem", certificate)
                deployment.write_secret("tls.key", key)
                accepted, rejected = reloads(deployment)
                deployment.signal(signal.SIGHUP)
                deployment.until(lambda: sum(reloads(deployment)) > accepted + rejected)
                report.equal("TLS: %s: the old one is served" % name, served(deployment, authority), "first")
                report.check("TLS: %s: the reload is refused" % name, reloads(deployment)[0] == accepted
                             and reloads(deployment)[1] > rejected, reloads(deployment))
                report.contains("TLS: %s: /status says why" % name,
                                deployment.status()["reloads"].get("last_problem", ""), "listeners.grpc.tls")
                report.equal("TLS: %s: open connections go on" % name, old.ask(token=token).outcome(), OPEN)
            # Without a signal: changed files are noticed.
            deployment.write("tls.pem", second[0])
            deployment.write_secret("tls.key", second[1])
            report.check("TLS: a good pair is served", deployment.until(
                lambda: served(deployment, authority) == "second"), served(deployment, authority))
            digest = "sha256:" + hashlib.sha256(second[0].encode()).hexdigest()
            loaded = deployment.until(lambda: [r["cert"] for r in deployment.audit.records() if r["t"] == "cert.load"
                                               and r["cert"]["digest"] == digest])
            report.check("TLS: cert.load names it", loaded)
            report.equal("TLS: cert.load says serial and term", loaded and (
                int(loaded[0]["serial"], 16), loaded[0]["not_after"][:19]), described(second[0]))
            report.equal("TLS: the old connection goes on", old.ask(token=token).outcome(), OPEN)
            with scenario.gateway(**over_tls) as new:
                report.equal("TLS: a new connection", new.ask(token=token).outcome(), OPEN)
        with scenario.gateway() as plain:
            try:
                plain.ask(token=token, timeout=3)
                report.check("TLS: plaintext is not answered", False)
            except grpc.RpcError as problem:
                report.check("TLS: plaintext is not answered", problem.code() in (
                    grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED), problem.code())
        report.equal("TLS: ends cleanly on SIGTERM", deployment.stop(), 0)


def described(pem):
    """Serial number and end of a certificate."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return certificate.serial_number, certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S")


def served(deployment, authority):
    """The common name of the certificate that a new connection sees."""
    context = ssl.create_default_context(cadata=authority.pem)
    context.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", deployment.grpc), PATIENCE) as raw:
        with context.wrap_socket(raw, server_hostname="gate.example.test") as connection:
            return dict(pair[0] for pair in connection.getpeercert()["subject"])["commonName"]


def drain(report, scenario):
    """SIGTERM with hundreds of calls in flight on each connection: answered, or refused in a way that may be retried."""
    deployment = scenario.deployment
    request = {}
    with scenario.gateway() as gateway:
        for number in range(8):
            request[number] = gateway.message(token=scenario.north.token("caller-%d" % number, ["ledger:read"]))
    told, ended, lock, started = {}, [], threading.Lock(), threading.Event()

    def client(number):
        with scenario.gateway() as gateway:
            flying = []
            try:
                while True:
                    flying += [gateway.stub.ProcessMessage.future(request[number], timeout=PATIENCE) for _ in range(40)]
                    while flying:
                        answer = Answer(flying[0].result())
                        flying.pop(0)
                        with lock:
                            told[answer.decision] = answer.outcome()
                        if len(told) > 1500:
                            started.set()
            except grpc.RpcError as problem:
                with lock:
                    ended.append(problem.code().name)
                for call in flying[1:]:
                    try:
                        answer = Answer(call.result())
                        with lock:
                            told[answer.decision] = answer.outcome()
                    except grpc.RpcError as other:
                        with lock:
                            ended.append(other.code().name)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    report.check("drain: calls are answered", started.wait(PATIENCE), len(told))
    report.equal("drain: exit code", deployment.stop(), 0)
    for thread in threads:
        thread.join(PATIENCE)
    report.equal("drain: all of %d answers were right" % len(told), set(told.values()), {OPEN})
    report.equal("drain: the %d others may be retried" % len(ended), set(ended), {"UNAVAILABLE"})
    _, records = deployment.audit.verify()
    recorded = {record["id"] for record in records if record["t"] == "decision"}
    report.equal("drain: every answer is in the log", sorted(set(told) - recorded)[:3], [])
    report.equal("drain: the last record is shutdown", records[-1]["t"], "shutdown")
    # What was decided but could not be told any more would show as a record without an answer.
    untold = sum(r["t"] == "decision" and r["gw"].get("req") == "rrt-0042-77" for r in records) - len(told)
    report.equal("drain: every recorded decision was told", untold, 0)
    report.equal("drain: the port is closed", connects(deployment.grpc), False)
    report.check("drain: countersign audit verify", deployment.verify_command()[0] == 0)


def connects(port):
    with socket.socket() as probe:
        probe.settimeout(60)
        return probe.connect_ex(("127.0.0.1", port)) == 0
