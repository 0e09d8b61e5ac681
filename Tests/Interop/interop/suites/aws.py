# SPDX-License-Identifier: Apache-2.0
"""Callers of AWS IAM: botocore signs, an STS of our own and moto's verify, Countersign in between."""
import base64
import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile
import time

from ..credential_services import CredentialServices
from ..deployment import Deployment, free_port, http
from ..foreign_tools import Running, environment
from ..sts import SecurityTokenService

HOST, REGION, HEADER, SERVER_ID = "sts.us-east-1.amazonaws.com", "us-east-1", "x-countersign-server-id", "harbour.test"
ROLE = "arn:aws:sts::123456789012:assumed-role/loader/i-0a1b"
KEYS = {"AKIAUSER000000000001": ("user-secret", None, "arn:aws:iam::123456789012:user/team/mara"),
        "ASIAROLE000000000001": ("role-secret", "tok/en+==", ROLE),
        "AKIASTRANGER00000001": ("stranger-secret", None, "arn:aws:iam::999999999999:user/eve")}

CONFIGURATION = """\
data: state
listeners:
  grpc: { address: "off" }
  http: { address: "127.0.0.1:{http}", protocols: [decisions] }
  admin: { address: "127.0.0.1:{admin}", protocols: [metrics, health] }
gateways:
  harbour: { keys: ["file:secrets/gate-a.key"] }
providers:
  aws: { type: aws_iam, local_keys: "file:secrets/aws-keys", region: us-east-1, server_id: harbour.test, endpoint: "@endpoint@", signed_host: sts.us-east-1.amazonaws.com, accounts: @accounts@, reuse: @reuse@, allow_insecure: true }
apis:
  files:
    match: { hosts: [files.example.test], base_path: / }
    providers: [aws]
    routes:
      - { name: file.show, match: { methods: [GET], path: "/files/{id}" } }
      - { name: file.store, match: { methods: [PUT], path: "/files/{id}" } }
policies: { directory: policies, schema: generated }
audit: { mode: strict, origin: tidewater/one, key: "file:secrets/log.key", checkpoint_interval: 100ms }
"""

POLICIES = {"files.cedar": """\
@id("loader") permit (principal in Role::"arn:aws:iam::123456789012:role/loader", action, resource)
when { principal has session && principal.session like "i-*" };
@id("mara") permit (principal == AWSPrincipal::"arn:aws:iam::123456789012:user/team/mara", action, resource);
@id("moto") permit (principal is AWSPrincipal, action, resource) when { principal has account && principal.account == "%s" };
"""}


# How long a signature counts again: so long that a busy machine can ask twice, and no longer than the other parts take.
REUSE = 25
LOCAL = "AKIALOCAL00000000001 local-secret-of-the-test arn:aws:iam::123456789012:user/team/mara\n"


class Signer:
    """Tokens by botocore."""

    def __init__(self, python):
        self._python, self._script = python, pathlib.Path(__file__).resolve().parents[1] / "aws_signer.py"

    def token(self, key="ASIAROLE000000000001", form="presigned", **changes):
        secret, session, _ = KEYS.get(key, ("x", None, ""))
        wish = {"form": form, "key": key, "secret": secret, "token": session, "region": REGION, "host": HOST,
                "header": HEADER, "id": SERVER_ID, "expires": 890}
        wish.update(changes)
        return subprocess.run([self._python, self._script], input=json.dumps(wish), capture_output=True, text=True,
                              check=True).stdout.strip()


def run(binary, report, options):
    tools = environment("aws")
    if tools is None:
        return report.skip("aws", "botocore and moto are not there; scripts/prepare-test-tools installs them")
    sts = SecurityTokenService(KEYS)
    text = CONFIGURATION.replace("@endpoint@", sts.url).replace("@accounts@", '["123456789012"]').replace(
        "@reuse@", "%ds" % REUSE)
    try:
        with Deployment(binary, text, {"files.cedar": POLICIES["files.cedar"] % "000000000000"}) as deployment:
            deployment.write_secret("aws-keys", LOCAL)
            deployment.start()
            signer = Signer(tools / "python")
            first = Reuse(deployment, sts, signer)
            report.guard("reuse", first.begin, report)
            for part in (accepted, refused, together, outage, verbs, own_credentials, local):
                report.guard(part.__name__, part, report, deployment, sts, signer)
            report.guard("replay", first.end, report)
            report.check("no secret in any output", not any(
                secret in deployment.log() for secret, _, _ in KEYS.values()))
            report.equal("ends cleanly", deployment.stop(), 0)
    finally:
        sts.close()
    report.guard("moto", moto, binary, report, tools)


