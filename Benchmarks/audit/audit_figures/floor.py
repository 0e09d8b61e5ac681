# SPDX-License-Identifier: Apache-2.0
"""The least that recording costs: what the form of the log prescribes, done in C and nothing besides."""
import base64
import json
import shutil
import statistics
import subprocess

from benchmark import tools

from .bench import HERE, row
from .path import Service

BATCH = 64


def floor(bench):
    service = Service(bench)
    costs = {name: [] for name in ("strict", "off")}
    parts = []
    programme = _programme(bench)
    for _ in range(bench.rounds):
        for name in costs:
            result = service.load(getattr(service, name), 16, 16)
            costs[name].append(1e6 * result["cpu_seconds"] / result["measured"])
        leaf, disclosures, blocks = _usual_record(service.strict.folder / "data/audit")
        folder = bench.folder / "floor"
        folder.mkdir()
        output = subprocess.run([programme, folder, str(leaf), str(disclosures), str(blocks), str(BATCH)], check=True,
                                capture_output=True, text=True).stdout
        shutil.rmtree(folder)
        parts.append(json.loads(output))
    strict, off = (statistics.median(costs[name]) for name in ("strict", "off"))
    least = {name: statistics.median(part[name] for part in parts) for name in parts[0]}
    whole = sum(least.values())
    return [row("strict, audit off, and what may lie between for 80 %", "%.1f, %.1f and %.1f us of CPU time" % (
                strict, off, off / 0.8 - off), strict_us=strict, off_us=off),
            row("least of a record in C: hashing, segment, tree", "%.1f + %.1f + %.1f = %.1f us of CPU time" % (
                least["hashing"], least["segment"], least["tree"], whole),
                detail="a leaf of %d bytes, disclosures of %d, %d blocks of SHA-256, batches of %d; at best %.0f %% of audit "
                "off" % (leaf, disclosures, blocks, BATCH, 100 * off / (off + whole)), least_us=least)]


def _programme(bench):
    target = bench.folder / "floor-programme"
    compiled = subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-std=gnu17", "-o", str(target), str(HERE / "floor.c"),
                               "-lnettle"], capture_output=True, text=True)
    if compiled.returncode != 0:
        raise tools.NotReady("floor.c cannot be compiled (nettle-dev is needed):\n" + compiled.stderr)
    return str(target)


def _usual_record(log):
    """Bytes of a leaf and of its disclosures, and how many blocks of SHA-256 a record takes, in the log's first bundle."""
    leaf = (log / "log/tile/entries/000").stat().st_size // 256 - 2
    lines = (log / "disclosures/000.jsonl").read_bytes().splitlines()
    blocks = 0
    for line in lines:
        for disclosure in json.loads(line)["d"]:
            blocks += _blocks(len(disclosure))
            _, name, value = json.loads(base64.urlsafe_b64decode(disclosure + "=="))
            # The decision says the digest of its input as well.
            if name == "input":
                blocks += _blocks(len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()))
    # The leaf behind its prefix, and one node of the tree.
    return leaf, sum(map(len, lines)) // len(lines), round(blocks / len(lines)) + _blocks(leaf + 1) + _blocks(65)


def _blocks(count):
    """Blocks of SHA-256 for a message, padding included (FIPS 180-4, section 5.1.1)."""
    return (count + 9 + 63) // 64
