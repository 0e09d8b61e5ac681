# SPDX-License-Identifier: Apache-2.0
"""Two replicas witness one another: cosigned checkpoints, refusals over the wire, an alarm when the sibling is gone."""
import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric import ed25519

from ..deployment import http
from ..scenario import Scenario


def run(binary, report, options):
    with Scenario(binary) as one, Scenario(binary) as two:
        keys = {}
        for name, scenario, sibling in (("one", one, two), ("two", two, one)):
            keys[name] = witness_key("tidewater/%s/witness" % name)
            scenario.deployment.write_secret("witness.key", keys[name][0] + "\n")
        for name, other, scenario, sibling in (("one", "two", one, two), ("two", "one", two, one)):
            deployment = scenario.deployment
            text = (deployment.folder / "countersign.yaml").read_text()
            text = text.replace("checkpoint_interval: 100ms",
                                "checkpoint_interval: 100ms, quorum: 1, witness_interval: 200ms, witness_max_lag: 6s, "
                                "witnesses: [{url: 'http://127.0.0.1:%d/witness/', key: '%s', allow_insecure: true}]"
                                % (sibling.deployment.http_port, keys[other][1]))
            text = text.replace("protocols: [decisions]", "protocols: [decisions, witness]")
            text += "\nwitness: {key: 'file:secrets/witness.key', logs: ['%s']}\n" % sibling.deployment.verifier_key
            deployment.write_configuration(text)
        # The first checkpoint of the one is to find its witness.
        two.start()
        one.start()
        with one.gateway() as gateway:
            for _ in range(5):
                gateway.ask(token=one.north.token("mara", ["ledger:read"]))
        report.check("a quorum cosigns", one.deployment.until(
            lambda: one.deployment.metric("countersign_audit_witnessed_records") > 5))
        report.equal("no alarm", one.deployment.metric("countersign_audit_witness_late"), 0)
        refusals(report, one, two)
        alarm(report, one, two)
        report.check("log.witness is recorded", one.deployment.until(lambda: {"quorum", "lag", "recovered"} <= {
            r["witness"]["event"] for r in one.deployment.audit.records() if r["t"] == "log.witness"}))
        report.equal("one ends cleanly", one.deployment.stop(), 0)
        code, output = verify(one, keys["two"][1])
        report.equal("the log verifies with its quorum", (code, output.startswith("verified")), (0, True))
        note = (one.deployment.audit.path / "log/checkpoint").read_text()
        report.check("the last checkpoint itself is cosigned", cosigned(note, keys["two"][1]), note)
        report.equal("not with a stranger's key", verify(one, witness_key("tidewater/two/witness")[1])[0], 1)


def witness_key(name):
    private = ed25519.Ed25519PrivateKey.generate()
    raw, public = b"\x04" + private.private_bytes_raw(), b"\x04" + private.public_key().public_bytes_raw()
    key_id = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4].hex()
    return ("PRIVATE+KEY+%s+%s+%s" % (name, key_id, base64.b64encode(raw).decode()),
            "%s+%s+%s" % (name, key_id, base64.b64encode(public).decode()))


def cosigned(note, key):
    """Whether a note carries a valid cosignature of a witness; shares nothing with the service."""
    name, key_id, data = key.split("+", 2)
    body, _, signatures = note.rpartition("\n\n")
    public = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(data)[1:])
    for line in signatures.splitlines():
        _, signer, encoded = line.split(" ")
        raw = base64.b64decode(encoded)
        if signer == name and raw[:4].hex() == key_id and len(raw) == 76:
            time = int.from_bytes(raw[4:12], "big")
            public.verify(raw[12:], b"cosignature/v1\ntime %d\n" % time + (body + "\n").encode())
            return True
    return False


def verify(scenario, witness):
    return scenario.deployment.run("audit", "verify", scenario.deployment.audit.path, "--key",
                                   scenario.deployment.verifier_key, "--witness", witness, "--quorum", "1", "--records")


def refusals(report, one, two):
    def post(body):
        return http("POST", two.deployment.http_url("/witness/add-checkpoint"), body.encode())
    note = (one.deployment.audit.path / "log/checkpoint").read_text()
    answer = post("old 0\n\n" + note)
    report.equal("a wrong old size is a conflict", answer.status, 409)
    report.equal("409: the type of the body", answer.headers["content-type"], "text/x.tlog.size")
    size = int(answer.body)
    report.check("409: the body is the size that is known", size > 0, answer.body)
    report.equal("an unknown log", post("old 0\n\n" + note.replace("tidewater/one", "tidewater/xxx")).status, 404)
    report.equal("a stranger's signature", post(
        "old 0\n\nedge/none\n1\n%s\n\n\u2014 edge/none AAAA" % base64.b64encode(bytes(32)).decode()).status, 400)
    report.equal("nothing at all", post("").status, 400)
    report.equal("no proof", post("old %d\n%s\n\n%s" % (size, base64.b64encode(bytes(32)).decode(), note)).status
                 in (409, 422), True)
    report.equal("GET", http("GET", two.deployment.http_url("/witness/add-checkpoint")).status, 405)


def alarm(report, one, two):
    report.equal("two ends cleanly", two.deployment.stop(), 0)
    with one.gateway() as gateway:
        gateway.ask(token=one.north.token("mara", ["ledger:read"]))
        report.check("without its witness: an alarm", one.deployment.until(
            lambda: one.deployment.metric("countersign_audit_witness_late") == 1))
        report.equal("without its witness: still ready", one.deployment.readiness(), 200)
        report.equal("without its witness: still deciding",
                     gateway.ask(token=one.north.token("mara", ["ledger:read"])).outcome(), "allow:allowed")
    two.start()
    report.check("with its witness again: the alarm ends", one.deployment.until(
        lambda: one.deployment.metric("countersign_audit_witness_late") == 0))
