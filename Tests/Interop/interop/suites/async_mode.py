# SPDX-License-Identifier: Apache-2.0
"""Routes that opted into async mode beside one that did not; kill -9 takes nothing that strict mode answered."""
import concurrent.futures
import json

from ..deployment import Deployment, http

CONFIGURATION = """\
data: state
listeners:
  grpc: { address: "off" }
  http: { address: "127.0.0.1:{http}", protocols: [decisions] }
  admin: { address: "127.0.0.1:{admin}", protocols: [metrics, health] }
gateways:
  harbour: { keys: ["file:secrets/gate-a.key"] }
apis:
  files:
    match: { hosts: [files.example.test], base_path: / }
    authentication: optional
    routes:
      - { name: file.show, match: { methods: [GET], path: "/files/{id}" }, audit: { mode: async } }
      - { name: file.drop, match: { methods: [DELETE], path: "/files/{id}" } }
policies: { directory: policies, schema: generated }
audit:
  mode: async
  max_delay: 250ms
  max_unsynced: 64
  origin: tidewater/one
  key: "file:secrets/log.key"
  checkpoint_interval: 100ms
"""
POLICIES = {"files.cedar": '@id("all") permit (principal, action, resource);\n'
                           '@id("thirteen") forbid (principal, action, resource) when { resource has id && resource.id == "13" };\n'}


def run(binary, report, options):
    with Deployment(binary, CONFIGURATION, POLICIES) as deployment:
        deployment.start()
        for part in (accounts, killed):
            report.guard(part.__name__, part, report, deployment)
        deployment.write("wrong.yaml", CONFIGURATION.replace("  mode: async\n", "").replace("{http}", "0")
                         .replace("{admin}", "0"))
        code, output = deployment.run("check", deployment.folder / "wrong.yaml")
        report.equal("check: a strict log lets no route be async", code, 1)
        report.contains("check: with line and path", output, ":13: apis.files.routes[0].audit.mode: must be `strict`")
        report.contains("check: what has no effect", output, "audit.max_delay: has no effect without `mode: async`")


def ask(deployment, method="GET", name="1"):
    body = json.dumps({"request": {"method": method, "scheme": "https", "host": "files.example.test",
                                   "path": "/files/" + name, "headers": {}}}).encode()
    return http("POST", deployment.http_url("/v1/decisions"), body, {
        "content-type": "application/json", "x-countersign-key": deployment.gateway_key}).json()


def released(deployment):
    return deployment.metric("countersign_audit_async_released_total")


def accounts(report, deployment):
    before = released(deployment)
    answers = [ask(deployment) for _ in range(5)]
    report.equal("allowed", {a["reason"] for a in answers}, {"allowed"})
    report.equal("each left early, or waited since the window was closed",
                 released(deployment) + deployment.metric("countersign_audit_async_held_total") - before, 5)
    before = released(deployment)
    ask(deployment, "DELETE")
    report.equal("another route is strict", released(deployment), before)
    report.equal("a denial is strict on any route", (ask(deployment, name="13")["reason"], released(deployment)),
                 ("policy_denied", before))
    report.check("what was at stake is durable soon", deployment.until(
        lambda: deployment.metric("countersign_audit_async_unsynced_records") == 0))
    for answer in answers:
        report.check("its record is there", deployment.recorded(answer["decision"]))
    records = deployment.audit.records()
    boot = next(r for r in records if r["t"] == "boot")
    report.equal("the log declares what may be lost", (boot["mode"], boot["max_delay_ms"], boot["max_unsynced"]),
                 ("async_block", 250, 64))
    config = next(r["config"] for r in records if r["t"] == "config.activate")
    report.equal("and for which routes", config["async_routes"], ["file.show"])


def killed(report, deployment):
    told = []

    def caller(number):
        while True:
            try:
                method = "GET" if number % 2 else "DELETE"
                told.append((method, ask(deployment, method)["decision"]))
            except (OSError, ValueError, KeyError):
                return
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        callers = [pool.submit(caller, number) for number in range(8)]
        deployment.until(lambda: len(told) > 400)
        deployment.kill()
        concurrent.futures.wait(callers)
    deployment.start()
    code, output = deployment.verify_command()
    report.check("after kill -9 the log verifies", code == 0, output)
    there = {record["id"] for record in deployment.audit.records()}
    missing = [method for method, decision in list(told) if decision not in there]
    report.equal("nothing that strict mode answered is lost", missing.count("DELETE"), 0)
    report.check("of the rest no more than was declared", missing.count("GET") <= 64, missing.count("GET"))
