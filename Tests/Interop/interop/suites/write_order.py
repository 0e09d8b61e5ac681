# SPDX-License-Identifier: Apache-2.0
"""Under strace: no answer is written to the gateway's socket before the sync that covers its record returned."""
import re
import shutil

from ..report import eventually
from ..scenario import Scenario

CALLS = 25
SYSCALLS = "fdatasync,fsync,pwrite64,pwritev,pwritev2,write,writev,sendto,sendmsg"
SENDING = {"write", "writev", "sendto", "sendmsg"}
# Where one piece of a gathering write ends and the next begins: a record may lie across the boundary of a block.
SEAM = re.compile(r'", iov_len=\d+\}, \{iov_base="')
LINE = re.compile(r"^(\d+) +(?:<\.\.\. (\w+) resumed>(.*)|(\w+)\((.*))$", re.DOTALL)


class Call:
    """One system call: the lines of the trace on which it began and returned."""

    def __init__(self, name, text, began):
        self.name, self.text, self.began, self.returned, self.result = name, text, began, None, None

    @property
    def file(self):
        """The first argument with what it refers to, as `12</path>`."""
        return self.text.split(", ", 1)[0].split(")", 1)[0]


def run(binary, report, options):
    if not report.check("strace is installed", shutil.which("strace")):
        return
    with Scenario(binary) as scenario:
        trace = scenario.deployment.folder / "trace.txt"
        # -D keeps the server our own child; -yy names files and sockets.
        scenario.start(wrapper=["strace", "-D", "-f", "-yy", "-s", "200000", "-e", "signal=none", "-e",
                                "trace=" + SYSCALLS, "-o", str(trace)])
        answers = []
        with scenario.gateway() as gateway:
            for number in range(CALLS):
                token = scenario.north.token("mara", ["ledger:read"] if number % 3 else [])
                answers.append(gateway.ask(token=token))
        report.equal("ends cleanly on SIGTERM", scenario.deployment.stop(), 0)
        eventually(lambda: "+++ exited with 0 +++" in trace.read_text(errors="replace")[-500:])
        calls = parsed(trace.read_text(errors="replace"))
        socket = re.compile(r"<TCP(?:v6)?:\[[^]]*:%d->" % scenario.deployment.grpc)
        early, untraced = [], []
        for answer in answers:
            verdict = order(calls, answer.decision, socket)
            if verdict is None:
                untraced.append(answer.decision)
            elif not verdict:
                early.append(answer.decision)
        report.check("all of %d answers and their records are in the trace" % CALLS, not untraced, untraced)
        report.check("%d answers were sent after the sync of their record returned" % CALLS, not early and not untraced,
                     early)


def parsed(text):
    calls, open_calls = [], {}
    for number, line in enumerate(text.splitlines()):
        match = LINE.match(line)
        if not match:
            continue
        process, resumed, rest, name, arguments = match.groups()
        if resumed:
            call = open_calls.pop(process, None)
            if call:
                call.returned, call.result = number, rest.rpartition("= ")[2]
        elif arguments.endswith("<unfinished ...>"):
            open_calls[process] = call = Call(
                name, arguments.removesuffix("<unfinished ...>").rstrip(), number)
            calls.append(call)
        else:
            call = Call(name, arguments, number)
            call.returned, call.result = number, arguments.rpartition("= ")[2]
            calls.append(call)
    return calls


def order(calls, decision, socket):
    """True or False as the sync came first; None if the record or the answer was not seen."""
    record = next((c for c in calls if c.name.startswith("pwrite") and ".wal>" in c.file
                   and decision in SEAM.sub("", c.text)), None)
    answer = next((c for c in calls if c.name in SENDING and decision in c.text and socket.search(c.file)), None)
    if record is None or answer is None or record.returned is None:
        return None
    return any(c.name in ("fdatasync", "fsync") and c.file == record.file and c.began > record.returned
               and c.returned is not None and c.result.startswith("0") and c.returned < answer.began for c in calls)