def ask(deployment, token, path="/files/1"):
    request = {"method": "GET", "scheme": "https", "host": "files.example.test", "path": path,
               "headers": {"authorization": ["Bearer " + token]}}
    return http("POST", deployment.http_url("/v1/decisions"), json.dumps({"request": request}).encode(),
                {"content-type": "application/json", "x-countersign-key": deployment.gateway_key}).json()


def accepted(report, deployment, sts, signer):
    for form in ("presigned", "signed"):
        answer = ask(deployment, signer.token(form=form))
        report.equal(form + ": the role is allowed", (answer["reason"], answer["policies"]), ("allowed", ["loader"]))
        report.equal(form + ": the principal", answer["principal"]["id"], ROLE)
        answer = ask(deployment, signer.token("AKIAUSER000000000001", form))
        report.equal(form + ": the user is allowed", answer["policies"], ["mara"])
    method, path, headers = next(call for call in sts.calls if call[0] == "GET")
    report.equal("STS is asked in the signer's name", (method, headers.get("Host")), ("GET", HOST))
    report.equal("the server id is ours", headers.get(HEADER), SERVER_ID)
    record = deployment.recorded(ask(deployment, signer.token())["decision"])
    report.equal("the record says how", (record["who"]["auth"], record["who"]["kid"]), ("aws_iam", "ASIAROLE000000000001"))


def refused(report, deployment, sts, signer):
    before = len(sts.calls)
    for name, token in (
            ("another server id in a signed request", signer.token(form="signed", id="elsewhere.test")),
            ("another region", signer.token(region="eu-west-1")), ("another host", signer.token(host="sts.amazonaws.com")),
            ("another header", signer.token(header="x-k8s-aws-id")),
            ("a URL for longer than AWS lets it", signer.token(expires=3600))):
        report.equal(name, ask(deployment, token)["reason"], "aws_signature")
    report.equal("none of these was sent to STS", len(sts.calls) - before, 0)
    for name, arguments in (
            ("a wrong secret", dict(secret="wrong")), ("no session token", dict(token=None)),
            ("an unknown key", dict(key="AKIANOBODY0000000001")),
            ("another server id in a URL", dict(id="elsewhere.test"))):
        report.equal(name, ask(deployment, signer.token(**arguments))["reason"], "aws_signature")
    report.equal("these were", len(sts.calls) - before, 4)
    report.equal("another account", ask(deployment, signer.token("AKIASTRANGER00000001"))["reason"], "aws_principal")
    report.equal("no token", ask(deployment, "aws-sts-v1.AAAA")["reason"], "aws_signature")


class Reuse:
    """A signature that is used again: within the time for that, and after it."""

    def __init__(self, deployment, sts, signer):
        self._deployment, self._sts = deployment, sts
        # Of its own: signatures of one second are the same.
        self._token = signer.token(expires=880)

    def _use(self):
        """The reason, and how many questions STS was asked for it."""
        before = len(self._sts.calls)
        return ask(self._deployment, self._token)["reason"], len(self._sts.calls) - before

    def begin(self, report):
        report.equal("first use: one question", self._use(), ("allowed", 1))
        report.equal("again at once: none", self._use(), ("allowed", 0))
        self._ended = time.monotonic() + REUSE + 1

    def end(self, report):
        time.sleep(max(0, self._ended - time.monotonic()))
        report.equal("after the time for reuse: refused without a question", self._use(), ("aws_replay", 0))


def together(report, deployment, sts, signer):
    token, before = signer.token(), len(sts.calls)
    sts.delay = 0.3
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        reasons = list(pool.map(lambda _: ask(deployment, token)["reason"], range(40)))
    sts.delay = 0
    report.equal("forty at once are allowed", reasons, ["allowed"] * 40)
    report.equal("and ask once", len(sts.calls) - before, 1)


def outage(report, deployment, sts, signer):
    # Signatures of one second are the same, and the one before this has been confirmed.
    time.sleep(1.1)
    token = signer.token()
    sts.status = 503
    report.equal("STS is down", ask(deployment, token)["reason"], "idp_unavailable")
    sts.status = 200
    report.equal("the same signature once it is up", ask(deployment, token)["reason"], "allowed")


