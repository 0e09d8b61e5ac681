# SPDX-License-Identifier: Apache-2.0
"""What all measurements share: programmes, logs, and the rows of the table."""
import json
import os
import pathlib
import subprocess
import time

from benchmark import tools

HERE = pathlib.Path(__file__).resolve().parent.parent


def row(name, measured, bar="", holds=None, detail="", **values):
    """A row; `holds` is `None` where there is no bar, `detail` what the table shows below the row."""
    return dict(name=name, measured=measured, bar=bar, holds=holds, detail=detail, **values)


def table(rows, with_head=True):
    """The rows as aligned text."""
    head = {"name": "name", "measured": "measured", "bar": "bar"}
    widths = [max(len(str(line[key])) for line in [head] + rows) for key in head]
    mark = {True: "holds", False: "DOES NOT HOLD", None: ""}
    form = "%%-%ds  %%-%ds  %%-%ds  %%s" % tuple(widths)
    lines = [form % ("name", "measured", "bar", "")] if with_head else []
    for line in rows:
        lines.append(form % (line["name"], line["measured"], line["bar"], mark[line["holds"]]))
        if line["detail"]:
            lines.append("    " + line["detail"])
    return "\n".join(line.rstrip() for line in lines)


class Usage:
    """Times and memory of one command."""

    def __init__(self, wall, usage, output):
        self.wall, self.output = wall, output
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak_mib = usage.ru_maxrss / 1024


class Bench:
    def __init__(self, binary, folder, quick, rounds, say):
        self.binary, self.folder, self.quick, self.say = binary, folder, quick, say
        self.rounds = 1 if quick else rounds
        self._harness = os.environ.get("AUDIT_BENCHMARK")
        self._logs = {}

    @property
    def harness(self):
        """The Swift programme that writes logs; built when it is first needed, unless AUDIT_BENCHMARK names it."""
        if not self._harness:
            scratch = os.environ.get("COUNTERSIGN_SCRATCH")
            build = ["swift", "build", "-c", "release", "-Xswiftc", "-cross-module-optimization"]
            build += ["--scratch-path", scratch] if scratch else []
            self.say("building audit-benchmark")
            result = subprocess.run(build + ["--product", "audit-benchmark"], cwd=HERE, capture_output=True, text=True)
            if result.returncode != 0:
                raise tools.NotReady("audit-benchmark cannot be built:\n" + result.stdout + result.stderr)
            where = subprocess.run(build + ["--show-bin-path"], cwd=HERE, check=True, capture_output=True, text=True)
            self._harness = where.stdout.strip() + "/audit-benchmark"
        return self._harness

    def prepare(self, verb, name, *arguments, environment=None, may_die=False):
        """Runs the harness on the log `name`; returns what it measured."""
        log, key = self.folder / name / "data/audit", self.folder / name / "secrets/log.key"
        log.mkdir(parents=True, exist_ok=True)
        key.parent.mkdir(exist_ok=True, mode=0o700)
        process = subprocess.run([self.harness, verb, str(log), str(key), *map(str, arguments)], text=True,
                                 stdout=subprocess.PIPE, env=dict(os.environ, **(environment or {})))
        if process.returncode != 0 and not may_die:
            raise tools.NotReady("audit-benchmark %s ended with %d" % (verb, process.returncode))
        return json.loads(process.stdout) if process.stdout else {}

    def log(self, kind, count):
        """A closed log of `usual` or `small` records, made once."""
        if kind not in self._logs:
            self.say("writing a log of %s %s records" % (format(count, ","), kind))
            self.prepare("fill", kind, kind, count, "close")
            self._logs[kind] = self.folder / kind / "data/audit"
        return self._logs[kind]

    def run(self, *arguments, core=None):
        """Times of `countersign audit ...`, on one core if it is given."""
        command = (["taskset", "-c", str(core)] if core is not None else []) + [self.binary, "audit", *map(str, arguments)]
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise tools.NotReady("`%s` ended with %d" % (" ".join(command), process.returncode))
        return Usage(time.monotonic() - start, usage, output)

    @staticmethod
    def size(log):
        """The number of records under the checkpoint."""
        return int((log / "log/checkpoint").read_text().split("\n")[1])
