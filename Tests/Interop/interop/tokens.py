# SPDX-License-Identifier: Apache-2.0
"""JSON Web Tokens and key sets, right ones and wrong ones."""
import base64
import json
import time
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value):
    return base64url(json.dumps(value, separators=(",", ":")).encode())


def _number(value, size=None):
    return base64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class SigningKey:
    """A key pair for one algorithm."""

    def __init__(self, algorithm, key_id):
        self.algorithm, self.key_id = algorithm, key_id
        if algorithm == "ES256":
            self._private = ec.generate_private_key(ec.SECP256R1())
        elif algorithm in ("RS256", "PS256"):
            self._private = rsa.generate_private_key(65537, 2048)
        else:
            self._private = ed25519.Ed25519PrivateKey.generate()

    def sign(self, data, algorithm=None):
        algorithm = algorithm or self.algorithm
        if algorithm == "ES256":
            r, s = decode_dss_signature(self._private.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if algorithm == "RS256":
            return self._private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if algorithm == "PS256":
            return self._private.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        return self._private.sign(data)

    def pem(self):
        """The private key in PEM form (PKCS #8)."""
        return self._private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()).decode()

    def verifies(self, signature, data, algorithm=None):
        """Whether a signature is this key's."""
        algorithm, key = algorithm or self.algorithm, self._private.public_key()
        try:
            if algorithm == "ES256":
                der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
                key.verify(der, data, ec.ECDSA(hashes.SHA256()))
            elif algorithm == "RS256":
                key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
            elif algorithm == "PS256":
                key.verify(signature, data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
            else:
                key.verify(signature, data)
            return len(signature) == 64 or algorithm in ("RS256", "PS256")
        except InvalidSignature:
            return False

    def private(self):
        """The whole key as a JWK, for providers that are given theirs."""
        numbers, jwk = self._private.private_numbers(), self.public()
        if self.algorithm == "ES256":
            jwk.update(d=_number(numbers.private_value, 32))
        else:
            jwk.update(d=_number(numbers.d), p=_number(numbers.p), q=_number(numbers.q), dp=_number(numbers.dmp1),
                       dq=_number(numbers.dmq1), qi=_number(numbers.iqmp))
        return jwk

    def public(self, **changes):
        """The public key as a JWK."""
        key = self._private.public_key()
        jwk = {"kid": self.key_id, "use": "sig", "alg": self.algorithm}
        if self.algorithm == "ES256":
            numbers = key.public_numbers()
            jwk.update(kty="EC", crv="P-256", x=_number(numbers.x, 32), y=_number(numbers.y, 32))
        elif self.algorithm in ("RS256", "PS256"):
            numbers = key.public_numbers()
            jwk.update(kty="RSA", n=_number(numbers.n), e=_number(numbers.e))
        else:
            raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            jwk.update(kty="OKP", crv="Ed25519", x=base64url(raw))
        jwk.update(changes)
        return jwk


class TokenIssuer:
    """An issuer with its keys and usual claims."""

    def __init__(self, issuer, audience, keys):
        self.issuer, self.audience, self.keys = issuer, audience, list(keys)

    def key_set(self):
        return {"keys": [key.public() for key in self.keys]}

    def claims(self, subject, scopes=(), **changes):
        """Good claims with changes; a change to None leaves the claim out."""
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": subject, "aud": self.audience, "iat": now - 5, "nbf": now - 5,
                  "exp": now + 3600, "jti": str(uuid.uuid4()), "scope": " ".join(scopes)}
        claims.update(changes)
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, subject="mara", scopes=(), key=None, header=None, signature=None, **changes):
        """A token; `header` changes its header, `signature` replaces or maps the signature."""
        key = key or self.keys[0]
        head = {"alg": key.algorithm, "typ": "at+jwt", "kid": key.key_id}
        head.update(header or {})
        head = {name: value for name, value in head.items() if value is not None}
        return assemble(head, self.claims(subject, scopes, **changes), key, signature)


def assemble(header, claims, key, signature=None):
    """Signs any header and claims, given as values or as raw JSON text."""
    part = lambda value: base64url(value.encode()) if isinstance(value, str) else compact(value)
    signed = part(header) + "." + part(claims)
    if signature is None:
        made = key.sign(signed.encode())
    elif callable(signature):
        made = signature(key.sign(signed.encode()))
    else:
        made = signature
    return signed + "." + base64url(made)


def altered(token, places=12):
    """The text with another letter so many places before its end: other bits, whatever they were."""
    at = len(token) - places
    return token[:at] + ("B" if token[at] == "A" else "A") + token[at + 1:]