def verbs(report, deployment, sts, signer):
    code, text = deployment.run("token", "verify", "--config", deployment.file, "--provider", "aws", signer.token())
    report.check("token verify accepts", code == 0 and ROLE in text, text)
    code, text = deployment.run("token", "verify", "--config", deployment.file, "--provider", "aws",
                                signer.token(secret="wrong"))
    report.check("token verify refuses", code == 1 and "aws_signature" in text, text)


def local(report, deployment, sts, signer):
    """Requests that botocore signs for API Gateway, verified here with a key that is known here."""
    before = len(sts.calls)

    def call(method="GET", path="/files/1", query="", body=None, secret="local-secret-of-the-test", change=None, key=None):
        url = "https://files.example.test" + path + ("?" + query if query else "")
        fields = json.loads(signer.token(key or "AKIALOCAL00000000001", "request", secret=secret, method=method, url=url,
                                         body=body, headers={"X-Trace": "a  b"}, token=None))
        request = {"method": method, "scheme": "https", "host": "files.example.test", "path": path, "query": query,
                   "headers": {name.lower(): [value] for name, value in fields.items()}}
        if change:
            change(request)
        return http("POST", deployment.http_url("/v1/decisions"), json.dumps({"request": request}).encode(),
                    {"content-type": "application/json", "x-countersign-key": deployment.gateway_key}).json()
    answer = call(query="z=1&a=%2Fx&a=&b=c%20d")
    report.equal("local: a GET with a query", (answer["reason"], answer.get("policies")), ("allowed", ["mara"]))
    report.equal("local: its record", (lambda who: (who["auth"], who["kid"]))(deployment.recorded(
        answer["decision"])["who"]), ("aws_iam", "AKIALOCAL00000000001"))
    report.equal("local: a path with an encoded space", call(path="/files/a%20b")["reason"], "allowed")
    report.equal("local: a PUT with the hash of its body", call("PUT", path="/files/2", body="hello")["reason"], "allowed")
    for name, wanted, arguments in (
            ("a wrong secret", "aws_signature", dict(secret="another-secret-of-many")),
            ("an unknown key", "aws_signature", dict(key="AKIAUNKNOWN000000001")),
            ("another path", "aws_signature", dict(change=lambda r: r.update(path="/files/2"))),
            ("another method", "aws_signature", dict(change=lambda r: r.update(method="PUT"))),
            ("another query", "aws_signature", dict(query="a=1", change=lambda r: r.update(query="a=2"))),
            ("a signed field changed", "aws_signature", dict(change=lambda r: r["headers"].update({"x-trace": ["c"]}))),
            ("of ten minutes ago", "aws_signature", dict(change=lambda r: r["headers"].update({
                "x-amz-date": [time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - 600))]}))),
            ("a session", "aws_signature", dict(change=lambda r: r["headers"].update({"x-amz-security-token": ["t"]})))):
        report.equal("local: " + name, call(path="/files/9", **arguments)["reason"], wanted)
    report.equal("local: STS was never asked", len(sts.calls) - before, 0)
    deployment.write_secret("aws-keys", LOCAL.replace("local-secret-of-the-test", "rotated-secret-of-the-test"))
    report.check("local: another secret in the file counts within seconds", deployment.until(
        lambda: call(path="/files/3", secret="rotated-secret-of-the-test")["reason"] == "allowed"))
    report.equal("local: and the one before no more", call(path="/files/4")["reason"], "aws_signature")


def make(deployment, source, variables, *more):
    """`token aws` in an environment of its own; returns (code, output)."""
    result = subprocess.run(
        [deployment.binary, "token", "aws", "--region", REGION, "--server-id", SERVER_ID, "--credentials", source, *more],
        env={"PATH": os.environ["PATH"], **variables}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=600)
    return result.returncode, result.stdout.strip()


