# SPDX-License-Identifier: Apache-2.0
"""Sums up rounds: medians, and ratios within the same round."""
import os
import platform
import statistics
import time

BASE = "grpc-go echo"


def machine():
    """What the figures were taken on."""
    model = "unknown processor"
    try:
        with open("/proc/cpuinfo") as file:
            model = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return "%s, %d cores, %s %s" % (model, os.cpu_count(), platform.system(), platform.release())


def sync_microseconds(folder, count=200):
    """The disk's own fdatasync of one overwritten 4 KiB block, median."""
    path = os.path.join(folder, "sync-probe")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    times = []
    try:
        os.pwrite(descriptor, b"\0" * (4096 * count), 0)
        os.fsync(descriptor)
        for i in range(count):
            os.pwrite(descriptor, bytes([i % 251 + 1]) * 4096, 4096 * i)
            start = time.perf_counter()
            os.fdatasync(descriptor)
            times.append((time.perf_counter() - start) * 1e6)
    finally:
        os.close(descriptor)
        os.unlink(path)
    return statistics.median(times)


def summarize(rounds):
    """`rounds`: one dict a round, {(shape, peer): result}. Returns rows in the order of the first round."""
    rows = []
    for shape, peer in rounds[0]:
        results = [r[shape, peer] for r in rounds]
        ratios = [_cpu(r[shape, peer]) / _cpu(r[shape, BASE]) for r in rounds if (shape, BASE) in r]
        latency = [r[shape, peer]["p50_us"] / r[shape, BASE]["p50_us"] for r in rounds if (shape, BASE) in r]
        middle = lambda key: statistics.median(r[key] for r in results)
        rows.append({
            "workload": shape, "peer": peer,
            "cpu_us": statistics.median(_cpu(r) for r in results),
            "cpu_ratio": statistics.median(ratios) if ratios else None, "cpu_ratios": ratios,
            "per_second": statistics.median(r["measured"] / r["seconds"] for r in results),
            "busy": statistics.median(r["cpu_seconds"] / r["seconds"] for r in results),
            "p50_us": middle("p50_us"), "p90_us": middle("p90_us"), "p99_us": middle("p99_us"),
            "p50_ratio": statistics.median(latency) if latency else None,
            "calls": sum(r["done"] for r in results)})
    return rows


def _cpu(result):
    return result["cpu_seconds"] / max(1, result["measured"]) * 1e6


def table(rows):
    """The rows as aligned text."""
    lines = ["%-28s %-26s %8s %7s %9s %5s %9s %9s %7s" % (
        "workload", "server", "CPU us", "to go", "calls/s", "busy", "p50 us", "p99 us", "p50/go")]
    previous = None
    for row in rows:
        workload = row["workload"] if row["workload"] != previous else ""
        previous = row["workload"]
        ratio = lambda value: "-" if value is None else "%.2f" % value
        lines.append("%-28s %-26s %8.1f %7s %9.0f %4.0f%% %9.0f %9.0f %7s" % (
            workload, row["peer"], row["cpu_us"], ratio(row["cpu_ratio"]), row["per_second"], row["busy"] * 100,
            row["p50_us"], row["p99_us"], ratio(row["p50_ratio"])))
    return "\n".join(lines)
