# SPDX-License-Identifier: Apache-2.0
"""What boto3 says of a bucket: run with the Python that has it; takes one order as JSON, answers with JSON."""
import base64
import json
import os
import pathlib
import sys

import boto3
from botocore.config import Config


def prepare(order, client):
    """A user who may do everything, whose requests are checked from then on, and a bucket with Object Lock."""
    keys = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    iam = boto3.client("iam", endpoint_url=order["endpoint"], **keys)
    iam.create_user(UserName="archivist")
    key = iam.create_access_key(UserName="archivist")["AccessKey"]
    iam.put_user_policy(UserName="archivist", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    boto3.client("s3", endpoint_url=order["endpoint"], **keys).create_bucket(
        Bucket=order["bucket"], ObjectLockEnabledForBucket=True)
    return {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


def listing(order, client):
    found = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=order["bucket"]):
        found += [item["Key"] for item in page.get("Contents", [])]
    return sorted(found)


def versions(order, client):
    """How many versions every key has."""
    counts = {}
    for page in client.get_paginator("list_object_versions").paginate(Bucket=order["bucket"]):
        for item in page.get("Versions", []):
            counts[item["Key"]] = counts.get(item["Key"], 0) + 1
    return counts


def head(order, client):
    answer = client.head_object(Bucket=order["bucket"], Key=order["key"], ChecksumMode="ENABLED")
    return {"encoding": answer.get("ContentEncoding"), "mode": answer.get("ObjectLockMode"),
            "sum": answer.get("ChecksumSHA256")}


def put(order, client):
    client.put_object(Bucket=order["bucket"], Key=order["key"], Body=base64.b64decode(order["body"]))


def get(order, client):
    body = client.get_object(Bucket=order["bucket"], Key=order["key"])["Body"].read()
    return base64.b64encode(body).decode()


def download(order, client):
    """Every object below the prefix as a file, just as it is kept.

    The checkpoint first: whatever it covers is there before it is, also while the archive grows.
    """
    checkpoint = order["prefix"] + "log/checkpoint"
    save(order, client, checkpoint)
    for key in listing(order, client):
        if key != checkpoint:
            save(order, client, key)


def save(order, client, key):
    target = pathlib.Path(order["target"]) / os.path.relpath(key, order["prefix"])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(client.get_object(Bucket=order["bucket"], Key=key)["Body"].read())


if __name__ == "__main__":
    wish = json.load(sys.stdin)
    s3 = boto3.client("s3", endpoint_url=wish["endpoint"], region_name="us-east-1", config=Config(
        s3={"addressing_style": "path"}), aws_access_key_id=wish.get("id", "x"), aws_secret_access_key=wish.get("secret", "x"))
    print(json.dumps({f.__name__: f for f in (prepare, listing, versions, head, put, get, download)}[wish["do"]](wish, s3)))
