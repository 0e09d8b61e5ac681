#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes Vectors/token-attacks.json: what an attacker tries, each with the verdict that is right and, where it matters, the reason.

usage: python3 make_attacks.py > ../Vectors/token-attacks.json   (needs the package `cryptography`)
The keys are drawn anew each time and forgotten. Names of families: alg, kid, json, base64, crit, typ, time, aud, sig, proof.
"""
import base64
import hashlib
import hmac
import json
import sys

from make_cases import (AUDIENCE, CASES, CLAIMS, ISSUER, JWKS, KEYS, NOW, ORDER, PROFILES, PROOFS, TOKEN, b64, case, changed,
                        number, proof, signed, text, thumbprint, with_keys)


def add(name, verdict, token, profile="main"):
    """`verdict` is accept, reject, or the reason code of the refusal."""
    expect = verdict if verdict in ("accept", "reject", "either") else "reject"
    case(name, expect, token, profile)
    if expect != verdict:
        CASES[-1]["reason"] = verdict


def add_proof(name, verdict, **arguments):
    proof(name, verdict if verdict in ("accept", "reject", "either") else "reject", **arguments)
    if verdict not in ("accept", "reject", "either"):
        PROOFS[-1]["reason"] = verdict


def raw(head, body=None, key="ec", alg="ES256"):
    """A token whose header and claims are given as JSON text."""
    return KEYS[key].sign(head, body if body is not None else json.dumps(CLAIMS), alg=alg)


def tag(key, head, body=CLAIMS, digest="sha256"):
    data = b64(json.dumps(head)) + "." + b64(json.dumps(body))
    return data + "." + b64(hmac.new(key, data.encode(), digest).digest())


def algorithms():
    for name, alg in (("fullwidth", "\uff25\uff33256"), ("nul", "ES256\0"), ("bom", "\ufeffES256"), ("zero-width", "ES\u200b256"),
                      ("list-text", "ES256,none"), ("space", "ES256 "), ("dash", "ES-256"), ("cyrillic", "\u0415S256"), ("long", "ES256" * 1000),
                      ("number-text", "256"), ("dot", "ES256.")):
        add("alg-" + name, "token_algorithm", raw(json.dumps({"alg": alg, "kid": "ec"})))
    add("alg-nested", "token_malformed", raw('{"alg":{"alg":"ES256"},"kid":"ec"}'))
    add("alg-in-list", "token_malformed", raw('{"alg":["none","ES256"],"kid":"ec"}'))
    add("alg-twice-by-escape", "token_malformed", raw('{"alg":"ES256","\\u0061lg":"none","kid":"ec"}'))
    add("alg-other-case-beside", "accept", raw('{"alg":"ES256","ALG":"none","kid":"ec"}'))
    public = KEYS["ec"].jwk
    point = lambda name: base64.urlsafe_b64decode(public[name] + "==")
    for name, key in (("x", point("x")), ("xy", point("x") + point("y")), ("04xy", b"\4" + point("x") + point("y")),
                      ("kid", b"ec"), ("issuer", ISSUER.encode()), ("zeros", bytes(32)), ("empty", b"")):
        add("alg-hmac-of-" + name, "token_algorithm", tag(key, {"alg": "HS256", "kid": "ec"}))
    add("alg-hmac-named-as-es256", "token_signature", tag(point("x"), {"alg": "ES256", "kid": "ec"}, digest="sha512"))
    add("alg-rsa-name-ec-key", "key_unknown", raw('{"alg":"RS256","kid":"ec"}'))
    add("alg-eddsa-name-ec-key", "key_unknown", raw('{"alg":"EdDSA","kid":"ec"}'))
    add("alg-ec-name-ed-key", "key_unknown", raw('{"alg":"ES256","kid":"ed"}', key="ed", alg="EdDSA"))
    add("alg-empty-signature", "token_signature", raw('{"alg":"ES256","kid":"ec"}').rsplit(".", 1)[0] + ".")
    add("alg-in-claims-only", "token_malformed", raw('{"kid":"ec"}', json.dumps(dict(CLAIMS, alg="ES256"))))
    add("alg-encrypted-with-enc", "token_algorithm", raw('{"alg":"RSA-OAEP","enc":"A256GCM","kid":"ec"}'))


def key_names():
    for name, kid in (("nul", "ec\0"), ("newline", "ec\n"), ("space-front", " ec"), ("tab", "ec\t"), ("upper", "EC"), ("dot", "./ec"),
                      ("query", "ec?"), ("hash", "ec#"), ("percent", "%65c"), ("bidi", "\u202eec"), ("combining", "ec\u0301"),
                      ("number-text", "0"), ("index", "4"), ("json", '{"kid":"ec"}'), ("thumbprint", thumbprint(KEYS["ec"].jwk)),
                      ("10k", "e" * 10_000), ("url", "https://evil.test/jwks#ec"), ("ldap", "*)(kid=ec"), ("format", "%s%n%x"),
                      ("backtick", "`id`"), ("other-issuer", "https://other.test/#ec")):
        add("kid-" + name, "key_unknown", signed(kid=kid))
    add("kid-escaped-equal", "accept", raw('{"alg":"ES256","kid":"\\u0065\\u0063"}'))
    add("kid-twice", "token_malformed", raw('{"alg":"ES256","kid":"ec","kid":"ec"}'))
    add("kid-in-claims", "token_signature", raw('{"alg":"ES256"}', json.dumps(dict(CLAIMS, kid="ec")), key="other"))
    add("kid-of-another-key", "token_signature", signed(key="other", kid="ec"))
    add("kid-of-weak-key-falls-nowhere", "key_unknown", signed(kid="rsa2047"))
    same = [dict(KEYS["other"].jwk, kid="ec"), KEYS["ec"].jwk]
    add("kid-two-of-one-alg", "reject", signed(), with_keys("attack-two", same))


def json_tricks():
    deep = lambda n: '{"a":' * n + "1" + "}" * n
    for name, extra in (("in-list", '[{"a":1,"a":2}]'), ("in-list-deep", '[[[{"x":{"a":1,"a":1}}]]]'), ("escaped", '{"ab":1,"a\\u0062":2}'),
                        ("slash", '{"a/b":1,"a\\/b":2}'), ("empty-name", '{"":1,"":2}'), ("far-apart", '{"a":1,%s"a":2}' % "".join(
                            '"k%d":0,' % i for i in range(200))), ("surrogates", '{"\\ud83d\\ude00":1,"\U0001f600":2}')):
        add("json-dup-" + name, "token_malformed", raw('{"alg":"ES256","kid":"ec"}', text(x=extra)))
        add("json-dup-header-" + name, "token_malformed", raw('{"alg":"ES256","kid":"ec","x":%s}' % extra))
    add("json-names-differ-by-case", "accept", raw('{"alg":"ES256","kid":"ec"}', text(SUB='"eve"', Exp="0")))
    add("json-names-differ-by-form", "accept", raw('{"alg":"ES256","kid":"ec"}', text(x='{"\u00e9":1,"e\u0301":2}')))
    add("json-proto", "accept", raw('{"alg":"ES256","kid":"ec"}', text(__proto__='{"admin":true}', constructor="1")))
    add("json-exp-inside", "token_claims", raw('{"alg":"ES256","kid":"ec"}', json.dumps({"claims": CLAIMS, "iss": ISSUER, "aud": AUDIENCE})))
    for name, value, verdict in (("digits-5000", "1" * 5000, "accept"), ("exponent-huge", "1e99999", "accept"), ("exponent-tiny", "1e-99999", "accept"),
                                 ("minus-zero", "-0.0e-0", "accept"), ("exponent-empty", "1e", "token_malformed"), ("minus-alone", "-", "token_malformed"),
                                 ("underscore", "1_000", "token_malformed"), ("hex-exponent", "0x1p3", "token_malformed"),
                                 ("double-minus", "--1", "token_malformed"), ("octal", "-01", "token_malformed"), ("arabic", "\u0661", "token_malformed")):
        add("json-number-" + name, verdict, raw('{"alg":"ES256","kid":"ec"}', text(x=value)))
    for name, value, verdict in (("escape-u-short", '"\\u12"', "token_malformed"), ("escape-u-capital", '"\\U0041"', "token_malformed"),
                                 ("escape-x", '"\\x41"', "token_malformed"), ("tab-raw", '"\t"', "token_malformed"), ("nul-escaped", '"\\u0000"', "accept"),
                                 ("del-raw", '"\x7f"', "accept"), ("unclosed", '"abc', "token_malformed"), ("single", "'abc'", "token_malformed"),
                                 ("true-case", "True", "token_malformed"), ("undefined", "undefined", "token_malformed"),
                                 ("form-feed", "1\f", "token_malformed"), ("nbsp", "\u00a01", "token_malformed"), ("ls", "\u20281", "token_malformed")):
        add("json-text-" + name, verdict, raw('{"alg":"ES256","kid":"ec"}', text(x=value)))
    add("json-deep-header", "token_malformed", raw('{"alg":"ES256","kid":"ec","x":%s}' % deep(500)))
    add("json-deep-claims", "token_malformed", raw('{"alg":"ES256","kid":"ec"}', text(x=deep(500))))
    add("json-mixed-deep", "token_malformed", raw('{"alg":"ES256","kid":"ec"}', text(x='[{"a":' * 400 + "1" + "}]" * 400)))
    add("json-claims-quoted", "token_malformed", raw('{"alg":"ES256","kid":"ec"}', json.dumps(json.dumps(CLAIMS))))
    add("json-claims-in-list", "token_malformed", raw('{"alg":"ES256","kid":"ec"}', json.dumps([CLAIMS])))
    add("json-header-in-list", "token_malformed", raw('[{"alg":"ES256","kid":"ec"}]'))
    add("json-token-in-claims", "accept", signed(changed(token=signed(changed(sub="eve")))))
    for name, data in (("latin1", b'{"x":"\xe9"}'), ("cut", b'{"x":"\xe2\x82"}'), ("ff", b'{"x":"\xff"}'), ("nul-end", b'{}\0'), ("bom", b"\xef\xbb\xbf{}"),
                       ("gzip", b"\x1f\x8b\x08\0\0\0\0\0"), ("cbor", b"\xa1\x01\x02")):
        add("json-bytes-" + name, "token_malformed", KEYS["ec"].sign(json.dumps({"alg": "ES256", "kid": "ec"}), data))
        add("json-bytes-header-" + name, "token_malformed", KEYS["ec"].sign(data, json.dumps(CLAIMS), alg="ES256"))


def base64_tricks():
    good = signed()
    head, body, sig = good.split(".")
    for name, token in (("pad-middle", head[:8] + "=" + head[8:] + "." + body + "." + sig), ("pad-body", head + "." + body + "==." + sig),
                        ("space-in-body", head + "." + body[:4] + " " + body[4:] + "." + sig), ("newline-each", "\n".join([head, ".", body, ".", sig])),
                        ("vertical-tab", good + "\v"), ("nul-front", "\0" + good), ("bom", "\ufeff" + good), ("semicolon", head + ";" + body + ";" + sig),
                        ("colon", head + ":" + body + ":" + sig), ("four-segments", good + "." + sig), ("five-segments", head + ".." + body + ".." + sig),
                        ("double-dot", head + ".." + sig), ("header-twice", head + "." + head + "." + sig), ("body-twice", body + "." + body + "." + sig),
                        ("swapped", body + "." + head + "." + sig), ("upper", good.upper()), ("reversed", good[::-1]), ("twice", good + good),
                        ("signature-of-body", head + "." + body + "." + b64(body)), ("hex-signature", head + "." + body + "." + base64.urlsafe_b64decode(
                            sig + "==").hex()), ("base32", head + "." + body + "." + base64.b32encode(base64.urlsafe_b64decode(sig + "==")).decode().rstrip("=")),
                        ("url-encoded", good.replace(".", "%2E")), ("html", good.replace(".", "&#46;")), ("comma-list", good + "," + good),
                        ("quoted", '"' + good + '"'), ("json-form", json.dumps({"protected": head, "payload": body, "signature": sig})),
                        ("json-general", json.dumps({"payload": body, "signatures": [{"protected": head, "signature": sig}]}))):
        add("base64-" + name, "reject", token)


def headers():
    for name, value in (("known", ["alg"]), ("typ", ["typ"]), ("object", {}), ("number", 0), ("true", True), ("false", False), ("b64", ["b64"]),
                        ("nested", [["exp"]]), ("http", ["http://example.test/UNDEFINED"]), ("empty-name", [""])):
        add("crit-" + name, "token_malformed", signed(crit=value))
    add("crit-in-claims", "accept", signed(changed(crit=["exp"])))
    add("crit-other-case", "accept", signed(CRIT=["x"]))
    for name, value in (("null", None), ("zero", 0), ("text", "true"), ("list", [])):
        add("b64-" + name, "token_malformed", signed(b64=value))
    for name, header in (("jwk-null", {"jwk": None}), ("jwk-list", {"jwk": [KEYS["other"].jwk]}), ("jku-local", {"jku": "http://169.254.169.254/"}),
                         ("x5u-file", {"x5u": "file:///etc/passwd"}), ("x5c-empty", {"x5c": []}), ("jku-empty", {"jku": ""})):
        add("embedded-" + name, "either", signed(**header))
        add("embedded-evil-" + name, "reject", signed(key="other", kid="ec", **header))
    for name, typ in (("nul", "JWT\0"), ("params", "JWT;v=1"), ("two", "JWT,at+jwt"), ("space-inside", "at +jwt"), ("plus-encoded", "at%2Bjwt"),
                      ("slash", "/JWT"), ("application-case-only", "application"), ("cyrillic", "J\u0412T"), ("kelvin", "\u212aWT"), ("vc", "vc+jwt"),
                      ("kb", "kb+jwt"), ("oauth-authz", "oauth-authz-req+jwt"), ("entity", "entity-statement+jwt"), ("long", "JWT" * 1000)):
        add("typ-" + name, "token_type", signed(typ=typ))
    for typ in (1, True, [], {}, ["JWT"]):
        add("typ-as-%s" % json.dumps(typ), "token_type", signed(typ=typ))
    add("typ-twice", "token_malformed", raw('{"alg":"ES256","kid":"ec","typ":"JWT","typ":"JWT"}'))
    add("cty-nested", "either", signed(cty="JWT"))


def times():
    for name, changes, verdict in (
            ("nbf-after-exp", dict(nbf=NOW + 50, exp=NOW + 40), "accept"), ("iat-after-exp", dict(iat=NOW + 30, exp=NOW + 20), "accept"),
            ("exp-just-over", dict(exp=NOW - 59), "accept"), ("exp-at-leeway", dict(exp=NOW - 60), "token_expired"),
            ("nbf-at-leeway", dict(nbf=NOW + 60), "accept"), ("nbf-over-leeway", dict(nbf=NOW + 61), "token_not_yet_valid"),
            ("iat-over-leeway", dict(iat=NOW + 61), "token_not_yet_valid"), ("expired-and-early", dict(exp=1, nbf=NOW + 999), "token_expired"),
            ("milliseconds", dict(exp=NOW * 1000), "accept"), ("nanoseconds", dict(exp=NOW * 10 ** 9), "token_claims"),
            ("exp-list", dict(exp=[NOW + 60]), "token_claims"), ("exp-nested", dict(exp={"exp": NOW + 60}), "token_claims"),
            ("exp-iso", dict(exp="2030-01-01T00:00:00Z"), "token_claims"), ("exp-empty", dict(exp=""), "token_claims"),
            ("nbf-empty", dict(nbf=""), "token_claims"), ("iat-list", dict(iat=[]), "token_claims"), ("auth-time-anything", dict(auth_time="x"), "accept")):
        add("time-" + name, verdict, signed(changed(**changes)))
    head = '{"alg":"ES256","kid":"ec"}'
    for name, exp, verdict in (
            ("fraction-long", "1800000000." + "0" * 300 + "1", "accept"), ("just-below-2e53", "9007199254740991.9", "reject"),
            ("exponent-zeros", "18e0000000000000000000008", "accept"), ("exponent-minus", "18000000010000e-4", "accept"),
            ("exponent-overflow", "1e18446744073709551617", "token_claims"), ("exponent-underflow", "1e-18446744073709551617", "token_expired"),
            ("hundreds-of-digits", "18" + "0" * 400, "token_claims"), ("small-by-exponent", "180000000000000000000e-20", "token_expired"),
            ("minus-fraction", "-0.1", "token_claims"), ("int64-min", "-9223372036854775808", "token_claims"), ("int64-max", "9223372036854775807", "token_claims"),
            ("int64-over", "9223372036854775808", "token_claims"), ("2e64-plus-now", str(2 ** 64 + NOW + 60), "token_claims"),
            ("2e32-wrap", str(2 ** 32 + 60), "accept"), ("plus", "+1900000000", "token_malformed"), ("space-in", "19 00000000", "token_malformed"),
            ("nan-text", '"NaN"', "token_claims"), ("infinity", "Infinity", "token_malformed")):
        add("time-raw-" + name, verdict, raw(head, text(exp=exp)))


def audiences():
    for name, aud, verdict in (
            ("list-of-1000", [str(i) for i in range(1000)] + [AUDIENCE], "accept"), ("list-with-list", [AUDIENCE, [AUDIENCE]], "token_claims"),
            ("list-with-object", [AUDIENCE, {}], "token_claims"), ("list-with-bool", [AUDIENCE, False], "token_claims"), ("object", {"aud": AUDIENCE}, "token_claims"),
            ("nul", AUDIENCE + "\0", "token_audience"), ("newline", AUDIENCE + "\n", "token_audience"), ("upper", AUDIENCE.upper(), "token_audience"),
            ("form", "api://orders\u0301", "token_audience"), ("percent", "api:%2F%2Forders", "token_audience"), ("json-text", json.dumps([AUDIENCE]), "token_audience"),
            ("star-list", ["*"], "token_audience"), ("empty-text-list", [""], "token_audience"), ("substring", "x" + AUDIENCE + "x", "token_audience"),
            ("fullwidth", "\uff41pi://orders", "token_audience"), ("false", False, "token_claims"), ("zero", 0, "token_claims")):
        add("aud-" + name, verdict, signed(changed(aud=aud)))
    for name, changes, verdict in (
            ("iss-list", dict(iss=[ISSUER]), "token_issuer"), ("iss-nul", dict(iss=ISSUER + "\0"), "token_issuer"), ("iss-port", dict(
                iss="https://idp.example.test:443/"), "token_issuer"), ("iss-user", dict(iss="https://x@idp.example.test/"), "token_issuer"),
            ("iss-dots", dict(iss="https://idp.example.test/./"), "token_issuer"), ("iss-fragment", dict(iss=ISSUER + "#"), "token_issuer"),
            ("iss-suffix", dict(iss="https://idp.example.test/.evil.test"), "token_issuer"), ("iss-backslash", dict(iss="https:\\\\idp.example.test/"), "token_issuer"),
            ("sub-number", dict(sub=1), "token_claims"), ("sub-null", dict(sub=None), "token_claims"), ("sub-object", dict(sub={"a": 1}), "token_claims"),
            ("jti-number", dict(jti=1), "token_claims"), ("azp-list", dict(azp=["web"]), "token_claims"), ("client-number", dict(client_id=7), "token_claims")):
        add("claims-" + name, verdict, signed(changed(**changes)))


def signatures():
    head, body, _ = signed().split(".")
    data = (head + "." + body).encode()
    both = KEYS["ec"].raw("ES256", data)
    r, s, n = int.from_bytes(both[:32], "big"), int.from_bytes(both[32:], "big"), ORDER["256"]
    half = lambda value, size=32: value.to_bytes(size, "big")
    for name, made in (("little-endian", both[:32][::-1] + both[32:][::-1]), ("r-plus-n", half(r + n, 33) + half(s, 33)), ("65", both + b"\0"), ("63", both[:-1]),
                       ("front-zero", b"\0" + both), ("128", both + both), ("r-only", both[:32]), ("s-negated-r", half(n - r) + half(s)), ("one-one", half(1) + half(1)),
                       ("n-1", half(n - 1) + half(n - 1)), ("text", b"r=%d,s=%d" % (r, s)), ("asn1-raw", b"\x30\x44\x02\x20" + both[:32] + b"\x02\x20" + both[32:]),
                       ("p1363-of-384", half(r, 48) + half(s, 48)), ("1-byte", b"\1"), ("10k", bytes(10_000)), ("hash", hashlib.sha256(data).digest() * 2)):
        add("sig-ec-" + name, "token_signature", data.decode() + "." + b64(made))
    for key, alg, size in (("ec384", "ES384", 96), ("ec521", "ES512", 132)):
        token = signed(key=key, alg=alg)
        made = KEYS[key].raw(alg, token.rsplit(".", 1)[0].encode())
        for name, wrong in (("cut", made[:-1]), ("long", made + b"\0"), ("front", b"\0" + made), ("64", made[:64]), ("zero", bytes(size)),
                            ("halves-64-each", made[:size // 2].rjust(66, b"\0") + made[size // 2:].rjust(66, b"\0") + b"\0")):
            add("sig-%s-%s" % (alg, name), "token_signature", token.rsplit(".", 1)[0] + "." + b64(wrong))
    token = signed(key="rsa", alg="RS256")
    made = KEYS["rsa"].raw("RS256", token.rsplit(".", 1)[0].encode())
    for name, wrong in (("cut", made[:-1]), ("front-cut", made[1:]), ("long", made + b"\0"), ("reversed", made[::-1]), ("xor", bytes([made[0] ^ 1]) + made[1:]),
                        ("twice", made + made), ("sha1-of-it", hashlib.sha1(made).digest()), ("pss-as-pkcs1", KEYS["rsa"].raw("PS256", token.rsplit(".", 1)[0].encode()))):
        add("sig-rsa-" + name, "token_signature", token.rsplit(".", 1)[0] + "." + b64(wrong))
    token = signed(key="ed", alg="EdDSA")
    made = KEYS["ed"].raw("EdDSA", token.rsplit(".", 1)[0].encode())
    for name, wrong in (("swap", made[32:] + made[:32]), ("little", made[:32] + made[32:][::-1]), ("cut", made[:-1]), ("long", made + b"\0"),
                        ("r-zero", bytes(32) + made[32:]), ("s-zero", made[:32] + bytes(32)), ("prehashed", KEYS["ed"].raw(
                            "EdDSA", hashlib.sha512(token.rsplit(".", 1)[0].encode()).digest()))):
        add("sig-ed-" + name, "token_signature", token.rsplit(".", 1)[0] + "." + b64(wrong))


def proofs():
    jwk = {k: v for k, v in KEYS["ec"].jwk.items() if k not in ("kid", "use")}
    body = lambda **changes: json.dumps(dict({"jti": "p", "htm": "POST", "htu": "https://api.example.test/orders", "iat": NOW, "ath": b64(
        hashlib.sha256(TOKEN.encode()).digest())}, **changes))
    for name, url, verdict in (
            ("dots", "https://api.example.test/x/../orders", "accept"), ("dot", "https://api.example.test/./orders", "accept"),
            ("above-root", "https://api.example.test/../../orders", "accept"), ("encoded-dots", "https://api.example.test/x/%2e%2e/orders", "accept"),
            ("double-slash", "https://api.example.test//orders", "proof_invalid"), ("encoded-question", "https://api.example.test/orders%3F", "proof_invalid"),
            ("semicolon", "https://api.example.test/orders;a=1", "proof_invalid"), ("port-empty", "https://api.example.test:/orders", "either"),
            ("port-0443", "https://api.example.test:0443/orders", "proof_invalid"), ("host-dot", "https://api.example.test./orders", "proof_invalid"),
            ("host-encoded", "https://%61pi.example.test/orders", "either"), ("backslash", "https:\\\\api.example.test\\orders", "proof_invalid"),
            ("tab", "https://api.example.test/or\tders", "proof_invalid"), ("newline", "https://api.example.test/orders\n", "proof_invalid"),
            ("space", " https://api.example.test/orders", "proof_invalid"), ("no-scheme", "//api.example.test/orders", "proof_invalid"),
            ("opaque", "https:api.example.test/orders", "proof_invalid"), ("one-slash", "https:/api.example.test/orders", "proof_invalid"),
            ("percent-alone", "https://api.example.test/orders%", "proof_invalid"), ("percent-bad", "https://api.example.test/orders%zz", "proof_invalid"),
            ("idn", "https://\u0430pi.example.test/orders", "proof_invalid"), ("wss", "wss://api.example.test/orders", "proof_invalid"),
            ("list", ["https://api.example.test/orders"], "proof_invalid"), ("null", None, "proof_invalid"), ("longer", "https://api.example.test/orders/1", "proof_invalid"),
            ("shorter", "https://api.example.test/order", "proof_invalid"), ("upper-path", "https://api.example.test/ORDERS", "proof_invalid")):
        add_proof("attack-htu-" + name, verdict, claims={"htu": url})
    for name, value, verdict in (("fraction", NOW + 0.5, "accept"), ("text", str(NOW), "proof_invalid"), ("list", [NOW], "proof_invalid"), ("minus", -NOW, "proof_invalid"),
                                 ("milliseconds", NOW * 1000, "proof_invalid"), ("edge-past", NOW - 301, "proof_invalid"), ("edge-future", NOW + 61, "proof_invalid"),
                                 ("2e53", 2 ** 53, "proof_invalid"), ("zero", 0, "proof_invalid")):
        add_proof("attack-iat-" + name, verdict, claims={"iat": value})
    for name, value in (("object", {}), ("list", ["p"]), ("bool", True), ("long", "p" * 5000)):
        add_proof("attack-jti-" + name, "proof_invalid", claims={"jti": value})
    for name, value in (("space", "POST "), ("mixed", "Post"), ("patch", "PATCH"), ("override", "GET, POST"), ("empty", ""), ("number", 1)):
        add_proof("attack-htm-" + name, "proof_invalid", claims={"htm": value})
    digest = hashlib.sha256(TOKEN.encode()).digest()
    for name, value in (("sha1", b64(hashlib.sha1(TOKEN.encode()).digest())), ("half", b64(digest[:16])), ("of-bearer", b64(hashlib.sha256(
            ("DPoP " + TOKEN).encode()).digest())), ("upper", b64(digest).upper()), ("list", [b64(digest)]), ("token-itself", TOKEN), ("sha512", b64(
                hashlib.sha512(TOKEN.encode()).digest()))):
        add_proof("attack-ath-" + name, "proof_invalid", claims={"ath": value})
    for name, key in (("oct", {"kty": "oct", "k": b64(bytes(32))}), ("empty", {}), ("list", [jwk]), ("text", json.dumps(jwk)), ("x-swapped", dict(jwk, x=jwk["y"], y=jwk["x"])),
                      ("point-zero", dict(jwk, x=b64(bytes(32)), y=b64(bytes(32)))), ("crv-384", dict(jwk, crv="P-384")), ("kty-rsa", dict(jwk, kty="RSA")),
                      ("alg-384", dict(jwk, alg="ES384")), ("ops-sign", dict(jwk, key_ops=["sign"])), ("rsa-private", dict(
                          {k: v for k, v in KEYS["rsa"].jwk.items() if k not in ("kid", "use")}, p=number(3), q=number(5))), ("url-only", {"kty": "EC", "x5u": "https://e.test/"})):
        add_proof("attack-jwk-" + name, "reject", header={"jwk": key})
    for name, header in (("typ-list", {"typ": ["dpop+jwt"]}), ("typ-token", {"typ": "at+jwt"}), ("typ-space", {"typ": "dpop+jwt "}), ("typ-missing", {"typ": ...}),
                         ("alg-hs", {"alg": "HS256"}), ("alg-empty", {"alg": ""}), ("x5u", {"x5u": "https://e.test/"}), ("crit-empty", {"crit": []})):
        add_proof("attack-header-" + name, "reject", header=header)
    add_proof("attack-dup-htu", "reject", text_claims=body()[:-1] + ',"htu":"https://evil.test/"}')
    add_proof("attack-dup-deep", "reject", text_claims=body()[:-1] + ',"x":{"a":1,"a":2}}')
    add_proof("attack-claims-list", "reject", text_claims="[" + body() + "]")
    add_proof("attack-deep", "reject", text_claims=body()[:-1] + ',"x":' + "[" * 500 + "]" * 500 + "}")
    add_proof("attack-no-binding-given", "reject", context={"jkt": ""})
    add_proof("attack-exp-in-it-is-no-matter", "accept", claims={"exp": 1, "nbf": NOW + 9999})
    add_proof("attack-nonce-list", "proof_invalid", claims={"nonce": ["n1"]}, context={"nonce": "n1"})
    add_proof("attack-nonce-prefix", "proof_invalid", claims={"nonce": "n12"}, context={"nonce": "n1"})
    add_proof("attack-nonce-empty", "proof_invalid", claims={"nonce": ""}, context={"nonce": "n1"})


def main():
    CASES.clear()
    PROOFS.clear()
    for part in (algorithms, key_names, json_tricks, base64_tricks, headers, times, audiences, signatures, proofs):
        part()
    names = [c["id"] for c in CASES + PROOFS]
    assert len(names) == len(set(names)), [n for n in names if names.count(n) > 1]
    used = {c["profile"] for c in CASES}
    profiles = {name: PROFILES[name] for name in PROFILES if name in used}
    json.dump({"about": __doc__.split("\n")[0], "profiles": profiles, "jwks": {p["jwks"]: JWKS[p["jwks"]] for p in profiles.values()},
               "cases": CASES, "dpop": PROOFS}, sys.stdout, indent=1)
    print()
    print(len(CASES), "tokens,", len(PROOFS), "proofs", file=sys.stderr)


main()
