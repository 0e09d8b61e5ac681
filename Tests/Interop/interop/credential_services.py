# SPDX-License-Identifier: Apache-2.0
"""The services at which machines in AWS get their credentials, on loopback: container, instance metadata, STS."""
import datetime
import http.server
import json
import threading
import urllib.parse

from .servers import PatientServer

ASSUMED = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>
<SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>"""


class CredentialServices:
    """Hands out one key to whoever asks in the way that the real service wants."""

    def __init__(self, key, secret, token, authorization, identity):
        self.calls = []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                owner.calls.append((self.command, self.path))
                status, text = owner.reply(self.command, self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *_):
                pass

        self.key, self.secret, self.token, self.authorization, self.identity = key, secret, token, authorization, identity
        self._server = PatientServer(0, Handler)
        self.url = "http://127.0.0.1:%d" % self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def reply(self, method, path, headers, body):
        end = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        document = json.dumps({"Code": "Success", "AccessKeyId": self.key, "SecretAccessKey": self.secret,
                               "Token": self.token, "Expiration": end})
        roles = "/latest/meta-data/iam/security-credentials/"
        if (method, path) == ("GET", "/container"):
            return (200, document) if headers.get("authorization") == self.authorization else (401, "")
        if (method, path) == ("PUT", "/latest/api/token"):
            return (200, "session==") if headers.get("x-aws-ec2-metadata-token-ttl-seconds") == "21600" else (400, "")
        if method == "GET" and path.startswith(roles):
            if headers.get("x-aws-ec2-metadata-token") != "session==":
                return 401, ""
            return {roles: (200, "loader"), roles + "loader": (200, document)}.get(path, (404, ""))
        form = dict(urllib.parse.parse_qsl(body))
        if (method, path, form.get("Action")) == ("POST", "/", "AssumeRoleWithWebIdentity"):
            if form["WebIdentityToken"] != self.identity:
                return 403, "<ErrorResponse/>"
            return 200, ASSUMED % (self.key, self.secret, self.token, end)
        return 404, ""
