# SPDX-License-Identifier: Apache-2.0
"""Signs GetCallerIdentity with botocore; runs in botocore's own environment.

Reads a JSON object from standard input: form (`presigned` or `signed`), key, secret, token, region, host, header, id,
expires, and prints the bearer token.
"""
import base64
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
