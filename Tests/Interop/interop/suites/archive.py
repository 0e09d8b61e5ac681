# SPDX-License-Identifier: Apache-2.0
"""The log in a bucket: moto's S3 checks signatures, boto3 looks at what arrived, downloads verify offline."""
import base64
import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile

from ..deployment import Deployment, free_port, http
from ..foreign_tools import Running, environment
from ..turnstile import Turnstile

CONFIGURATION = """\
data: state
listeners:
  grpc: { address: "off" }
  http: { address: "127.0.0.1:{http}", protocols: [decisions] }
  admin: { address: "127.0.0.1:{admin}", protocols: [metrics, health] }
gateways:
  harbour: { keys: ["file:secrets/gate-a.key"] }
apis:
  files:
    match: { hosts: [files.example.test], base_path: / }
    authentication: optional
    routes: [{ name: file.show, match: { methods: [GET], path: "/files/{id}" } }]
policies: { directory: policies, schema: generated }
audit:
  mode: strict
  origin: tidewater/one
  key: "file:secrets/log.key"
  checkpoint_interval: 100ms
  archive:
    interval: 1s
    s3:
      bucket: evidence
      endpoint: "http://127.0.0.1:@port@"
      access_key_id: "file:secrets/archive-id"
      secret_access_key: "file:secrets/archive-secret"
      object_lock: governance
      retain: 30d
"""
POLICIES = {"files.cedar": '@id("all") permit (principal, action, resource);\n'}
PREFIX = "tidewater/one/"


class Bucket:
    """Orders to boto3, in a Python of its own."""

    def __init__(self, python, endpoint):
        self._python, self._script = python, pathlib.Path(__file__).resolve().parents[1] / "bucket.py"
        self._order = {"endpoint": endpoint, "bucket": "evidence", "prefix": PREFIX}

    def __call__(self, what, **fields):
        order = dict(self._order, do=what, **fields)
        result = subprocess.run([self._python, self._script], input=json.dumps(order), capture_output=True, text=True)
        if result.returncode:
            raise RuntimeError(result.stderr[-400:])
        return json.loads(result.stdout)

    def sign_with(self, key):
        self._order.update(key)


def run(binary, report, options):
    tools = environment("aws")
    if tools is None:
        return report.skip("archive", "boto3 and moto are not there; scripts/prepare-test-tools installs them")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, Running(
            [tools / "moto_server", "-H", "127.0.0.1", "-p", port], folder, "http://127.0.0.1:%d/moto-api/" % port,
            {"INITIAL_NO_AUTH_ACTION_COUNT": "4", "PYTHONDONTWRITEBYTECODE": "1"}):
        bucket, gate = Bucket(tools / "python", "http://127.0.0.1:%d" % port), Turnstile(port)
        key = bucket("prepare")
        bucket.sign_with(key)
        text = CONFIGURATION.replace("@port@", str(gate.port))
        with Deployment(binary, text, POLICIES) as deployment:
            deployment.secrets.append(key["secret"])
            deployment.write_secret("archive-id", key["id"] + "\n")
            deployment.write_secret("archive-secret", key["secret"] + "\n")
            deployment.start()
            for part in (grows, credentials, outage, conflict):
                report.guard(part.__name__, part, report, deployment, bucket, gate)
            report.equal("ends cleanly", deployment.stop(), 0)
            report.check("no secret in any output", not any(s in deployment.log() for s in deployment.secrets))
            report.guard("misconfigured", misconfigured, report, deployment)
        report.guard("found", found, report, binary, text, key)
        gate.close()


