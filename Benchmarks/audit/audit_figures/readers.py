# SPDX-License-Identifier: Apache-2.0
"""What auditors do: verify, reindex, search."""
import json
import statistics

from .bench import row

CORE = 1


def verify(bench):
    log = bench.log("usual", 50_000 if bench.quick else 1_000_000)
    total, key, rows = bench.size(log), "@%s" % (log / "log.vkey"), []
    runs = 1 if bench.quick else 3
    for name, options, bar in (("verify", [], 300_000), ("verify --records", ["--records"], 300_000),
                               ("verify --disclosures", ["--disclosures", log / "disclosures"], None)):
        used = [bench.run("verify", log, "--key", key, *options, core=CORE) for _ in range(runs)]
        cpu = total / statistics.median(u.cpu for u in used)
        wall = total / statistics.median(u.wall for u in used)
        peak = max(u.peak_mib for u in used)
        rows.append(row("%s, %s records, one core" % (name, format(total, ",")),
                        "%s records/s of CPU time" % format(round(cpu), ","),
                        ">= %s" % format(bar, ",") if bar else "", cpu >= bar if bar else None,
                        "%s records/s of wall time, %.0f MiB" % (format(round(wall), ","), peak),
                        cpu_per_second=cpu, wall_per_second=wall, peak_mib=peak))
    return rows


def reindex(bench):
    rows = []
    for kind, count in (("usual", 50_000 if bench.quick else 1_000_000),
                        ("small", 100_000 if bench.quick else 10_000_000)):
        log = bench.log(kind, count)
        total = bench.size(log)
        runs = [bench.run("reindex", "--log", log, "--json") for _ in range(3 if kind == "usual" and not bench.quick else 1)]
        used = sorted(runs, key=lambda one: one.wall)[len(runs) // 2]
        rows.append(row("reindex, %s %s records" % (format(total, ","), kind),
                        "%s records/s of wall time" % format(round(total / used.wall), ","),
                        ">= 100,000", total / used.wall >= 100_000,
                        "%s records/s of CPU time, %.0f MiB; all runs: %s" % (
                            format(round(total / used.cpu), ","), used.peak_mib,
                            " ".join("%.1f s" % one.wall for one in runs)),
                        wall_per_second=total / used.wall, cpu_per_second=total / used.cpu, peak_mib=used.peak_mib))
    return rows


def search(bench):
    log = bench.log("small", 100_000 if bench.quick else 10_000_000)
    if not (log / "index.sqlite").exists():
        bench.run("reindex", "--log", log, "--json")
    # The records are spread over 30 days from 2026-11-01; the last of them is the newest.
    day, rows = ("--from", "2026-11-14", "--to", "2026-11-15"), []
    for name, options, bar in (("by subject and day", ("--subject", "user-777", *day), 200),
                               ("by subject", ("--subject", "user-777"), None),
                               ("denials of a day", ("--verdict", "deny", *day), None)):
        used = [bench.run("search", "--log", log, "--json", *options) for _ in range(9)]
        found = [json.loads(line) for line in used[-1].output.splitlines()]
        if not all(one["verified"] for one in found):
            raise SystemExit("a row of `audit search` is not verified")
        times = sorted(u.wall * 1000 for u in used)
        rows.append(row("search of %s records %s" % (format(bench.size(log), ","), name),
                        "%.0f ms of wall time, highest of 9" % times[-1], "<= %d ms" % bar if bar else "",
                        times[-1] <= bar and len(found) > 0 if bar and not bench.quick else None,
                        "median %.0f ms, with the start of the process; %d rows, each proved" % (times[4], len(found)),
                        median_ms=times[4], highest_ms=times[-1], found=len(found)))
    return rows
