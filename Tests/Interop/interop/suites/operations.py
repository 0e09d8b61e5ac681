# SPDX-License-Identifier: Apache-2.0
"""What operators do: reload, drain, scrape, and never find a secret in an output or in the log."""
import re
import signal
import threading

from ..deployment import http
from ..report import PATIENCE
from ..scenario import CONFIGURATION, POLICIES, Scenario
from ..tokens import altered

METRIC = re.compile(r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*")*\})?'
                    r' (?:[-+]?[0-9.]+(?:[eE][-+]?\d+)?|[+-]Inf|NaN)$')
LOCKED = '@id("locked")\nforbid (principal, action, resource);\n'


def run(binary, report, options):
    with Scenario(binary) as scenario:
        scenario.start()
        with scenario.gateway() as gateway:
            for part in (reload, metrics):
                report.guard(part.__name__, part, report, scenario, gateway)
        report.guard("drain", drain, report, scenario)
        report.guard("secrets", secrets, report, scenario)
    report.guard("beyond_loopback", beyond_loopback, report, binary)


def status(scenario):
    return http("GET", scenario.deployment.admin_url("/status")).json()


def reload(report, scenario, gateway):
    deployment, token = scenario.deployment, scenario.north.token("mara", ["ledger:read"])
    before = status(scenario)
    deployment.write("policies/reports.cedar", "permit (principal, action, resource) when { nonsense ;\n")
    deployment.signal(signal.SIGHUP)
    rejected = deployment.until(lambda: status(scenario)["reloads"]["rejected"] > before["reloads"]["rejected"])
    report.check("a bad policy file: the reload is refused", rejected, status(scenario))
    report.contains("a bad policy file: the problem names file and line", status(scenario)["reloads"]["last_problem"],
                    "reports.cedar:1")
    report.equal("a bad policy file: the digest stays", status(scenario)["policy_set"], before["policy_set"])
    report.equal("a bad policy file: the old set decides", gateway.ask(token=token).outcome(), "allow:allowed")
    report.equal("a bad policy file: still ready", deployment.readiness(), 200)
    report.check("a bad policy file: policy.reject is in the log", deployment.until(
        lambda: any(r["t"] == "policy.reject" for r in deployment.audit.records())))
    deployment.write("policies/reports.cedar", POLICIES["reports.cedar"] + LOCKED)
    deployment.signal(signal.SIGHUP)
    report.check("SIGHUP with a good file: a new digest", deployment.until(
        lambda: status(scenario)["policy_set"] != before["policy_set"]))
    answer = gateway.ask(token=token)
    report.equal("SIGHUP with a good file: it decides", answer.outcome(), "deny:policy_denied")
    record = deployment.recorded(answer.decision)
    report.equal("the record names the set in force", record["dec"]["policy_set"], status(scenario)["policy_set"])
    report.check("policy.activate is in the log", deployment.until(
        lambda: any(r["t"] == "policy.activate" for r in deployment.audit.records())))
    deployment.write("policies/reports.cedar", POLICIES["reports.cedar"])
    report.check("a changed file alone is enough", deployment.until(
        lambda: status(scenario)["policy_set"] == before["policy_set"]))
    report.equal("the former set decides again", gateway.ask(token=token).outcome(), "allow:allowed")


def metrics(report, scenario, gateway):
    text = http("GET", scenario.deployment.admin_url("/metrics")).body.decode()
    bad = [line for line in text.splitlines() if line and not line.startswith("#") and not METRIC.match(line)]
    report.check("/metrics: every line has the exposition form", text.endswith("\n") and not bad, bad[:3])
    typed = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    report.equal("/metrics: one TYPE a family", len(typed), len({name for name, _ in typed}))
    report.check("/metrics: a histogram starts at 50 microseconds", re.search(r'_bucket\{[^}]*le="(5e-05|0\.00005)"',
                                                                           text), text[:400])
    for name, kind in typed:
        if kind == "histogram":
            counts = {}
            for labels, value in re.findall(r"^%s_bucket\{(.*)\} (\S+)$" % re.escape(name), text, re.MULTILINE):
                rest = re.sub(r',?le="[^"]*"', "", labels)
                counts.setdefault(rest, []).append(float(value))
            report.check("/metrics: buckets of %s grow" % name, all(v == sorted(v) for v in counts.values()), counts)


def drain(report, scenario):
    deployment, token = scenario.deployment, scenario.north.token("mara", ["ledger:read"])
    wrong, told = [], []

    def client():
        with scenario.gateway() as gateway:
            while True:
                try:
                    told.append(gateway.ask(token=token).outcome())
                except Exception as problem:  # noqa: BLE001: the only good end is a refused connection
                    wrong.append(problem.code().name)
                    return

    threads = [threading.Thread(target=client) for _ in range(3)]
    for thread in threads:
        thread.start()
    deployment.until(lambda: len(told) > 20)
    report.equal("SIGTERM under load: exit code", deployment.stop(), 0)
    for thread in threads:
        thread.join(PATIENCE)
    report.equal("SIGTERM under load: every answer was right", set(told), {"allow:allowed"})
    report.equal("SIGTERM under load: afterwards only UNAVAILABLE", set(wrong), {"UNAVAILABLE"})
    records = deployment.audit.verify()[1]
    report.equal("SIGTERM under load: the last record is shutdown", records[-1]["t"], "shutdown")
    report.check("SIGTERM under load: every answer is in the log",
                 sum(r["t"] == "decision" for r in records) >= len(told), len(told))


def secrets(report, scenario):
    """Tokens and keys that the calls above used, looked for in all that was written."""
    deployment = scenario.deployment
    deployment.start(wrapper=())
    canary = scenario.north.token("mara", ["ledger:read"])
    with scenario.gateway() as gateway:
        answer = gateway.ask(token=canary, headers={"X-Other": canary})
        gateway.ask(token=altered(canary), headers={"Cookie": "ledger=" + canary})
    outputs = [http("GET", deployment.admin_url(path)).body for path in ("/status", "/metrics", "/readyz")]
    deployment.stop()
    outputs += [path.read_bytes() for name in ("state", "stdout.txt", "stderr.txt")
                for path in [deployment.folder / name, *(deployment.folder / name).rglob("*")] if path.is_file()]
    report.check("what was written is what is searched", any(answer.decision.encode() in o for o in outputs), answer)
    found = [secret[:8] for secret in deployment.secrets + [canary[:-5], *canary.split(".")[1:]]
             if any(secret.encode() in output for output in outputs)]
    report.check("no token and no key in logs, status, metrics or audit files (%d files)" % len(outputs), not found, found)


def beyond_loopback(report, binary):
    for listener in ("grpc", "http"):
        text = CONFIGURATION.replace('address: "127.0.0.1:{%s}"' % listener, 'address: "0.0.0.0:{%s}"' % listener)
        text = re.sub(r"gateways:\n.*\n", "gateways: {}\n", text)
        with Scenario(binary, text) as scenario:
            code, output = scenario.deployment.run("serve", "--config", scenario.deployment.file)
            report.check("%s beyond loopback without keys refuses to start" % listener, code != 0, output)
            report.contains("%s beyond loopback: the message names the listener" % listener, output, listener)
