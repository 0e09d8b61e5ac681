# SPDX-License-Identifier: Apache-2.0
"""Other people's programmes that suites use where they are: each has its own Python environment or Debian package."""
import os
import pathlib
import shutil
import subprocess
from http.client import HTTPException

from .deployment import http
from .ports import free_port
from .report import PATIENCE, eventually

TOOLS = pathlib.Path(__file__).resolve().parents[3] / ".countersign-test"


def environment(name):
    """The `bin` directory of an environment that scripts/prepare-test-tools makes, or None."""
    folder = pathlib.Path(os.environ.get("COUNTERSIGN_TEST_TOOLS", TOOLS)) / name / "bin"
    return folder if (folder / "python").exists() else None


def program(name):
    """A programme of the system, or None."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")


class Running:
    """A process with its output in a file; ended on exit."""

    def __init__(self, command, folder, up, environment=None, seconds=PATIENCE):
        self._command, self._folder, self._up, self._seconds = [str(c) for c in command], pathlib.Path(folder), up, seconds
        self._environment = dict(os.environ, **(environment or {}))

    def __enter__(self):
        with open(self._folder / (pathlib.Path(self._command[0]).name + ".log"), "ab") as output:
            self.process = subprocess.Popen(self._command, cwd=self._folder, env=self._environment, stdout=output,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

        def ready():
            if self.process.poll() is not None:
                raise RuntimeError("%s ended with %d" % (self._command[0], self.process.returncode))
            return answers(self._up)
        if not eventually(ready, self._seconds, 0.05):
            self.__exit__()
            raise RuntimeError("%s does not answer at %s" % (self._command[0], self._up))
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def answers(url):
    try:
        return http("GET", url, timeout=60).status < 500
    except (OSError, HTTPException):
        return False


__all__ = ["Running", "environment", "free_port", "program"]
