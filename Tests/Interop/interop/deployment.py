# SPDX-License-Identifier: Apache-2.0
"""One Countersign of its own: a directory with configuration, policies and secrets, and the running process."""
import base64
import hashlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from http.client import HTTPException

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from .auditlog import AuditDirectory
from .ports import free_port
from .report import PATIENCE, eventually

ORIGIN = "tidewater/one"


def log_key(origin):
    """A log key in the form of note tools, and its public half."""
    private = ed25519.Ed25519PrivateKey.generate()
    raw = private.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw,
                                serialization.NoEncryption())
    public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    key_id = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4].hex()
    text = lambda part: base64.b64encode(b"\x01" + part).decode()
    return "PRIVATE+KEY+%s+%s+%s" % (origin, key_id, text(raw)), "%s+%s+%s" % (origin, key_id, text(public))


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def http(method, url, body=None, headers=None, timeout=PATIENCE):
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return Response(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as answer:
        return Response(answer.code, answer.headers, answer.read())


class Deployment:
    """Writes a directory on entry; `start` runs the server; leaving ends the process and removes the directory."""

    def __init__(self, binary, configuration, policies, files=None, origin=ORIGIN):
        """`configuration` is YAML with {grpc}, {http} and {admin} for ports; `policies` is {name: Cedar text}."""
        self.binary, self._origin = str(binary), origin
        self._configuration, self._policies, self._files = configuration, policies, files or {}
        self.process, self.output = None, b""
        self.secrets = []  # what may never appear in an output or in the log

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="countersign-interop-"))
        self.file = self.folder / "countersign.yaml"
        self.stderr_path = self.folder / "stderr.txt"
        self.grpc, self.http_port, self.admin = free_port(), free_port(), free_port()
        private, self.verifier_key = log_key(self._origin)
        self.gateway_key, self.second_gateway_key = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.secrets += [private.rsplit("+", 1)[1], self.gateway_key, self.second_gateway_key]
        self.write_secret("log.key", private + "\n")
        self.write_secret("gate-a.key", self.gateway_key + "\n")
        self.write_secret("gate-b.key", self.second_gateway_key + "\n")
        for name, text in self._policies.items():
            self.write("policies/" + name, text)
        for name, content in self._files.items():
            self.write(name, content if isinstance(content, str) else json.dumps(content))
        self.write_configuration(self._configuration)
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if os.environ.get("COUNTERSIGN_INTEROP_KEEP"):
            print("      kept %s" % self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name("." + path.name + ".new")
        temporary.write_text(text)
        os.replace(temporary, path)

    def write_secret(self, name, text):
        path = self.folder / "secrets" / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        temporary = path.with_name("." + path.name + ".new")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        os.replace(temporary, path)

    def write_configuration(self, text):
        self._configuration = text
        for name, port in (("{grpc}", self.grpc), ("{http}", self.http_port), ("{admin}", self.admin)):
            text = text.replace(name, str(port))
        self.write("countersign.yaml", text)

    # The process.

    def start(self, wait=True, wrapper=()):
        command = list(wrapper) + [self.binary, "serve", "--config", str(self.file)]
        with open(self.stderr_path, "ab") as errors, open(self.folder / "stdout.txt", "ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=errors, stdin=subprocess.DEVNULL)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=PATIENCE):
        status = eventually(lambda: self.process.poll() is not None or self.readiness() == 200, seconds)
        if self.process.poll() is not None:
            raise RuntimeError("the server ended with %d: %s" % (self.process.returncode, self.log()[-1500:]))
        if not status:
            raise RuntimeError("the server did not become ready: %s" % self.log()[-1500:])

    def readiness(self):
        """The status of `/readyz`; 0 while nobody answers."""
        try:
            return http("GET", self.admin_url("/readyz"), timeout=60).status
        except (OSError, HTTPException):
            return 0

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        os.kill(self.process.pid, number)

    def stop(self, seconds=PATIENCE):
        """Ends the server as an operator would; returns its exit code."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log(self):
        """What the process wrote so far, both streams."""
        return "".join((self.folder / name).read_text(errors="replace") for name in ("stdout.txt", "stderr.txt")
                       if (self.folder / name).exists())

    def run(self, *arguments, stdin=None, timeout=600):
        """Another command of the same binary; returns (code, both outputs)."""
        result = subprocess.run([self.binary, *map(str, arguments)], input=stdin, timeout=timeout, cwd=self.folder,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return result.returncode, result.stdout

    def metrics(self):
        """What `/metrics` says: {name: {labels as (name, value) pairs: value}}."""
        found = {}
        for line in http("GET", self.admin_url("/metrics")).body.decode().splitlines():
            match = re.match(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$", line)
            if match:
                labels = frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
                found.setdefault(match[1], {})[labels] = float(match[3])
        return found

    def metric(self, name, **labels):
        """The sum of a metric over all series that have these labels."""
        return sum(value for series, value in self.metrics().get(name, {}).items() if set(labels.items()) <= series)

    def status(self):
        return http("GET", self.admin_url("/status")).json()

    # Addresses and files.

    def admin_url(self, path):
        return "http://127.0.0.1:%d%s" % (self.admin, path)

    def http_url(self, path):
        return "http://127.0.0.1:%d%s" % (self.http_port, path)

    @property
    def target(self):
        return "127.0.0.1:%d" % self.grpc

    @property
    def audit(self):
        return AuditDirectory(self.folder / "state/audit")

    def recorded(self, decision_id, seconds=PATIENCE):
        """The record of a decision, once a checkpoint covers it."""
        def find():
            try:
                return next((r for r in self.audit.records() if r.get("id") == decision_id), None)
            except FileNotFoundError:
                return None
        return eventually(find, seconds, 0.1)

    def verify_command(self):
        return self.run("audit", "verify", self.folder / "state/audit", "--key", self.verifier_key, "--records")

    def until(self, condition, seconds=PATIENCE):
        return eventually(condition, seconds)
