# SPDX-License-Identifier: Apache-2.0
"""Signs GetCallerIdentity with botocore; runs in botocore's own environment.

Reads a JSON object from standard input: form (`presigned` or `signed`), key, secret, token, region, host, header, id,
expires, and prints the bearer token. With form `request`: method, url and body of any request instead of the last three, and
prints its header fields once it is signed for API Gateway.
"""
import base64
import hashlib
import json
import sys

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def main():
    wish = json.load(sys.stdin)
    credentials = Credentials(wish["key"], wish["secret"], wish.get("token"))
    if wish["form"] == "request":
        request = AWSRequest(wish["method"], wish["url"], data=wish.get("body"), headers=wish.get("headers") or {})
        if wish.get("body"):
            request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(wish["body"].encode()).hexdigest()
        SigV4Auth(credentials, "execute-api", wish["region"]).add_auth(request)
        print(json.dumps(dict(request.headers.items())))
        return
    headers = {wish["header"]: wish["id"]}
    if wish["form"] == "presigned":
        url = "https://%s/?Action=GetCallerIdentity&Version=2011-06-15" % wish["host"]
        request = AWSRequest("GET", url, headers=headers)
        SigV4QueryAuth(credentials, "sts", wish["region"], expires=wish.get("expires", 60)).add_auth(request)
        print("aws-sts-v1." + text(request.url.encode()))
        return
    url, body = "https://%s/" % wish["host"], b"Action=GetCallerIdentity&Version=2011-06-15"
    headers.update({"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Host": wish["host"]})
    request = AWSRequest("POST", url, headers=headers, data=body)
    SigV4Auth(credentials, "sts", wish["region"]).add_auth(request)
    plain = lambda data: base64.b64encode(data).decode()
    fields = {name: [value] for name, value in request.headers.items()}
    print("aws-iam-v1." + text(json.dumps({
        "iam_http_request_method": "POST", "iam_request_url": plain(url.encode()), "iam_request_body": plain(body),
        "iam_request_headers": plain(json.dumps(fields).encode())}).encode()))


main()
