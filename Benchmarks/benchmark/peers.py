# SPDX-License-Identifier: Apache-2.0
"""The servers that are measured: each is started fresh for one measurement, pinned to one core."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

PROCESS_MESSAGE = "/apigee.ExternalCalloutService/ProcessMessage"

POLICIES = """\
@id("fleet.read")
permit (principal is User, action in Action::"read", resource in Api::"fleet")
when { principal.scopes.contains("fleet:read") };

@id("fleet.write")
permit (principal is User, action in Action::"write", resource in Api::"fleet")
when { principal.scopes.contains("fleet:write") };

@id("fleet.blocked-driver")
@reason("This driver is blocked.")
forbid (principal == User::"login/driver-blocked", action, resource);
"""

CONFIGURATION = """\
data: data
listeners:
  grpc: {{ address: "127.0.0.1:{grpc}", protocols: [apigee, health] }}
  http: {{ address: "127.0.0.1:{http}", protocols: [decisions] }}
  admin: {{ address: "127.0.0.1:{admin}", protocols: [metrics, health] }}
gateways:
  bench: {{ keys: ["file:secrets/gateway.key"] }}
providers:
  login: {{ type: oidc, issuer: "{issuer}", audiences: [{audience}], jwks_file: keys.json, algorithms: [ES256] }}
apis:
  fleet:
    match: {{ hosts: [fleet.bench.example], proxies: [fleet], base_path: /fleet/v2 }}
    providers: [login]
    routes:
      - {{ name: trips.read, match: {{ methods: [GET], path: "/trips/{{trip}}" }} }}
      - {{ name: trips.stops, match: {{ methods: [GET], path: "/trips/{{trip}}/stops" }} }}
      - {{ name: trips.driver, match: {{ methods: [GET], path: "/trips/{{trip}}/driver" }} }}
      - {{ name: trips.change, match: {{ methods: [PUT, PATCH], path: "/trips/{{trip}}" }} }}
policies: {{ directory: policies, schema: generated }}
audit: {audit}
"""


class PeerFailed(Exception):
    """A server did not start or died."""


def _free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _wait(process, ready, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise PeerFailed("`%s` ended with %d" % (process.args[-1], process.returncode))
        if ready():
            return
        time.sleep(0.02)
    raise PeerFailed("`%s` was not ready within %d s" % (" ".join(process.args), seconds))


def _accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def _answers_ok(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


@contextlib.contextmanager
def _running(command, core, log):
    with open(log, "ab") as out:
        process = subprocess.Popen(["taskset", "-c", str(core)] + command, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class GrpcGoEcho:
    """grpc-go decoding and encoding the whole message; the measure of all ratios."""
    name, check, path = "grpc-go echo", "echo", PROCESS_MESSAGE

    def __init__(self, programme, work):
        self._programme, self._work = programme, work

    @contextlib.contextmanager
    def started(self, core):
        port = _free_port()
        with _running([str(self._programme), "127.0.0.1:%d" % port], core, self._work / "echo.log") as process:
            _wait(process, lambda: _accepts(port))
            yield port, process.pid


class Nginx:
    """nginx answering a GET with a constant over HTTP/2: what a C server costs that reads and looks at nothing."""
    name, check, path = "nginx static", "status", "/"

    def __init__(self, work):
        self._folder = work / "nginx"

    @contextlib.contextmanager
    def started(self, core):
        port = _free_port()
        self._folder.mkdir(exist_ok=True)
        configuration = self._folder / "nginx.conf"
        configuration.write_text(
            "worker_processes 1; daemon off; error_log stderr crit; pid %s;\n"
            "events { worker_connections 1024; }\n"
            "http { access_log off; keepalive_requests 100000000; http2_max_requests 100000000;\n"
            "  client_body_temp_path %s; proxy_temp_path %s; fastcgi_temp_path %s; uwsgi_temp_path %s;"
            " scgi_temp_path %s;\n"
            "  server { listen 127.0.0.1:%d http2; location / { default_type text/plain; return 200 ok; } } }\n"
            % tuple([self._folder / "pid"] + [self._folder / "temp"] * 5 + [port]))
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        command = [nginx, "-e", "stderr", "-p", str(self._folder), "-c", str(configuration)]
        with _running(command, core, self._folder / "log") as process:
            _wait(process, lambda: _accepts(port))
            children = pathlib.Path("/proc/%d/task/%d/children" % (process.pid, process.pid)).read_text().split()
            yield port, int(children[0])


class Countersign:
    """Countersign with its audit log in strict mode or off."""
    check, path = "verdict", PROCESS_MESSAGE

    def __init__(self, binary, work, issuer, key_set, audience, gateway_key, strict):
        self.name = "countersign, strict audit" if strict else "countersign, audit off"
        self._binary = binary
        self._root = work / ("countersign-strict" if strict else "countersign-off")
        shutil.rmtree(self._root, ignore_errors=True)
        self._starts = 0
        self._strict = strict
        self._values = {"issuer": issuer, "audience": audience}
        self._key_set, self._gateway_key = key_set, gateway_key

    def _write(self):
        # A fresh folder for each start; what was written is removed when everything has been measured, since some file
        # systems (ext4 without a journal) make files more slowly for minutes after many were removed.
        self._starts += 1
        (self.folder / "policies").mkdir(parents=True)
        (self.folder / "secrets").mkdir(mode=0o700)
        ports = {name: _free_port() for name in ("grpc", "http", "admin")}
        audit = '{ mode: strict, origin: bench/one, key: "file:secrets/log.key" }' if self._strict else "{ mode: off }"
        (self.folder / "countersign.yaml").write_text(CONFIGURATION.format(audit=audit, **ports, **self._values))
        (self.folder / "policies/fleet.cedar").write_text(POLICIES)
        (self.folder / "keys.json").write_text(json.dumps(self._key_set))
        self._secret("gateway.key", self._gateway_key + "\n")
        return ports

    def _secret(self, name, text):
        path = self.folder / "secrets" / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(text)

    @property
    def folder(self):
        """The folder of the last start."""
        return self._root / str(self._starts)

    @contextlib.contextmanager
    def started(self, core):
        ports = self._write()
        log = self.folder / "log"
        command = [str(self._binary), "serve", "--config", str(self.folder / "countersign.yaml")]
        with _running(command, core, log) as process:
            try:
                _wait(process, lambda: _answers_ok("http://127.0.0.1:%d/readyz" % ports["admin"]))
            except PeerFailed as problem:
                raise PeerFailed("%s\n%s" % (problem, log.read_text()[-2000:])) from None
            yield ports["grpc"], process.pid
        if process.returncode != 0:
            raise PeerFailed("countersign ended with %d after SIGTERM\n%s"
                             % (process.returncode, log.read_text()[-2000:]))