def own_credentials(report, deployment, sts, signer):
    """Every source of credentials signs a token that STS confirms."""
    key = "ASIAROLE000000000001"
    secret, token, _ = KEYS[key]
    services = CredentialServices(key, secret, token, "Bearer pod-token", "web.identity.token")
    for name, text in (("pod", "Bearer pod-token\n"), ("identity", "web.identity.token"), ("wrong", "x"), ("files", (
            "[default]\naws_access_key_id = nobody\naws_secret_access_key = x\n[loader]\naws_access_key_id = %s\n"
            "aws_secret_access_key = %s\naws_session_token = %s\n" % (key, secret, token)))):
        deployment.write(name, text)
    at = lambda name: str(deployment.folder / name)
    container = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": services.url + "/container",
                 "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": at("pod")}
    instance = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": services.url}
    identity = {"AWS_WEB_IDENTITY_TOKEN_FILE": at("identity"), "AWS_ENDPOINT_URL_STS": services.url,
                "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/loader"}
    plain = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
    files = {"AWS_SHARED_CREDENTIALS_FILE": at("files"), "AWS_CONFIG_FILE": at("none")}
    try:
        for index, (source, variables) in enumerate((
                ("environment", plain), ("profile:loader", files), ("container", container), ("instance", instance),
                ("web_identity", identity), ("automatic", {**files, "AWS_PROFILE": "loader"}), ("automatic", container),
                ("automatic", {**identity, **container}), ("automatic", instance))):
            code, text = make(deployment, source, variables, "--lifetime", str(100 + index))
            report.equal("own credentials: %s, %s" % (source, ", ".join(variables)),
                         code == 0 and ask(deployment, text)["reason"], "allowed")
        for name, source, variables in (
                ("a wrong pod token", "container", {**container, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": at("wrong")}),
                ("a token of another issuer", "web_identity", {**identity, "AWS_WEB_IDENTITY_TOKEN_FILE": at("wrong")}),
                ("a container service far away, without TLS", "container",
                 {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/container"}),
                ("no profile of this name", "profile:other", files),
                ("nothing", "automatic", {"AWS_EC2_METADATA_DISABLED": "true"})):
            code, text = make(deployment, source, variables)
            report.check("own credentials: %s is said" % name, code == 3 and "AWS credentials" in text, text)
            report.check("own credentials: %s: no secret in it" % name, secret not in text and token not in text, text)
    finally:
        services.close()


def moto(binary, report, tools):
    """moto's STS checks the signatures of signed requests once so many calls were let through; presigned URLs it cannot."""
    port = free_port()
    base = "http://127.0.0.1:%d" % port
    script = ("import boto3, json\n"
              "iam = boto3.client('iam', endpoint_url='%s', region_name='us-east-1', aws_access_key_id='x', "
              "aws_secret_access_key='x')\n"
              "iam.create_user(UserName='mara')\n"
              "key = iam.create_access_key(UserName='mara')['AccessKey']\n"
              "iam.put_user_policy(UserName='mara', PolicyName='p', PolicyDocument=json.dumps({'Version': '2012-10-17', "
              "'Statement': [{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]}))\n"
              "print(key['AccessKeyId'], key['SecretAccessKey'])\n" % base)
    with tempfile.TemporaryDirectory() as folder, Running(
            [tools / "moto_server", "-H", "127.0.0.1", "-p", port], folder, base + "/moto-api/",
            {"INITIAL_NO_AUTH_ACTION_COUNT": "4", "PYTHONDONTWRITEBYTECODE": "1"}):
        key, secret = subprocess.run([tools / "python", "-c", script], capture_output=True, text=True, check=True,
                                     env=dict(os.environ, AWS_EC2_METADATA_DISABLED="true")).stdout.split()
        text = CONFIGURATION.replace("@endpoint@", base).replace("@accounts@", '["123456789012"]').replace(
            "@reuse@", "%ds" % REUSE)
        with Deployment(binary, text, {"files.cedar": POLICIES["files.cedar"] % "123456789012"}) as deployment:
            deployment.write_secret("aws-keys", LOCAL)
            deployment.start()
            # The last call that moto lets through unsigned, as this one is by design.
            deployment.write("identity", "any")
            code, text = make(deployment, "web_identity", {
                "AWS_WEB_IDENTITY_TOKEN_FILE": str(deployment.folder / "identity"), "AWS_ENDPOINT_URL_STS": base,
                "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/loader"})
            url = base64.urlsafe_b64decode(text.partition(".")[2] + "==").decode() if code == 0 else text
            report.check("moto: AssumeRoleWithWebIdentity gives a session to sign with",
                         code == 0 and "X-Amz-Credential=ASIA" in url and "X-Amz-Security-Token=" in url, text)
            signer = Signer(tools / "python")
            answer = ask(deployment, signer.token(key, "signed", secret=secret))
            report.equal("moto: allowed", (answer["reason"], answer["policies"]), ("allowed", ["moto"]))
            report.equal("moto: the principal", answer["principal"]["id"], "arn:aws:iam::123456789012:user/mara")
            report.equal("moto: a wrong secret", ask(deployment, signer.token(key, "signed", secret="wrong"))["reason"],
                         "aws_signature")
