# SPDX-License-Identifier: Apache-2.0
"""What recording before releasing costs: throughput and latency of the service, and the audit path alone."""
import json
import secrets
import statistics
import subprocess

from benchmark import corpus, peers, report, tools

from .bench import row


class Service:
    """The service with the audit log strict and off, under the load generator, each on a core of its own."""

    def __init__(self, bench):
        self._bench = bench
        issuer, key = corpus.Issuer(), secrets.token_urlsafe(32)
        tools.WORK.mkdir(exist_ok=True)
        self._loadgen = tools.build_load_generator(bench.say)
        self._corpus = bench.folder / "cached.calls"
        corpus.CorpusWriter(issuer, key).write(self._corpus, 4000, 32, 0.05)
        self.strict, self.off = (peers.Countersign(bench.binary, bench.folder, corpus.ISSUER, issuer.key_set(),
                                                   corpus.AUDIENCE, key, strict) for strict in (True, False))

    def load(self, peer, connections, streams):
        seconds = 1.0 if self._bench.quick else 3.0
        with peer.started(0) as (port, pid):
            process = subprocess.run(
                ["taskset", "-c", "1", str(self._loadgen), "--port", str(port), "--path", peer.path, "--corpus",
                 str(self._corpus), "--connections", str(connections), "--streams", str(streams), "--pid", str(pid),
                 "--check", peer.check, "--warmup", "1", "--seconds", str(seconds)], capture_output=True, text=True)
        if process.returncode != 0 or not process.stdout:
            raise tools.NotReady("the load generator failed: %s%s" % (process.stdout, process.stderr))
        return json.loads(process.stdout)


def throughput(bench):
    service, ratios, cpu = Service(bench), [], []
    rates = {"strict": [], "off": []}
    for number in range(bench.rounds):
        results = {}
        order = ["strict", "off"] if number % 2 == 0 else ["off", "strict"]
        for name in order:
            results[name] = service.load(getattr(service, name), 16, 16)
            rates[name].append(results[name]["measured"] / results[name]["seconds"])
        ratios.append(rates["strict"][-1] / rates["off"][-1])
        use = {name: result["cpu_seconds"] / result["measured"] for name, result in results.items()}
        cpu.append(use["off"] / use["strict"])
    middle = statistics.median(ratios)
    return [row("strict against audit off, 256 calls in flight", "%.0f %% of the calls/s of wall time" % (100 * middle),
                ">= 80 %", middle >= 0.8, "%s calls/s against %s (medians); by round: %s" % (
                    *(format(round(statistics.median(rates[name])), ",") for name in ("strict", "off")),
                    " ".join("%.0f %%" % (100 * one) for one in ratios)), ratio=middle, ratios=ratios, rates=rates),
            row("the same by CPU time", "%.0f %% of the calls per second of CPU time" % (100 * statistics.median(cpu)),
                cpu_ratio=statistics.median(cpu))]


def latency(bench):
    service, added, syncs, bars, rounds = Service(bench), [], [], [], []
    for _ in range(bench.rounds):
        before = report.sync_microseconds(bench.folder)
        strict = service.load(service.strict, 1, 1)["p50_us"]
        between = report.sync_microseconds(bench.folder)
        off = service.load(service.off, 1, 1)["p50_us"]
        sync = statistics.median([before, between, report.sync_microseconds(bench.folder)])
        added.append(strict - off)
        syncs.append(sync)
        bars.append(1.3 * sync + 50)
        rounds.append((strict - off) / (1.3 * sync + 50))
    middle, bar = statistics.median(added), statistics.median(bars)
    return [row("added by strict to one call at a time", "%.0f us of wall time" % middle,
                "<= 1.3 x fdatasync + 50 us = %.0f us" % bar, statistics.median(rounds) <= 1,
                "fdatasync of this disk: %.0f us; medians of medians; against the bar of its round: %s" % (
                    statistics.median(syncs), " ".join("%.0f %%" % (100 * one) for one in rounds)),
                added_us=added, fdatasync_us=syncs)]


def alone(bench):
    rows = []
    for flight in (256, 1):
        count = (20_000 if flight > 1 else 500) * (1 if bench.quick else 10)
        result = bench.prepare("path", "path-%d" % flight, count, flight)
        parts = sorted(((value, key[7:]) for key, value in result.items() if key.startswith("cpu_us_") and value > 0.05),
                       reverse=True)
        rows.append(row("audit path alone, %d in flight" % flight, "%.1f us of CPU time a record" % result["cpu_us"],
                        detail="%s; %s records/s of wall time, median %.0f us, %.0f records a batch" % (
                            ", ".join("%s %.1f" % (name, value) for value, name in parts),
                            format(round(result["records_per_second"]), ","), result["p50_us"],
                            result["records_a_batch"]), **result))
    return rows
