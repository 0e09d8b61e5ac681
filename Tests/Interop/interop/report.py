# SPDX-License-Identifier: Apache-2.0
"""Counts checks: one printed line each."""
import sys
import time
import traceback

# How long anything may take that ends by itself, in seconds: long enough for a machine that is busy with other things.
PATIENCE = 240


class Report:
    def __init__(self, suite):
        self.suite, self.passed, self.failed, self.skipped = suite, 0, 0, []

    def check(self, name, holds, detail=""):
        """One check. `detail` says what was seen; printed when it does not hold."""
        if holds:
            self.passed += 1
            print("ok    %s: %s" % (self.suite, name), flush=True)
        else:
            self.failed += 1
            print("FAIL  %s: %s%s" % (self.suite, name, ": %s" % (detail,) if detail != "" else ""), flush=True)
        return bool(holds)

    def equal(self, name, seen, wanted):
        return self.check(name, seen == wanted, "wanted %r, got %r" % (wanted, seen))

    def contains(self, name, text, part):
        shown = text if len(text) < 400 else text[:200] + " ... " + text[-200:]
        return self.check(name, part in text, "`%s` is not in `%s`" % (part, shown))

    def note(self, text):
        print("      %s: %s" % (self.suite, text), flush=True)

    def skip(self, name, reason):
        """Says which part does not run here, and what it would need."""
        self.skipped.append(name)
        print("skip  %s: %s: %s" % (self.suite, name, reason), flush=True)

    def guard(self, name, function, *arguments):
        """Runs a part of a suite; an exception fails one check and the next part still runs."""
        try:
            function(*arguments)
        except Exception as problem:  # noqa: BLE001: whatever a part throws is a failed check
            place = traceback.extract_tb(problem.__traceback__)
            where = next((f for f in reversed(place) if "/suites/" in f.filename), place[-1])
            text = " ".join(str(problem).split())[:400]
            self.check(name, False, "%s at %s:%d: %s" % (type(problem).__name__, where.filename.rsplit("/", 1)[1],
                                                        where.lineno, text))

    def finish(self):
        text = ", %d skipped" % len(self.skipped) if self.skipped else ""
        print("%d passed, %d failed%s" % (self.passed, self.failed, text), flush=True)
        return 1 if self.failed or not (self.passed or self.skipped) else 0


def eventually(condition, seconds=PATIENCE, pause=0.02):
    """Waits until the condition holds; returns its last value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(pause)


def warn(text):
    print(text, file=sys.stderr, flush=True)
