#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes Vectors/token-cases.json: tokens and proofs signed by another library, each with the verdict that is right.

usage: python3 make_cases.py > ../Vectors/token-cases.json   (needs the package `cryptography`)
The keys are drawn anew each time and forgotten; the verdicts follow from RFC 7515 to 7519, 8037, 8725, 9068 and 9449.
"""
import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, ed448, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

NOW, LEEWAY = 1_800_000_000, 60
HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
SIZES = {"256": 32, "384": 48, "512": 66}
P25519 = 2 ** 255 - 19
ORDER = {"256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551}


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b"=").decode()


def number(value):
    return b64(value.to_bytes((value.bit_length() + 7) // 8 or 1, "big"))


class Key:
    """A private key with its public JWK."""

    def __init__(self, private, kid=None, **members):
        self.private, public = private, private.public_key()
        if isinstance(private, rsa.RSAPrivateKey):
            n = public.public_numbers()
            self.jwk = {"kty": "RSA", "n": number(n.n), "e": number(n.e)}
        elif isinstance(private, ec.EllipticCurvePrivateKey):
            n, size = public.public_numbers(), (private.curve.key_size + 7) // 8
            name = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "secp256k1": "secp256k1"}
            self.jwk = {"kty": "EC", "crv": name[private.curve.name], "x": b64(n.x.to_bytes(size, "big")),
                        "y": b64(n.y.to_bytes(size, "big"))}
        else:
            kind = "Ed448" if isinstance(private, ed448.Ed448PrivateKey) else "Ed25519"
            self.jwk = {"kty": "OKP", "crv": kind, "x": b64(public.public_bytes_raw())}
        if kid is not None:
            self.jwk["kid"] = kid
        self.jwk.update(members)

    def raw(self, alg, data):
        if alg[:2] in ("RS", "PS"):
            digest = HASHES[alg[2:]]()
            pad = padding.PKCS1v15() if alg[0] == "R" else padding.PSS(padding.MGF1(digest), digest.digest_size)
            return self.private.sign(data, pad, digest)
        if alg[:2] == "ES":
            bits = "256" if alg == "ES256K" else alg[2:]
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(HASHES[bits]())))
            return r.to_bytes(SIZES[bits], "big") + s.to_bytes(SIZES[bits], "big")
        return self.private.sign(data)

    def sign(self, header, claims, alg=None, raw=None):
        """A token; `header` and `claims` may be text that is not JSON."""
        head = header if isinstance(header, (str, bytes)) else json.dumps(header, separators=(",", ":"))
        body = claims if isinstance(claims, (str, bytes)) else json.dumps(claims, separators=(",", ":"))
        data = (b64(head) + "." + b64(body)).encode()
        alg = alg or json.loads(head)["alg"]
        return data.decode() + "." + b64(raw if raw is not None else self.raw(alg, data))


def keys():
    new = {"rsa": Key(rsa.generate_private_key(65537, 2048), "rsa", use="sig"),
           "rsa3": Key(rsa.generate_private_key(3, 2048), "rsa3", use="sig"),
           "rsa4096": Key(rsa.generate_private_key(65537, 4096), "rsa4096", use="sig"),
           "rsa2047": Key(rsa.generate_private_key(65537, 2047), "rsa2047", use="sig"),
           "ec": Key(ec.generate_private_key(ec.SECP256R1()), "ec", use="sig"),
           "ec384": Key(ec.generate_private_key(ec.SECP384R1()), "ec384", use="sig"),
           "ec521": Key(ec.generate_private_key(ec.SECP521R1()), "ec521", use="sig"),
           "k1": Key(ec.generate_private_key(ec.SECP256K1()), "k1", use="sig"),
           "ed": Key(ed25519.Ed25519PrivateKey.generate(), "ed", use="sig"),
           "ed448": Key(ed448.Ed448PrivateKey.generate(), "ed448", use="sig"),
           "other": Key(ec.generate_private_key(ec.SECP256R1()), "other", use="sig")}
    return new


KEYS = keys()
ISSUER, AUDIENCE = "https://idp.example.test/", "api://orders"
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": NOW + 600, "iat": NOW - 10, "nbf": NOW - 10,
          "client_id": "web", "jti": "t-1"}
ALGS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
PROFILE = {"issuer": ISSUER, "audience": AUDIENCE, "now": NOW, "leeway": LEEWAY, "max_token_bytes": 16384,
           "typ": ["JWT", "at+jwt"], "typ_required": False, "required_claims": ["iss", "aud", "exp"], "jwks": "main",
           "algs": ALGS}
JWKS = {"main": {"keys": [KEYS[k].jwk for k in ("rsa", "rsa3", "rsa4096", "rsa2047", "ec", "ec384", "ec521", "k1", "ed",
                                                "ed448")]}}
PROFILES = {"main": PROFILE,
            "at": dict(PROFILE, typ=["at+jwt"], typ_required=True,
                       required_claims=["iss", "aud", "exp", "sub", "client_id", "iat", "jti"])}
CASES, PROOFS = [], []


def case(name, expect, token, profile="main"):
    CASES.append({"id": name, "profile": profile, "expect": expect, "token": token})


def with_keys(name, jwks, **changes):
    """Another profile whose key set is given."""
    JWKS[name] = {"keys": jwks}
    PROFILES[name] = dict(PROFILE, jwks=name, **changes)
    return name


def changed(**claims):
    result = dict(CLAIMS, **claims)
    return {k: v for k, v in result.items() if v is not ...}


def text(**claims):
    """The claims as text in which a value may be any JSON text."""
    known = {k: json.dumps(v) for k, v in CLAIMS.items()}
    known.update(claims)
    return "{" + ",".join('"%s":%s' % item for item in known.items()) + "}"


def signed(claims=CLAIMS, key="ec", alg="ES256", **header):
    head = {"alg": alg, "kid": key, **header}
    return KEYS[key].sign({k: v for k, v in head.items() if v is not ...}, claims)


def algorithms():
    for key, names in (("rsa", ALGS[:6]), ("rsa3", ALGS[:6:3]), ("rsa4096", ["RS256", "PS512"]), ("ec", ["ES256"]),
                       ("ec384", ["ES384"]), ("ec521", ["ES512"]), ("ed", ["EdDSA"])):
        for alg in names:
            case("ok-%s-%s" % (alg, key), "accept", signed(key=key, alg=alg))
            case("ok-at-%s-%s" % (alg, key), "accept", signed(key=key, alg=alg, typ="at+jwt"), "at")
    case("weak-rsa-2047", "reject", signed(key="rsa2047", alg="RS256"))
    case("es256k", "reject", signed(key="k1", alg="ES256K"))
    case("es256k-key-as-es256", "reject", KEYS["k1"].sign({"alg": "ES256", "kid": "k1"}, CLAIMS))
    case("ed448", "reject", signed(key="ed448", alg="EdDSA"))
    case("name-Ed25519", "reject", KEYS["ed"].sign({"alg": "Ed25519", "kid": "ed"}, CLAIMS))
    for claimed, real, key in (("RS256", "RS384", "rsa"), ("RS256", "PS256", "rsa"), ("PS256", "RS256", "rsa"),
                               ("PS384", "PS256", "rsa"), ("ES384", "ES256", "ec"), ("ES256", "EdDSA", "ed")):
        data = KEYS[key].sign({"alg": claimed, "kid": key}, CLAIMS, alg=real)
        case("claims-%s-signed-%s" % (claimed, real), "reject", data)
    digest = hashes.SHA256()
    for salt in (0, 20, 31, 33, 222):
        head = {"alg": "PS256", "kid": "rsa"}
        data = KEYS["rsa"].sign(head, CLAIMS).rsplit(".", 1)[0]
        raw = KEYS["rsa"].private.sign(data.encode(), padding.PSS(padding.MGF1(digest), salt), digest)
        case("pss-salt-%d" % salt, "reject", data + "." + b64(raw))
    for mask in (hashes.SHA1(), hashes.SHA512()):
        data = KEYS["rsa"].sign({"alg": "PS256", "kid": "rsa"}, CLAIMS).rsplit(".", 1)[0]
        raw = KEYS["rsa"].private.sign(data.encode(), padding.PSS(padding.MGF1(mask), 32), digest)
        case("pss-mgf-%s" % mask.name, "reject", data + "." + b64(raw))
    for value in ("none", "NONE", "", "HS256", "es256", "ES256\n", "dir", "A128KW", "RS1", "PS1"):
        data = b64(json.dumps({"alg": value, "kid": "ec"})) + "." + b64(json.dumps(CLAIMS)) + "."
        case("alg-%r-unsigned" % value, "reject", data)
    for value in (None, 1, ["ES256"], {"a": 1}, True):
        case("alg-type-%r" % (value,), "reject", KEYS["ec"].sign({"alg": value, "kid": "ec"}, CLAIMS, alg="ES256"))


def signatures():
    token = signed()
    data, _, sig = token.rpartition(".")
    raw = base64.urlsafe_b64decode(sig + "==")
    r, s, n = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"), ORDER["256"]

    def join(a, b):
        return data + "." + b64(a.to_bytes(32, "big") + b.to_bytes(32, "big"))
    case("ec-other-s", "accept", join(r, n - s))
    for name, a, b in (("r0", 0, s), ("s0", r, 0), ("rn", n, s), ("sn", r, n), ("r-max", 2 ** 256 - 1, s),
                       ("s-max", r, 2 ** 256 - 1), ("11", 1, 1), ("swap", s, r)):
        case("ec-" + name, "reject", join(a, b))
    case("ec-96", "reject", data + "." + b64(raw + b"\0" * 32))
    case("ec-padded-halves", "reject", data + "." + b64(b"\0" + raw[:32] + b"\0" + raw[32:]))
    case("ec-lead-zero", "reject", data + "." + b64(b"\0" + raw))
    case("ec-half", "reject", data + "." + b64(raw[:32]))
    der = KEYS["ec"].private.sign(data.encode(), ec.ECDSA(hashes.SHA256()))
    case("ec-der", "reject", data + "." + b64(der))
    token = signed(key="ed", alg="EdDSA")
    data, _, sig = token.rpartition(".")
    raw = base64.urlsafe_b64decode(sig + "==")
    order = 2 ** 252 + 27742317777372353535851937790883648493
    big = (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
    case("ed-s-not-reduced", "reject", data + "." + b64(raw[:32] + big))
    case("ed-s-top-bits", "reject", data + "." + b64(raw[:63] + bytes([raw[63] | 0xE0])))
    case("ed-zero", "reject", data + "." + b64(bytes(64)))
    case("ed-neutral", "reject", data + "." + b64(b"\1" + bytes(63)))
    case("ed-63", "reject", data + "." + b64(raw[:63]))
    case("ed-empty-message-signature", "reject", data + "." + b64(KEYS["ed"].private.sign(b"")))
    data, _, sig = signed(key="rsa", alg="RS256").rpartition(".")
    raw, modulus = base64.urlsafe_b64decode(sig + "=="), KEYS["rsa"].private.public_key().public_numbers().n
    case("rsa-lead-zero", "reject", data + "." + b64(b"\0" + raw))
    case("rsa-plus-n", "reject", data + "." + number(int.from_bytes(raw, "big") + modulus))
    for value in (0, 1, modulus - 1, modulus):
        case("rsa-sig-%s" % {0: 0, 1: 1, modulus: "n"}.get(value, "n-1"), "reject",
             data + "." + b64(value.to_bytes(256, "big")))
    # PKCS #1 v1.5 as Bleichenbacher forged it for e = 3: garbage behind the digest.
    head = data.replace("x", "x")
    info = bytes.fromhex("3031300d060960864801650304020105000420")
    key = KEYS["rsa3"]
    data = key.sign({"alg": "RS256", "kid": "rsa3"}, CLAIMS).rsplit(".", 1)[0]
    block = b"\0\1" + b"\xff" * 8 + b"\0" + info + hashlib.sha256(data.encode()).digest()
    block += b"\0" * (256 - len(block))
    target = int.from_bytes(block, "big")
    low, high = 0, 1 << 700
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle ** 3 < target else (low, middle)
    case("rsa-e3-cube-root", "reject", data + "." + b64(low.to_bytes(256, "big")))
    assert head


def base64_forms():
    token = signed()
    head, body, sig = token.split(".")
    for name, value in (("pad-head", head + "=" + "." + body + "." + sig), ("pad-sig", token + "="),
                        ("pad-both", token + "=="), ("tab", head + "\t." + body + "." + sig),
                        ("nul", token + "\0"), ("crlf", token + "\r\n"), ("lead-space", " " + token),
                        ("nbsp", token + "\u00a0"), ("zwsp", head + "\u200b." + body + "." + sig),
                        ("fullwidth-dot", head + "\uff0e" + body + "." + sig), ("bearer", "Bearer " + token),
                        ("quoted", '"' + token + '"'), ("comma", token + "," + token), ("dot-end", token + "."),
                        ("dot-start", "." + token), ("no-body", head + ".." + sig), ("no-head", "." + body + "." + sig),
                        ("two", head + "." + body), ("empty", ""), ("dot", "."), ("dots", ".."),
                        ("json", json.dumps({"protected": head, "payload": body, "signature": sig})),
                        ("percent", token.replace(".", "%2E")), ("jwe", head + "." + body + "." + sig + ".AA.AA"),
                        ("len1", head + "." + body + ".A"), ("nonascii", head + ".\u00e9" + body[1:] + "." + sig),
                        ("std-plus", head + "." + body + "." + sig[:-2] + "+" + sig[-1:]),
                        ("std-slash", head + "." + body + "." + sig[:-2] + "/" + sig[-1:])):
        case("form-" + name, "reject", value)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for index, part in enumerate((head, body, sig)):
        for extra in range(4):
            parts = [head, body, sig]
            if len(part) % 4 in (2, 3):
                last = alphabet[alphabet.index(part[-1]) | 1]
                if last == part[-1]:
                    break
                parts[index] = part[:-1] + last
                case("form-unused-bits-%d" % index, "reject", ".".join(parts))
                break
            break


def json_forms():
    plain = json.dumps(CLAIMS)
    for name, claims in (
            ("dup-top", plain[:-1] + ',"sub":"mallory"}'), ("dup-aud", plain[:-1] + ',"aud":"api://orders"}'),
            ("dup-escaped", plain[:-1] + ',"\\u0073ub":"mallory"}'),
            ("dup-deep", plain[:-1] + ',"a":[{"b":{"c":1,"c":2}}]}'),
            ("array", "[" + plain + "]"), ("null", "null"), ("true", "true"), ("two", plain + plain),
            ("bom", "\ufeff" + plain), ("comment", plain[:-1] + "/* */}"), ("single", plain.replace('"', "'")),
            ("control", plain[:-1] + ',"a":"\x01"}'), ("newline-in-string", plain[:-1] + ',"a":"\n"}'),
            ("bad-escape", plain[:-1] + ',"a":"\\x41"}'), ("nan", text(exp="NaN")), ("infinity", text(exp="Infinity")),
            ("minus-infinity", text(nbf="-Infinity")), ("hex", text(exp="0x7FFFFFFF")), ("lead-zero", text(exp="01900000000")),
            ("plus", text(exp="+1900000000")), ("dot-end", text(exp="1900000000.")), ("dot-start", text(nbf=".5")),
            ("nul-end", plain + "\0"), ("trailing-comma", plain[:-1] + ",}"), ("no-colon", plain[:-1] + ',"a" 1}'),
            ("unquoted", plain[:-1] + ",a:1}"), ("deep", plain[:-1] + ',"a":' + "[" * 5000 + "]" * 5000 + "}"),
            ("deep-objects", plain[:-1] + ',"a":' + '{"a":' * 1000 + "1" + "}" * 1000 + "}"), ("unclosed", plain[:-1])):
        case("claims-" + name, "reject", signed(claims))
    for name, claims in (("utf8-bad", plain.encode()[:-1] + b',"a":"\xff"}'), ("utf8-cut", plain.encode()[:-1] + b',"a":"\xc3"}'),
                         ("utf8-surrogate", plain.encode()[:-1] + b',"a":"\xed\xa0\x80"}'),
                         ("utf8-overlong", plain.encode()[:-1] + b',"a":"\xc0\xaf"}'),
                         ("utf8-above", plain.encode()[:-1] + b',"a":"\xf4\x90\x80\x80"}'),
                         ("utf16", plain.encode("utf-16"))):
        case("claims-" + name, "reject", signed(claims))
    case("claims-depth-30", "accept", signed(plain[:-1] + ',"a":' + "[" * 29 + "]" * 29 + "}"))
    case("claims-pair", "accept", signed(plain[:-1] + ',"a":"\\ud83d\\ude00"}'))
    case("claims-spaces", "accept", signed("\r\n\t " + plain + "\n"))
    case("claims-huge-number-elsewhere", "accept", signed(plain[:-1] + ',"a":' + "9" * 400 + "}"))
    case("claims-escaped-names", "accept", signed(plain.replace('"iss"', '"\\u0069ss"')))
    for name, head in (("dup-alg", '{"alg":"ES256","alg":"ES256","kid":"ec"}'), ("dup-kid", '{"alg":"ES256","kid":"ec","kid":"ec"}'),
                       ("dup-deep", '{"alg":"ES256","kid":"ec","a":{"b":1,"b":1}}'), ("string", '"ES256"'), ("null", "null"),
                       ("empty", ""), ("bom", '\ufeff{"alg":"ES256","kid":"ec"}'), ("cut", '{"alg":"ES256","kid":"ec"'),
                       ("deep", '{"alg":"ES256","kid":"ec","a":' + "[" * 2000 + "]" * 2000 + "}")):
        case("header-" + name, "reject", KEYS["ec"].sign(head, CLAIMS, alg="ES256"))
    for name, members in (("crit-exp", {"crit": ["exp"], "exp": 1}), ("crit-empty", {"crit": []}), ("crit-null", {"crit": None}),
                          ("crit-string", {"crit": "b64"}), ("b64-false", {"b64": False}),
                          ("b64-crit", {"b64": False, "crit": ["b64"]}), ("b64-true-crit", {"b64": True, "crit": ["b64"]}),
                          ("typ-null", {"typ": None}), ("typ-list", {"typ": ["JWT"]}), ("typ-object", {"typ": {}}),
                          ("kid-object", {"kid": {}}), ("kid-float", {"kid": 1.5})):
        head = {"alg": "ES256", "kid": "ec", **members}
        case("header-" + name, "reject", KEYS["ec"].sign(head, CLAIMS))


def times():
    good = {"exp": [NOW - LEEWAY + 1, NOW, NOW + 10 ** 9, 2 ** 53 - 1], "nbf": [0, NOW, NOW + LEEWAY], "iat": [0, NOW, NOW + LEEWAY]}
    bad = {"exp": [NOW - LEEWAY, NOW - LEEWAY - 1, 0, -1, 2 ** 53, 2 ** 63, 2 ** 64, 2 ** 64 + NOW, "1900000000", None, True, [], {}],
           "nbf": [NOW + LEEWAY + 1, -1, 2 ** 53, 2 ** 64, "0", None, False, []],
           "iat": [NOW + LEEWAY + 1, -1, 2 ** 53, 2 ** 64, "0", None, False, {}]}
    for name, values in good.items():
        for value in values:
            case("time-%s-%r" % (name, value), "accept", signed(changed(**{name: value})))
    for name, values in bad.items():
        for value in values:
            case("time-%s-bad-%r" % (name, value), "reject", signed(changed(**{name: value})))
    for name, value, expect in (
            ("exp", "%d.5" % (NOW - LEEWAY), "accept"), ("exp", "%d.0" % (NOW - LEEWAY), "reject"),
            ("exp", "%d.999" % (NOW - LEEWAY - 1), "reject"), ("exp", "1.9e9", "accept"), ("exp", "1900000000E0", "accept"),
            ("exp", "19000000000e-1", "accept"), ("exp", "1e400", "reject"), ("exp", "-1e400", "reject"), ("exp", "1e308", "reject"),
            ("exp", "1e-400", "reject"), ("exp", "-0", "reject"), ("exp", "9007199254740992.0", "reject"),
            ("exp", "1" + "0" * 400, "reject"), ("nbf", "-0", "accept"), ("nbf", "-0.0", "accept"), ("nbf", "%d.5" % (NOW + LEEWAY), "reject"),
            ("nbf", "%d.5" % (NOW + LEEWAY - 1), "accept"), ("nbf", "-1e-3", "reject"), ("nbf", "1e-400", "accept"), ("iat", "1e400", "reject"),
            ("iat", "%d.25" % NOW, "accept"), ("iat", "%d.001" % (NOW + LEEWAY), "reject")):
        case("time-%s-%s" % (name, value[:24]), expect, signed(text(**{name: value})))
    case("time-no-exp", "reject", signed(changed(exp=...)))
    case("time-only-exp", "accept", signed(changed(iat=..., nbf=...)))


def claims():
    for value in (ISSUER[:-1], ISSUER + "/", ISSUER + " ", ISSUER.upper(), "", None, 1, [ISSUER], {"a": ISSUER}, ISSUER + "\0",
                  "https://idp.example.test\u2215", "https://\u0456dp.example.test/", ISSUER + "?", "//idp.example.test/"):
        case("iss-%s" % ascii(value), "reject", signed(changed(iss=value)))
    case("iss-missing", "reject", signed(changed(iss=...)))
    for value in ("api://Orders", "api://orders/", "orders", "", " api://orders", "api://orders,api://orders", "api://orders api://orders",
                  "*", [], [[AUDIENCE]], [AUDIENCE, 1], [AUDIENCE, None], [None], ["api://"], {AUDIENCE: True}, 1, True, None):
        case("aud-%s" % ascii(value)[:60], "reject", signed(changed(aud=value)))
    case("aud-missing", "reject", signed(changed(aud=...)))
    for value in ([AUDIENCE], ["x", AUDIENCE], [AUDIENCE, AUDIENCE], ["", AUDIENCE]):
        case("aud-%s" % ascii(value)[:60], "accept", signed(changed(aud=value)))
    for value in ("JWT", "jwt", "Jwt", "application/jwt", "APPLICATION/JWT", "at+jwt", "AT+JWT", "application/at+jwt", "at+JWT"):
        case("typ-" + value, "accept", signed(typ=value))
    for value in ("", " JWT", "JWT ", "application/", "application/application/jwt", "text/jwt", "jwt; a=b", "id+jwt", "logout+jwt",
                  "dpop+jwt", "secevent+jwt", "JOSE", "JWE", "at\u2212jwt", "at+\u212awt", "token-introspection+jwt", "rt+jwt"):
        case("typ-bad-" + ascii(value), "reject", signed(typ=value))
    for value in ("at+jwt", "AT+JWT", "application/at+jwt"):
        case("at-typ-" + value, "accept", signed(typ=value), "at")
    for value in ("JWT", "jwt", "application/jwt", ""):
        case("at-typ-bad-" + value, "reject", signed(typ=value), "at")
    case("at-typ-missing", "reject", signed(), "at")
    for name in ("sub", "client_id", "iat", "jti", "iss", "aud", "exp"):
        case("at-without-" + name, "reject", signed(changed(**{name: ...}), typ="at+jwt"), "at")
    case("at-sub-null", "reject", signed(changed(sub=None), typ="at+jwt"), "at")
    size = 16384
    base = len(signed(changed(pad="")))
    for goal, expect in ((size - 1, "accept"), (size, "accept"), (size + 1, "reject"), (size + 2000, "reject")):
        for fill in range(int((goal - base) * 0.74), int((goal - base) * 0.76) + 8):
            token = signed(changed(pad="x" * fill))
            if len(token) == goal:
                case("size-%d" % goal, expect, token)
                break


def key_sets():
    ec1, ec2, other = KEYS["ec"].jwk, KEYS["ec384"].jwk, KEYS["other"].jwk
    token, nokid = signed(), signed(kid=...)

    def one(name, expect, jwks, what=token, **changes):
        case("keys-" + name, expect, what, with_keys(name, jwks, **changes))

    def but(key, **members):
        return {k: v for k, v in dict(key, **members).items() if v is not ...}
    one("nothing", "reject", [])
    one("unknown-kty-beside", "accept", [{"kty": "AKP", "kid": "pq", "alg": "ML-DSA-44", "pub": "AA"}, ec1])
    one("broken-beside", "accept", [{"kty": "EC", "kid": "b", "crv": "P-256", "x": "AA", "y": "AA"}, ec1])
    one("not-objects-beside", "accept", [None, 1, "x", [], ec1])
    one("no-kty-beside", "accept", [{"kid": "x"}, ec1])
    one("broken-same-kid", "accept", [{"kty": "RSA", "kid": "ec", "n": "!!!", "e": "AQAB"}, ec1])
    one("other-type-same-kid", "accept", [but(KEYS["rsa"].jwk, kid="ec"), ec1])
    one("x25519-beside", "accept", [{"kty": "OKP", "kid": "x", "crv": "X25519", "x": b64(bytes(range(32)))}, ec1])
    one("enc-key-beside", "accept", [but(KEYS["rsa"].jwk, use="enc", kid="e", alg="RSA-OAEP"), ec1])
    for name, members, expect in (
            ("use-enc", {"use": "enc"}, "reject"), ("use-SIG", {"use": "SIG"}, "reject"), ("use-empty", {"use": ""}, "reject"),
            ("use-number", {"use": 1}, "reject"), ("use-missing", {"use": ...}, "accept"), ("ops-verify", {"key_ops": ["verify"]}, "accept"),
            ("ops-verify-more", {"use": ..., "key_ops": ["verify", "encrypt"]}, "accept"), ("ops-sign", {"use": ..., "key_ops": ["sign"]}, "reject"),
            ("ops-empty", {"use": ..., "key_ops": []}, "reject"), ("ops-string", {"use": ..., "key_ops": "verify"}, "reject"),
            ("ops-derive", {"use": ..., "key_ops": ["deriveBits"]}, "reject"), ("alg-same", {"alg": "ES256"}, "accept"),
            ("alg-es384", {"alg": "ES384"}, "reject"), ("alg-ecdh", {"alg": "ECDH-ES"}, "reject"), ("alg-case", {"alg": "es256"}, "reject"),
            ("alg-none", {"alg": "none"}, "reject"), ("alg-number", {"alg": 256}, "reject"), ("kid-case", {"kid": "EC"}, "reject"),
            ("kid-space", {"kid": "ec "}, "reject"), ("kid-number", {"kid": 1}, "reject"), ("kid-missing", {"kid": ...}, "reject"),
            ("crv-384", {"crv": "P-384"}, "reject"), ("crv-case", {"crv": "p-256"}, "reject"), ("crv-k1", {"crv": "secp256k1"}, "reject"),
            ("crv-missing", {"crv": ...}, "reject"), ("kty-case", {"kty": "ec"}, "reject"), ("kty-okp", {"kty": "OKP"}, "reject"),
            ("y-missing", {"y": ...}, "reject"), ("x-number", {"x": 5}, "reject"), ("xy-swapped", {"x": ec1["y"], "y": ec1["x"]}, "reject"),
            ("y-zero", {"y": b64(bytes(32))}, "reject"), ("both-zero", {"x": b64(bytes(32)), "y": b64(bytes(32))}, "reject"),
            ("x-padded", {"x": ec1["x"] + "="}, "reject"), ("x-long", {"x": b64(b"\0" + base64.urlsafe_b64decode(ec1["x"] + "="))}, "reject"),
            ("x-std-base64", {"x": ec1["x"].replace("-", "+").replace("_", "/") + "="}, "reject"), ("extra", {"foo": {"a": [1]}}, "accept"),
            ("x5c", {"x5c": ["AAAA"], "x5t": "x", "x5u": "http://127.0.0.1:1/"}, "accept")):
        one(name, expect, [but(ec1, **members)])
    one("two-fit-same-kid", "reject", [ec1, but(other, kid="ec")])
    one("no-kid-one-fits", "accept", [ec1, ec2, KEYS["rsa"].jwk], nokid)
    one("no-kid-two-fit", "reject", [ec1, other], nokid)
    one("no-kid-none-fits", "reject", [ec2], nokid)
    one("no-kid-alg-pins", "accept", [but(ec1, alg="ES256"), but(other, alg="ES256K")], nokid)
    one("no-kid-enc-does-not-count", "accept", [ec1, but(other, use="enc")], nokid)
    one("kid-wanted-set-has-none", "reject", [but(ec1, kid=...)])
    one("kid-empty-equal", "accept", [but(ec1, kid="")], KEYS["ec"].sign({"alg": "ES256", "kid": ""}, CLAIMS))
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    one("kid-unicode-equal", "accept", [but(ec1, kid=composed)], KEYS["ec"].sign({"alg": "ES256", "kid": composed}, CLAIMS))
    one("kid-unicode-form", "reject", [but(ec1, kid=decomposed)], KEYS["ec"].sign({"alg": "ES256", "kid": composed}, CLAIMS))
    rsa1, rsatoken = KEYS["rsa"].jwk, signed(key="rsa", alg="RS256")
    n = KEYS["rsa"].private.public_key().public_numbers().n
    for name, members, expect in (
            ("rsa-e1", {"e": "AQ"}, "reject"), ("rsa-e2", {"e": "Ag"}, "reject"), ("rsa-e0", {"e": "AA"}, "reject"), ("rsa-e-empty", {"e": ""}, "reject"),
            ("rsa-e-even", {"e": number(65536)}, "reject"), ("rsa-n-even", {"n": number(n - 1)}, "reject"), ("rsa-n-empty", {"n": ""}, "reject"),
            ("rsa-n-1024", {"n": number(n >> 1024 | 1)}, "reject"), ("rsa-e-huge", {"e": number(n - 2)}, "reject"),
            ("rsa-pinned", {"alg": "RS256"}, "accept"), ("rsa-pinned-ps", {"alg": "PS256"}, "reject"), ("rsa-oaep", {"alg": "RSA-OAEP-256"}, "reject"),
            ("rsa-with-crv", {"crv": "P-256"}, "accept")):
        one(name, expect, [but(rsa1, **members)], rsatoken)
    one("rsa-e1-forged", "reject", [but(rsa1, e="AQ")], forged_with_exponent_one(n))
    edtoken = signed(key="ed", alg="EdDSA")
    small = [bytes(32), b"\1" + bytes(31), (P25519 - 1).to_bytes(32, "little"), P25519.to_bytes(32, "little"), (P25519 + 1).to_bytes(32, "little"),
             bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
             bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    for index, point in enumerate(small):
        for sign in (0, 0x80):
            x = point[:31] + bytes([point[31] | sign])
            data = KEYS["ed"].sign({"alg": "EdDSA", "kid": "ed"}, CLAIMS).rsplit(".", 1)[0]
            forged = data + "." + b64(x + bytes(32))
            name = "ed-small-%d-%d" % (index, sign)
            one(name, "reject", [but(KEYS["ed"].jwk, x=b64(x))], forged)
            case("keys-%s-neutral" % name, "reject", data + "." + b64(b"\1" + bytes(63)), name)
    one("ed-31", "reject", [but(KEYS["ed"].jwk, x=b64(bytes(31)))], edtoken)
    one("ed-as-x25519", "reject", [but(KEYS["ed"].jwk, crv="X25519")], edtoken)
    one("ed-alg-EdDSA", "accept", [but(KEYS["ed"].jwk, alg="EdDSA")], edtoken)


def forged_with_exponent_one(n):
    head = b64(json.dumps({"alg": "RS256", "kid": "rsa"})) + "." + b64(json.dumps(CLAIMS))
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(head.encode()).digest()
    block = b"\0\1" + b"\xff" * (256 - 3 - len(info)) + b"\0" + info
    assert int.from_bytes(block, "big") < n
    return head + "." + b64(block)


TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"


def thumbprint(jwk):
    names = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}[jwk["kty"]]
    return b64(hashlib.sha256(json.dumps({k: jwk[k] for k in names}, separators=(",", ":"), sort_keys=True).encode()).digest())


def proof(name, expect, key="ec", alg="ES256", header=None, claims=None, context=None, text_claims=None, private=None):
    jwk = {k: v for k, v in KEYS[key].jwk.items() if k not in ("kid", "use")}
    head = {k: v for k, v in dict({"typ": "dpop+jwt", "alg": alg, "jwk": jwk}, **(header or {})).items() if v is not ...}
    ath = b64(hashlib.sha256(TOKEN.encode()).digest())
    body = {"jti": "p-1", "htm": "POST", "htu": "https://api.example.test/orders", "iat": NOW, "ath": ath}
    body = {k: v for k, v in dict(body, **(claims or {})).items() if v is not ...}
    token = KEYS[private or key].sign(head, text_claims or body, alg=alg if alg != "none" else "ES256")
    PROOFS.append({"id": "proof-" + name, "expect": expect, "proof": token, "context": dict(
        {"method": "POST", "url": "https://api.example.test/orders?x=1", "access_token": TOKEN, "jkt": thumbprint(jwk),
         "now": NOW, "max_age": 300, "leeway": LEEWAY, "algs": ["ES256", "RS256", "PS256", "EdDSA"]}, **(context or {}))})


def proofs():
    for key, alg in (("ec", "ES256"), ("rsa", "RS256"), ("rsa", "PS256"), ("ed", "EdDSA")):
        proof("ok-" + alg, "accept", key, alg)
    proof("alg-not-listed", "reject", "ec384", "ES384")
    for name, header in (("typ-at", {"typ": "at+jwt"}), ("typ-null", {"typ": None}), ("jwk-null", {"jwk": None}), ("jwk-string", {"jwk": "x"}),
                         ("crit", {"crit": ["jti"]}), ("b64", {"b64": False}), ("jku", {"jku": "https://e.test/"}), ("x5c", {"x5c": ["AA"]}),
                         ("alg-none", {"alg": "none"}), ("alg-number", {"alg": 1}), ("kid-number", {"kid": 3})):
        proof("header-" + name, "reject", header=header)
    proof("header-kid", "accept", header={"kid": "anything"})
    jwk = {k: v for k, v in KEYS["ec"].jwk.items() if k not in ("kid", "use")}
    proof("jwk-private", "reject", header={"jwk": dict(jwk, d=b64(bytes(range(32))))})
    proof("jwk-no-y", "reject", header={"jwk": {k: v for k, v in jwk.items() if k != "y"}})
    proof("jwk-off-curve", "reject", header={"jwk": dict(jwk, y=b64(bytes(32)))})
    proof("jwk-enc", "reject", header={"jwk": dict(jwk, use="enc")})
    proof("jwk-other-key", "reject", private="other")
    proof("rsa-weak", "reject", "rsa2047", "RS256")
    for name, claims in (("htm-case", {"htm": "post"}), ("htm-get", {"htm": "GET"}), ("htm-null", {"htm": None}), ("htm-list", {"htm": ["POST"]}),
                         ("htu-empty", {"htu": ""}), ("htu-path-only", {"htu": "/orders"}), ("htu-slash", {"htu": "https://api.example.test/orders/"}),
                         ("htu-port", {"htu": "https://api.example.test:8443/orders"}), ("htu-user", {"htu": "https://u@api.example.test/orders"}),
                         ("htu-suffix", {"htu": "https://api.example.test.evil.test/orders"}), ("htu-number", {"htu": 1}),
                         ("htu-http-80", {"htu": "http://api.example.test:80/orders"}), ("htu-encoded-slash", {"htu": "https://api.example.test%2forders"}),
                         ("iat-null", {"iat": None}), ("iat-negative", {"iat": -1}), ("iat-old", {"iat": NOW - 3600}), ("iat-future", {"iat": NOW + LEEWAY + 1}),
                         ("iat-huge", {"iat": 2 ** 64 + NOW}), ("iat-bool", {"iat": True}), ("jti-missing", {"jti": ...}), ("jti-empty", {"jti": ""}),
                         ("jti-null", {"jti": None}), ("ath-missing", {"ath": ...}), ("ath-null", {"ath": None}), ("ath-empty", {"ath": ""})):
        proof(name, "reject", claims=claims)
    proof("ath-padded", "reject", claims={"ath": b64(hashlib.sha256(TOKEN.encode()).digest()) + "="})
    proof("ath-standard", "reject", claims={"ath": base64.b64encode(hashlib.sha256(TOKEN.encode()).digest()).decode()})
    for name, claims in (("htu-query", {"htu": "https://api.example.test/orders?x=1"}), ("htu-other-query", {"htu": "https://api.example.test/orders?y=2#z"}),
                         ("htu-host-case", {"htu": "HTTPS://API.example.TEST/orders"}), ("htu-443", {"htu": "https://api.example.test:443/orders"}),
                         ("htu-unreserved", {"htu": "https://api.example.test/%6frders"}), ("iat-edge", {"iat": NOW - 299}),
                         ("iat-ahead", {"iat": NOW + LEEWAY}), ("more-claims", {"nonce": "x", "foo": [1]})):
        proof(name, "accept", claims=claims)
    proof("hex-case", "accept", claims={"htu": "https://api.example.test/caf%c3%a9"}, context={"url": "https://api.example.test/caf%C3%A9"})
    proof("nonce", "accept", claims={"nonce": "n1"}, context={"nonce": "n1"})
    proof("nonce-type", "reject", claims={"nonce": 1}, context={"nonce": "n1"})
    proof("nonce-case", "reject", claims={"nonce": "N1"}, context={"nonce": "n1"})
    proof("other-binding", "reject", context={"jkt": thumbprint(KEYS["other"].jwk)})
    proof("binding-case", "reject", context={"jkt": thumbprint(jwk).swapcase()})
    body = '{"jti":"a","jti":"a","htm":"POST","htu":"https://api.example.test/orders","iat":%d}' % NOW
    proof("dup", "reject", text_claims=body, context={"access_token": None})
    proof("root-path", "accept", claims={"htu": "https://api.example.test"}, context={"url": "https://api.example.test/"})


def hs():
    import hmac
    secret = bytes(range(64))
    jwk = {"kty": "oct", "kid": "h", "k": b64(secret)}
    for name, alg, key, expect in (("256", "sha256", secret, "accept"), ("384", "sha384", secret, "accept"), ("512", "sha512", secret, "accept"),
                                   ("512-short", "sha512", secret[:63], "reject"), ("384-short", "sha384", secret[:47], "reject"),
                                   ("256-short", "sha256", secret[:31], "reject"), ("256-least", "sha256", secret[:32], "accept")):
        data = b64(json.dumps({"alg": "HS" + alg[3:], "kid": "h"})) + "." + b64(json.dumps(CLAIMS))
        tag = hmac.new(key, data.encode(), alg).digest()
        profile = with_keys("hs-" + name, [dict(jwk, k=b64(key))], algs=["HS256", "HS384", "HS512"])
        case("hs-" + name, expect, data + "." + b64(tag), profile)
        if expect == "accept":
            case("hs-%s-cut" % name, "reject", data + "." + b64(tag[:-1]), profile)
            case("hs-%s-empty" % name, "reject", data + ".", profile)
            case("hs-%s-longer" % name, "reject", data + "." + b64(tag + b"\0"), profile)


def main():
    for part in (algorithms, signatures, base64_forms, json_forms, times, claims, key_sets, hs, proofs):
        part()
    names = [c["id"] for c in CASES + PROOFS]
    assert len(names) == len(set(names)), [n for n in names if names.count(n) > 1]
    json.dump({"about": __doc__.split("\n")[0], "profiles": PROFILES, "jwks": JWKS, "cases": CASES, "dpop": PROOFS},
              sys.stdout, indent=1)
    print()
    print(len(CASES), "tokens,", len(PROOFS), "proofs", file=sys.stderr)


if __name__ == "__main__":
    main()
