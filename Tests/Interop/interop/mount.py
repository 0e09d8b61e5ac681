# SPDX-License-Identifier: Apache-2.0
"""A small file system of its own, seen by nobody else: for disks that are full."""
import pathlib
import shutil
import subprocess

HOLD = 'mount -t tmpfs -o size=%d countersign-test "%s" && echo mounted && exec cat'


class NotPermitted(Exception):
    """This machine does not let us mount; the text says what was tried."""


class SmallDisk:
    """A tmpfs of some bytes over an empty folder, in a mount namespace that lives as long as this object."""

    def __init__(self, folder, size):
        self.folder = pathlib.Path(folder)
        for flags in (["-m"], ["-r", "-m"]):
            if self._try(flags, size):
                self._user = "-r" in flags
                return
        raise NotPermitted("neither `unshare -m` nor `unshare -r -m` may mount a tmpfs here")

    def _try(self, flags, size):
        if not shutil.which("unshare") or not shutil.which("nsenter"):
            raise NotPermitted("unshare and nsenter are not installed (Debian package util-linux)")
        self._holder = subprocess.Popen(["unshare", *flags, "sh", "-c", HOLD % (size, self.folder)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if self._holder.stdout.readline() == b"mounted\n":
            return True
        self.close()
        return False

    @property
    def wrapper(self):
        """In front of a command: runs it where the file system is mounted, as the same process."""
        return ["nsenter", "-t", str(self._holder.pid), "-m", *(["-U", "--preserve-credentials"] if self._user else [])]

    @property
    def path(self):
        """The mounted folder as seen from outside."""
        return pathlib.Path("/proc/%d/root%s" % (self._holder.pid, self.folder))

    def fill(self, name="ballast"):
        """Writes until nothing more fits; returns the bytes written."""
        written = 0
        with open(self.path / name, "ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        written += file.write(b"\0" * size)
                except OSError:
                    continue
        return written

    def free(self, name="ballast"):
        (self.path / name).unlink()

    def close(self):
        self._holder.stdin.close()
        self._holder.wait(60)
        self._holder.stdout.close()
