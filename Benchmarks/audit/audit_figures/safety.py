# SPDX-License-Identifier: Apache-2.0
"""What must not be lost: kill -9, power cuts, tampering. Runs the tests that do it and takes their figures."""
import os
import re
import subprocess
import sys

from benchmark import tools

from .bench import row

PYTHON = tools.REPOSITORY / ".countersign-test/venv/bin/python"


def _output(command, pattern, environment=None):
    process = subprocess.run(command, cwd=tools.REPOSITORY, env=dict(os.environ, **(environment or {})), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = list(re.finditer(pattern, process.stdout))
    if not found:
        raise tools.NotReady("`%s` does not say what it counted:\n%s" % (" ".join(command), process.stdout[-2000:]))
    rows = [[int(number.replace(",", "")) for number in match.groups()] for match in found]
    return process.returncode, [sum(column) for column in zip(*rows)]


def kills(bench):
    cycles = 5 if bench.quick else 1000
    python = os.environ.get("COUNTERSIGN_TEST_PYTHON") or (str(PYTHON) if PYTHON.exists() else sys.executable)
    code, (count, seen, lost, unverifiable) = _output(
        [python, "Tests/Interop/run", bench.binary, "durability", "--cycles", str(cycles)],
        r"kills: ([\d,]+); ([\d,]+) decisions seen by clients, ([\d,]+) lost; ([\d,]+) logs unverifiable")
    return [row("kill -9 under load, %s times" % format(count, ","), "%d lost, %d logs unverifiable" % (
        lost, unverifiable), "0 lost of >= 1,000,000, 0 unverifiable",
        code == 0 and lost == 0 and unverifiable == 0 and (bench.quick or seen >= 1_000_000),
        "%s decisions seen by clients" % format(seen, ","),
        kills=count, decisions=seen, lost=lost, unverifiable=unverifiable)]


def power_cuts(bench):
    code, (cuts, points, _, _, disks, records, lost, unverifiable) = _output(
        ["swift", "test", *_scratch(), "--filter", "AuditLogTests.PowerCutTests"],
        r"power cuts: (\d+) at (\d+) distinct points \(file operation x loss, of (\d+) in (\d+) scenarios\), (\d+) "
        r"different disks; of (\d+) acknowledged records (\d+) lost; (\d+) logs unverifiable",
        {"COUNTERSIGN_POWER_CUTS": "100" if bench.quick else "10000"})
    return [row("power cuts, %s points (file operation x loss)" % format(points, ","),
                "%d lost, %d logs unverifiable" % (lost, unverifiable),
                ">= 10,000 points, 0 lost, 0 unverifiable",
                code == 0 and lost == 0 and unverifiable == 0 and (bench.quick or points >= 10_000),
                "%s acknowledged records, %s different disks" % (format(records, ","), format(disks, ",")),
                cuts=cuts, points=points, disks=disks, lost=lost, unverifiable=unverifiable)]


def tampering(bench):
    code, (noticed, cases) = _output(["swift", "test", *_scratch(), "--filter", "AuditLogTests.TamperingTests"],
                                     r"tampering, by [a-z ]+: (\d+) of (\d+) cases noticed")
    return [row("tampering, %d cases" % cases, "%d noticed" % noticed, "all", code == 0 and noticed == cases,
                cases=cases, noticed=noticed)]


def _scratch():
    scratch = os.environ.get("COUNTERSIGN_TEST_SCRATCH")
    return ["--skip-build", "--scratch-path", scratch] if scratch else []