def found(report, binary, text, key):
    """Credentials where AWS SDKs find them: a profile of the shared file, named in the configuration."""
    references = ('      access_key_id: "file:secrets/archive-id"\n'
                  '      secret_access_key: "file:secrets/archive-secret"\n')
    own = text.replace(references, '      credentials: "profile:archive"\n      prefix: tidewater/found\n')
    with Deployment(binary, own, POLICIES) as deployment:
        deployment.write("aws", "[archive]\naws_access_key_id = %s\naws_secret_access_key = %s\n" % (key["id"], key["secret"]))
        before = {name: os.environ.get(name) for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")}
        os.environ.update(AWS_SHARED_CREDENTIALS_FILE=str(deployment.folder / "aws"), AWS_CONFIG_FILE="/nonexistent")
        try:
            deployment.start()
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        report.equal("found: decisions", ask(deployment, 300), {"allowed"})
        report.check("found: a bundle is archived with the profile's key", deployment.until(
            lambda: archived(deployment) >= 256), deployment.log()[-400:])
        report.equal("found: ends cleanly", deployment.stop(), 0)
        report.check("found: no secret in any output", key["secret"] not in deployment.log())
        for name, line, wanted in (("an unknown source", '      credentials: "imds"\n', "must be automatic"), (
                "beside references", references + '      credentials: automatic\n', "must not stand beside")):
            deployment.write_configuration(text.replace(references, line))
            code, output = deployment.run("check", deployment.file)
            report.check("found: %s is a problem" % name, code == 1 and wanted in output, output)


def ask(deployment, count):
    """So many decisions, several at a time."""
    body = json.dumps({"request": {"method": "GET", "scheme": "https", "host": "files.example.test", "path": "/files/1",
                                   "headers": {}}}).encode()
    headers = {"content-type": "application/json", "x-countersign-key": deployment.gateway_key}

    def one(_):
        return http("POST", deployment.http_url("/v1/decisions"), body, headers).json()["reason"]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        return set(pool.map(one, range(count)))


def archived(deployment):
    return deployment.metric("countersign_audit_archived_records")


def settled(deployment, bucket):
    """Waits until all that the log has is published and in the bucket."""
    size = deployment.metric("countersign_audit_durable_records")
    deployment.until(lambda: deployment.metric("countersign_audit_checkpoint_records") >= size)
    kept = lambda: base64.b64decode(bucket("get", key=PREFIX + "log/checkpoint")).decode().split("\n")[1]
    deployment.until(lambda: archived(deployment) >= size // 256 * 256)
    deployment.until(lambda: int(kept()) >= size)


def verified(report, name, deployment, bucket, size):
    """Downloads the bucket, unpacks the bundles, verifies offline."""
    settled(deployment, bucket)
    with tempfile.TemporaryDirectory() as folder:
        bucket("download", target=folder)
        packed = [p for p in pathlib.Path(folder, "log/tile/entries").rglob("*") if p.is_file()]
        for path in packed:
            unpacked = subprocess.run(["gzip", "-dc"], stdin=open(path, "rb"), capture_output=True, check=True).stdout
            path.write_bytes(unpacked)
        code, output = deployment.run("audit", "verify", pathlib.Path(folder, "log"), "--key", deployment.verifier_key,
                                      "--records")
        report.check(name, code == 0 and output.startswith("verified"), output)
        found = int(pathlib.Path(folder, "log/checkpoint").read_text().split("\n")[1])
        report.check(name + ": as long as the log was", found >= size, "%d of %d" % (found, size))


def grows(report, deployment, bucket, gate):
    report.equal("decisions while the archive is fed", ask(deployment, 600), {"allowed"})
    report.check("two bundles are archived", deployment.until(lambda: archived(deployment) >= 512))
    keys = deployment.until(lambda: (lambda k: PREFIX + "log/checkpoint" in k and k)(bucket("listing")))
    for path in ("log/tile/entries/000", "log/tile/entries/001", "log/tile/0/001", "log/checkpoint"):
        report.check("in the bucket: " + path, PREFIX + path in keys)
    report.check("no disclosures in the bucket", not any("disclosures" in key for key in keys))
    head = bucket("head", key=PREFIX + "log/tile/entries/000")
    report.equal("a bundle is packed and locked", (head["encoding"], head["mode"]), ("gzip", "GOVERNANCE"))
    verified(report, "a download verifies offline", deployment, bucket, 600)
    before = archived(deployment)
    ask(deployment, 300)
    report.check("the archive grows", deployment.until(lambda: archived(deployment) > before))
    report.check("written once", set(count for key, count in bucket("versions").items()
                                     if key != PREFIX + "log/checkpoint") == {1})


def credentials(report, deployment, bucket, gate):
    good = (deployment.folder / "secrets/archive-secret").read_text()
    failures = deployment.metric("countersign_audit_archive_failures_total")
    settled(deployment, bucket)
    deployment.write_secret("archive-secret", "wrong\n")

    def fails():
        # A round that was under way ends with the secret of before.
        ask(deployment, 300)
        return deployment.metric("countersign_audit_archive_failures_total") > failures
    report.check("a wrong secret fails", deployment.until(fails))
    ask(deployment, 300)
    before = archived(deployment)
    deployment.write_secret("archive-secret", good)
    report.check("another secret counts without a restart", deployment.until(lambda: archived(deployment) > before))
    settled(deployment, bucket)


def outage(report, deployment, bucket, gate):
    gate.shut()
    failures, before = deployment.metric("countersign_audit_archive_failures_total"), archived(deployment)
    report.equal("decisions while the store is away", ask(deployment, 600), {"allowed"})
    report.check("the outage is counted", deployment.until(
        lambda: deployment.metric("countersign_audit_archive_failures_total") > failures))
    report.equal("still ready", deployment.readiness(), 200)
    gate.open()
    report.check("the archive catches up", deployment.until(lambda: archived(deployment) >= before + 512))
    report.check("the outage is in the log", deployment.until(lambda: any(
        r["upstream"]["name"] == "archive" and r["upstream"]["to"] == "down"
        for r in deployment.audit.records() if r["t"] == "upstream.state")))
    report.check("its end is in the log", deployment.until(lambda: any(
        r["t"] == "upstream.state" and r["upstream"] == {"from": "down", "name": "archive", "to": "up"}
        for r in deployment.audit.records())))
    verified(report, "after the outage a download verifies", deployment, bucket, 1800)


def conflict(report, deployment, bucket, gate):
    settled(deployment, bucket)
    gate.shut()
    number = int(archived(deployment)) // 256
    key, other = PREFIX + "log/tile/entries/%03d" % number, base64.b64encode(b"something else").decode()
    bucket("put", key=key, body=other)
    ask(deployment, 600)
    below = archived(deployment)
    gate.open()
    report.check("another's object is told", deployment.until(
        lambda: deployment.metric("countersign_audit_archive_conflicts") == 1))
    report.equal("it stays as it is", bucket("get", key=key), other)
    report.equal("nothing behind it counts as archived", archived(deployment), below)
    report.check("what is behind it leaves the machine all the same", deployment.until(
        lambda: PREFIX + "log/tile/entries/%03d" % (number + 1) in bucket("listing")))
    report.check("the log of the process names it", deployment.until(
        lambda: "log/tile/entries/%03d" % number in deployment.log()))


def misconfigured(report, deployment):
    text = CONFIGURATION.replace("@port@", "1").replace("{http}", "0").replace("{admin}", "0")
    for old, new, wanted in (
            ("bucket: evidence", "bucket: Evidence", "audit.archive.s3.bucket: must be 3 to 63"),
            ("bucket: evidence", "prefix: a//b", "audit.archive.s3.bucket: is missing"),
            ('"file:secrets/archive-secret"', "AKIAsecret", "audit.archive.s3.secret_access_key: must be a reference"),
            ("file:secrets/archive-id", "file:secrets/none", "audit.archive.s3.access_key_id: `file:secrets/none` cannot"),
            ("    interval: 1s", "    interval: 1s\n    directory: x", "audit.archive.directory: must be given, or `s3`"),
            ("object_lock: governance", "region: eu-west-3", "audit.archive.s3.retain: has no effect"),
            ("retain: 30d", "retain: 1h", "audit.archive.s3.retain: must be between"),
            ("retain: 30d", "keep: 30d", "audit.archive.s3.keep: is not a known key")):
        deployment.write("wrong.yaml", text.replace(old, new))
        code, output = deployment.run("check", deployment.folder / "wrong.yaml")
        report.equal("check: exit code of `%s`" % new.strip().split("\n")[-1], code, 1)
        report.contains("check: `%s`" % new.strip().split("\n")[-1], output, wanted)
