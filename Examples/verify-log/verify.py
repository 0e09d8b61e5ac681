#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""verify.py LOG KEYFILE: checks an audit log's directory log/ against its public key; shares nothing with Countersign."""
import base64
import hashlib
import pathlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

log, keys = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_text().split()


def refuse(text):
    sys.exit("NOT VERIFIED: " + text)  # exit code 1


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def path(level, number, width):
    """A tile's or bundle's file: groups of three digits, all but the last marked x; partial ones end in .p/<width>."""
    text, number = "%03d" % (number % 1000), number // 1000
    while number:
        text, number = "x%03d/%s" % (number % 1000, text), number // 1000
    part = log / "tile" / str(level) / ("%s.p/%d" % (text, width))
    return part if width < 256 and part.exists() else log / "tile" / str(level) / text


body, _, signatures = (log / "checkpoint").read_text().rpartition("\n\n")  # 1. the signed note
origin, size, root = body.split("\n")
size, root, signed = int(size), base64.b64decode(root), 0
for key in keys:
    name, _, data = key.split("+", 2)
    raw = base64.b64decode(data)  # type 1 and the Ed25519 key
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    for line in signatures.splitlines():
        _, signer, signature = line.split(" ")
        signature = base64.b64decode(signature)
        if raw[0] == 1 and name == signer == origin and signature[:4] == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[4:], (body + "\n").encode())
            except InvalidSignature:
                refuse("the checkpoint's signature is wrong")
            signed += 1
signed or refuse("no given key signed the checkpoint")
stack = []  # 2. every entry is hashed into the tree: (height, hash) of the complete subtrees, largest first
for number in range((size + 255) // 256):
    width = min(256, size - 256 * number)
    bundle, place, hashes = path("entries", number, width).read_bytes(), 0, []
    while len(hashes) < width:
        length = int.from_bytes(bundle[place:place + 2], "big")
        hashes.append(hashlib.sha256(b"\0" + bundle[place + 2:place + 2 + length]).digest())
        place += 2 + length
    if b"".join(hashes) != path(0, number, width).read_bytes()[:32 * width]:
        refuse("bundle %d does not have the hashes of its tile" % number)
    for value in hashes:
        height = 0
        while stack and stack[-1][0] == height:
            value, height = node(stack.pop()[1], value), height + 1
        stack.append((height, value))
value = stack.pop()[1] if stack else hashlib.sha256(b"").digest()
while stack:
    value = node(stack.pop()[1], value)
value == root or refuse("the entries do not have the root that was signed")  # 3. nothing added, changed or removed
print("verified: %s, %d records, root %s" % (origin, size, base64.b64encode(root).decode()))
