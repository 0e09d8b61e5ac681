# SPDX-License-Identifier: Apache-2.0
"""Makes the calls of a benchmark: Apigee messages of realistic size, with varying subjects, paths and tokens.

Each call carries the verdict that must come back. A share of every corpus has the other verdict, so that a server
which always says the same fails the run.
"""
import base64
import json
import random
import struct
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ISSUER = "https://login.bench.example/realm"
AUDIENCE = "fleet-api"
KEY_ID = "bench-2026"


# Protobuf, as much as is needed to write a message.

def _varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _bytes(field, value):
    value = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _integer(field, value):
    return _varint(field << 3) + _varint(value)


def _entry(field, key, value):
    return _bytes(field, _bytes(1, key) + _bytes(2, value))


def _strings(*values):
    return b"".join(_bytes(1, value) for value in values)


# Tokens.

def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _compact(value):
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


class Issuer:
    """An issuer with one P-256 key."""

    def __init__(self):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._header = _compact({"alg": "ES256", "typ": "at+jwt", "kid": KEY_ID})
        self._now = int(time.time())
        self._count = 0

    def key_set(self):
        numbers = self._key.public_key().public_numbers()
        return {"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KEY_ID,
            "x": _base64url(numbers.x.to_bytes(32, "big")), "y": _base64url(numbers.y.to_bytes(32, "big"))}]}

    def token(self, subject, scopes):
        self._count += 1
        claims = _compact({
            "iss": ISSUER, "sub": subject, "aud": AUDIENCE, "iat": self._now, "nbf": self._now,
            "exp": self._now + 86400, "jti": "%032x" % random.getrandbits(128), "client_id": "fleet-mobile-%d"
            % (self._count % 7), "scope": " ".join(scopes), "tenant": "acme-%d" % (self._count % 5),
            "roles": ["dispatcher", "auditor"][: 1 + self._count % 2]})
        signed = self._header + "." + claims
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return signed + "." + _base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


# Calls.

def _message(number, token, verb, path, gateway_key):
    """One MessageContext of about 2 KB, the shape that Apigee sends with headers switched on."""
    headers = {
        "host": "fleet.bench.example",
        "user-agent": "fleet-app/%d.%d (Android 16; Pixel 10) okhttp/5.1" % (number % 9, number % 31),
        "accept": "application/json",
        "accept-encoding": "gzip, deflate, br",
        "accept-language": "en-GB,en;q=0.9,de;q=0.7",
        "content-type": "application/json",
        "x-forwarded-for": "203.0.113.%d, 198.51.100.9" % (number % 250),
        "x-forwarded-proto": "https",
        "x-request-id": "%032x" % random.getrandbits(128),
        "traceparent": "00-%032x-%016x-01" % (random.getrandbits(128), random.getrandbits(64)),
        "x-client-version": "%d.4.1+build.20417" % (number % 9),
        "authorization": "Bearer " + token,
    }
    address = "203.0.113.%d" % (number % 250)
    request = _bytes(1, path + "?expand=stops&page=%d" % (number % 40)) + _bytes(2, verb) + _bytes(3, "1.1")
    request += b"".join(_entry(4, name, _strings(value)) for name, value in headers.items())
    request += _entry(6, "expand", _strings("stops")) + _entry(6, "page", _strings(str(number % 40)))
    client = _bytes(4, "fleet.bench.example") + _bytes(5, address) + _integer(9, 443) + _bytes(10, "https") \
        + _integer(12, 1)
    proxy = _bytes(1, "default") + _bytes(2, address) + _bytes(3, "/fleet/v2") + _bytes(4, path[len("/fleet/v2"):]) \
        + _bytes(5, "https://fleet.bench.example" + path)
    text = lambda value: _bytes(3, value)
    variables = {
        "countersign.key": text(gateway_key),
        "apiproduct.name": text("fleet-gold"),
        "developer.app.name": text("fleet-mobile"),
        "developer.email": text("integrations@partner.bench.example"),
        "client_id": text("fleet-mobile-%d" % (number % 7)),
        "ratelimit.quota.allowed": _integer(1, 5000),
        "client.received.start.timestamp": _integer(2, 1790000000000 + number),
        "is.premium": _integer(4, 1),
    }
    return (_bytes(1, request) + _bytes(6, _bytes(1, "fleet") + _bytes(2, "42")) + _bytes(7, client)
            + _bytes(8, _bytes(1, "PreFlow")) + _bytes(9, "rt-%012x-%d-1" % (random.getrandbits(48), number))
            + _bytes(10, "acme-bench") + _bytes(11, "eu-1") + _bytes(12, proxy)
            + _bytes(13, _bytes(1, "default") + _bytes(2, "fleet-backend"))
            + b"".join(_entry(15, name, value) for name, value in variables.items()))


class CorpusWriter:
    """Writes corpus files in the form that loadgen/corpus.c reads."""

    def __init__(self, issuer, gateway_key):
        self._issuer = issuer
        self._gateway_key = gateway_key

    def write(self, path, calls, tokens, denied_share):
        """Writes `calls` calls that use `tokens` different tokens, `denied_share` of them denied by policy."""
        may_read = [self._issuer.token("driver-%06d" % i, ["fleet:read", "openid"])
                    for i in range(max(1, round(tokens * (1 - denied_share))))]
        may_not = [self._issuer.token("guest-%06d" % i, ["openid", "profile"])
                   for i in range(max(1, round(tokens * denied_share)))]
        kinds = [True] * round(calls * (1 - denied_share))
        kinds += [False] * (calls - len(kinds))
        random.shuffle(kinds)
        used = {True: 0, False: 0}
        with open(path, "wb") as file:
            file.write(b"CSB1" + struct.pack("<I", calls))
            for number, allowed in enumerate(kinds):
                pool = may_read if allowed else may_not
                token = pool[used[allowed] % len(pool)]
                used[allowed] += 1
                trip = "/fleet/v2/trips/%d" % random.randrange(10 ** 7)
                place = ["", "/stops", "/driver"][number % 3]
                message = _message(number, token, "GET", trip + place, self._gateway_key)
                reason = b"allowed" if allowed else b"policy_denied"
                frame = b"\0" + struct.pack(">I", len(message)) + message
                file.write(bytes([allowed, len(reason)]) + reason + struct.pack("<I", len(frame)) + frame)
        return calls
