# SPDX-License-Identifier: Apache-2.0
"""STS on loopback: answers GetCallerIdentity to whoever signed it rightly, by our own reading of Signature Version 4."""
import datetime
import hashlib
import hmac
import http.server
import threading
import time
import urllib.parse

from .servers import PatientServer

ANSWER = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult><Arn>%s</Arn><UserId>%s</UserId><Account>%s</Account></GetCallerIdentityResult>
  <ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>"""
REFUSAL = '<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>-</Message></Error></ErrorResponse>'


def quoted(text):
    return urllib.parse.quote(text, safe="-_.~")


class Refused(Exception):
    pass


class SecurityTokenService:
    """`keys` maps access key ids to (secret, session token or None, resource name)."""

    def __init__(self, keys):
        self.keys, self.calls, self.delay, self.status = dict(keys), [], 0, 200
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                owner.calls.append((self.command, self.path, dict(self.headers.items())))
                time.sleep(owner.delay)
                status, text = owner.status, "<Down/>"
                if status == 200:
                    try:
                        arn = owner.verify(self.command, self.path, self.headers, body)
                        text = ANSWER % (arn, "AIDA", arn.split(":")[4])
                    except Refused as why:
                        status, text = 403, REFUSAL % why
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self._server = PatientServer(0, Handler)
        self.url = "http://127.0.0.1:%d" % self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def verify(self, method, target, headers, body):
        """The resource name of the signer, or Refused."""
        path, _, query = target.partition("?")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        given = dict(pairs)
        if "X-Amz-Signature" in given:
            credential, names, signature = (given[n] for n in ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature"))
            date, token = given["X-Amz-Date"], given.get("X-Amz-Security-Token")
            pairs = [pair for pair in pairs if pair[0] != "X-Amz-Signature"]
        else:
            scheme, _, rest = headers.get("authorization", "").partition(" ")
            if scheme != "AWS4-HMAC-SHA256":
                raise Refused("MissingAuthenticationToken")
            parts = dict(part.strip().split("=", 1) for part in rest.split(","))
            credential, names, signature = parts["Credential"], parts["SignedHeaders"], parts["Signature"]
            date, token = headers["x-amz-date"], headers.get("x-amz-security-token")
        key, day, region, service, end = credential.split("/")
        if key not in self.keys or end != "aws4_request" or not date.startswith(day):
            raise Refused("InvalidClientTokenId")
        secret, wanted, arn = self.keys[key]
        if token != wanted:
            raise Refused("InvalidClientTokenId")
        moment = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs((datetime.datetime.now(datetime.timezone.utc) - moment).total_seconds()) > 900:
            raise Refused("RequestExpired")
        lines = ["%s:%s" % (name, ",".join(" ".join(v.split()) for v in headers.get_all(name) or [])) for name in
                 names.split(";")]
        canonical = "\n".join([method, path or "/",
                               "&".join(sorted("%s=%s" % (quoted(n), quoted(v)) for n, v in pairs)), *lines, "", names,
                               hashlib.sha256(body).hexdigest()])
        scope = "/".join([day, region, service, end])
        text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        stage = ("AWS4" + secret).encode()
        for part in (day, region, service, end):
            stage = hmac.new(stage, part.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(hmac.new(stage, text.encode(), hashlib.sha256).hexdigest(), signature):
            raise Refused("SignatureDoesNotMatch")
        return arn
