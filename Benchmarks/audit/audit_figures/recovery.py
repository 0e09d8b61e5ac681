# SPDX-License-Identifier: Apache-2.0
"""After a kill, and while the disk does not answer."""
import json
import os
import shutil
import signal
import statistics
import subprocess
import time

from benchmark import corpus, peers, tools

from .bench import HERE, row

CONFIGURATION = """\
data: data
listeners:
  grpc: {{ address: "127.0.0.1:{grpc}", protocols: [apigee, health] }}
  http: {{ address: "off" }}
  admin: {{ address: "127.0.0.1:{admin}", protocols: [metrics, health] }}
gateways: {{ bench: {{ keys: ["file:secrets/gateway.key"] }} }}
providers:
  login: {{ type: oidc, issuer: "https://login.bench.example/", audiences: [fleet], jwks_file: keys.json, algorithms: [ES256] }}
apis:
  fleet:
    match: {{ hosts: [fleet.bench.example] }}
    providers: [login]
    routes: [ {{ name: trips.read, match: {{ methods: [GET], path: "/trips/{{trip}}" }} }} ]
policies: {{ directory: policies, schema: generated }}
audit: {{ mode: strict, origin: bench/one, key: "file:secrets/log.key" }}
"""


def recovery(bench):
    count = 50_000 if bench.quick else 1_000_000
    bench.say("writing a log of %s records and killing its process" % format(count, ","))
    bench.prepare("fill", "killed", "usual", count, "kill", may_die=True)
    folder, spare = bench.folder / "killed", bench.folder / "killed-copy"
    published = bench.size(folder / "data/audit")
    segments = sum(path.stat().st_size for path in (folder / "data/audit/wal").glob("0*.wal")) / (1 << 20)
    _configure(folder)
    times, size = [], 0
    for _ in range(1 if bench.quick else 3):
        shutil.rmtree(spare, ignore_errors=True)
        shutil.copytree(folder, spare)
        os.sync()
        times.append(_start(bench, spare))
        size = bench.size(spare / "data/audit")
    middle = statistics.median(times)
    return [row("recovery of a log of %s records after a kill" % format(size, ","), "%.2f s of wall time" % middle,
                "<= 2 s", middle <= 2, "from the start of the process to ready; %s records were in segments only; all: %s" % (
                    format(size - published, ","), " ".join("%.2f s" % one for one in times)),
                seconds=times, size=size, unpublished=size - published)]


def _configure(folder):
    issuer = corpus.Issuer()
    (folder / "policies").mkdir()
    (folder / "policies/all.cedar").write_text('@id("read") permit (principal is User, action, resource);\n')
    (folder / "keys.json").write_text(json.dumps(issuer.key_set()))
    with os.fdopen(os.open(folder / "secrets/gateway.key", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write("k" * 43 + "\n")


def _start(bench, folder):
    ports = {name: peers._free_port() for name in ("grpc", "admin")}
    (folder / "countersign.yaml").write_text(CONFIGURATION.format(**ports))
    start = time.monotonic()
    with open(folder / "output", "wb") as output:
        process = subprocess.Popen([bench.binary, "serve", "--config", str(folder / "countersign.yaml")],
                                   stdout=output, stderr=output)
    try:
        ready = lambda: peers._answers_ok("http://127.0.0.1:%d/readyz" % ports["admin"])
        while not ready():
            if process.poll() is not None or time.monotonic() - start > 120:
                raise tools.NotReady("the service did not recover:\n" + (folder / "output").read_text()[-2000:])
            time.sleep(0.005)
        return time.monotonic() - start
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def memory(bench):
    """Offers far more than the queue may hold while the disk does not answer, and four times as much again."""
    library = bench.folder / "stall.so"
    subprocess.run(["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(library), str(HERE / "stall.c"), "-ldl"], check=True)
    results = []
    for offered in (150_000, 600_000):
        file = bench.folder / "stalled"
        results.append(bench.prepare("stall", "stall-%d" % offered, offered, file, environment={
            "LD_PRELOAD": str(library), "COUNTERSIGN_STALL_FILE": str(file)}))
        shutil.rmtree(bench.folder / ("stall-%d" % offered), ignore_errors=True)
    first, second = results
    growth = second["stalled_mib"] / first["stalled_mib"]
    # Queue and those who wait for room: 64 MiB each.
    bound = 2 * 64
    held = second["stalled_mib"] - second["before_mib"]
    holds = growth <= 1.1 and second["unanswered"] == 0 and second["refused"] > 0
    return [row("memory while the disk does not answer", "%.0f MiB more" % held,
                "<= 1.5 x the queue's limits (%d MiB), no growth" % bound, holds and held <= 1.5 * bound,
                "%s records offered, %s refused, the rest durable later; with %s offered: %.0f MiB more" % (
                    format(round(second["offered"]), ","), format(round(second["refused"]), ","),
                    format(round(first["offered"]), ","), first["stalled_mib"] - first["before_mib"]),
                results=results)]
