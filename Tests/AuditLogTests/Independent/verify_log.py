# SPDX-License-Identifier: Apache-2.0
"""Verifies an audit directory without any code of this project; standard library only.

Written from the description of the log (docs/audit.md) and from C2SP tlog-tiles, tlog-checkpoint and signed-note.

    verify_log.py AUDIT_DIRECTORY VERIFIER_KEY

Exit 0 and one line if the log verifies, 1 and the first problem if it does not.
"""
import base64
import hashlib
import json
import os
import re
import sys

# Ed25519 (RFC 8032, section 5.1), slow and plain: one signature a run.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    p, q = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = q - p, d - c, d + c, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, point):
    result = (0, 1, 1, 0)
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def decompress(raw):
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signature_is_valid(public, message, signature):
    a, r = decompress(public), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    x1, y1, z1, _ = times(s, BASE)
    x2, y2, z2, _ = add(r, times(k, a))
    return (x1 * z2 - x2 * z1) % P == 0 and (y1 * z2 - y2 * z1) % P == 0


class Problem(Exception):
    pass


def require(condition, problem):
    if not condition:
        raise Problem(problem)


def read(*parts):
    try:
        with open(os.path.join(*parts), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def tree_hash(hashes):
    """RFC 6962, section 2.1, over leaf hashes."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree_hash(hashes[:split]) + tree_hash(hashes[split:])).digest()


def tile_name(n):
    parts = ["%03d" % (n % 1000)]
    while n >= 1000:
        n //= 1000
        parts.insert(0, "x%03d" % (n % 1000))
    return "/".join(parts)


def fetch(base, n, width):
    path = os.path.join(base, *tile_name(n).split("/"))
    if width == 256:
        return read(path), 256
    partial = read(path + ".p", str(width))
    return (partial, width) if partial is not None else (read(path), 256)


def parse_key(text):
    name, key_id, encoded = text.strip().split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    require(len(raw) == 33 and raw[0] == 1, "the verifier key is not of type 0x01")
    digest = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    require(digest.hex() == key_id, "the verifier key's id is not the hash of its content")
    return name, digest, raw[1:]


def check_checkpoint(log, key):
    name, key_id, public = key
    note = read(log, "checkpoint")
    require(note is not None, "no checkpoint")
    text, _, signatures = note.rpartition(b"\n\n")
    text += b"\n"
    good = 0
    for line in signatures.decode().splitlines():
        dash, signer, encoded = line.split(" ")
        raw = base64.b64decode(encoded, validate=True)
        require(dash == "\u2014", "a signature line does not start with an em dash")
        if signer == name and raw[:4] == key_id:
            require(signature_is_valid(public, text, raw[4:]), "the signature does not fit the checkpoint")
            good += 1
    require(good > 0, "the checkpoint is not signed by the key")
    lines = text.decode().split("\n")
    require(len(lines) == 4 and lines[3] == "", "the checkpoint has not exactly three lines")
    require(lines[0] == name, "the origin is not the key's name")
    require(lines[1] == str(int(lines[1])), "the size is not canonical")
    return int(lines[1]), base64.b64decode(lines[2], validate=True)


def read_entries(log, size):
    entries = []
    for n in range((size + 255) // 256):
        width = min(256, size - n * 256)
        data, held = fetch(os.path.join(log, "tile", "entries"), n, width)
        require(data is not None, "index %d: the bundle is missing" % (n * 256))
        offset, found = 0, []
        while offset < len(data):
            length = int.from_bytes(data[offset:offset + 2], "big")
            found.append(data[offset + 2:offset + 2 + length])
            require(len(found[-1]) == length, "index %d: the bundle is cut" % (n * 256))
            offset += 2 + length
        require(len(found) == held, "index %d: the bundle holds %d entries" % (n * 256, len(found)))
        entries += found[:width]
    return entries


def check_tiles(log, hashes):
    level, nodes = 0, hashes
    while nodes:
        for n in range((len(nodes) + 255) // 256):
            expected = b"".join(nodes[n * 256:n * 256 + 256])
            data, _ = fetch(os.path.join(log, "tile", str(level)), n, len(expected) // 32)
            require(data is not None, "tile %d/%d is missing" % (level, n))
            require(data[:len(expected)] == expected, "tile %d/%d is not of these entries" % (level, n))
        nodes = [tree_hash(nodes[i * 256:i * 256 + 256]) for i in range(len(nodes) // 256)]
        level += 1


ENVELOPE = {
    "ts": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z"),
    "id": re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z"),
}


def parse(entry, index):
    def distinct(pairs):
        require(len({key for key, _ in pairs}) == len(pairs), "index %d: a name stands twice" % index)
        return dict(pairs)

    require(len(entry) <= 16384, "index %d: larger than 16 KiB" % index)
    record = json.loads(entry.decode("utf-8"), object_pairs_hook=distinct)
    # Exact for ASCII names and integers, which is all that the log writes.
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    require(canonical.encode() == entry, "index %d: not canonical" % index)
    return record


def check_records(entries):
    boots = {}
    records = []
    for index, entry in enumerate(entries):
        record = parse(entry, index)
        records.append(record)
        require(record.get("v") == 1, "index %d: no v" % index)
        for key in ("t", "boot"):
            require(isinstance(record.get(key), str) and record[key], "index %d: no %s" % (index, key))
        for key, form in ENVELOPE.items():
            require(form.match(record.get(key, "")), "index %d: bad %s" % (index, key))
        n, boot = record.get("n"), record["boot"]
        require(type(n) is int and n >= 1, "index %d: bad n" % index)
        seen = boots.setdefault(boot, {"last": 0, "holes": set(), "gaps": set()})
        require(n > seen["last"], "index %d: n goes back" % index)
        seen["holes"].update(range(seen["last"] + 1, n))
        seen["last"] = n
        if record["t"] == "gap":
            gap = record["gap"]
            require(gap["count"] == gap["to"] - gap["from"] + 1 and gap["reason"], "index %d: bad gap" % index)
            seen["gaps"].update(range(gap["from"], gap["to"] + 1))
    for boot, seen in boots.items():
        require(seen["holes"] == seen["gaps"], "boot %s: holes %s, explained %s" % (
            boot, sorted(seen["holes"])[:5], sorted(seen["gaps"])[:5]))
    return records


def url_safe(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def check_disclosures(directory, records):
    opened = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            if not name.endswith(".jsonl"):
                continue
            for line in read(folder, name).decode().splitlines():
                opening = json.loads(line)
                index = opening["i"]
                if index >= len(records):
                    continue
                for disclosure in opening["d"]:
                    salt, field, _ = json.loads(base64.urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4)))
                    require(len(base64.urlsafe_b64decode(salt + "==")) >= 16, "index %d: short salt" % index)
                    digest = url_safe(hashlib.sha256(disclosure.encode()).digest())
                    require(records[index].get("sd", {}).get(field) == digest,
                            "index %d: the opening of %s does not fit" % (index, field))
                    opened += 1
    return opened


def main(directory, key_text):
    log = os.path.join(directory, "log")
    size, root = check_checkpoint(log, parse_key(key_text))
    entries = read_entries(log, size)
    hashes = [leaf_hash(entry) for entry in entries]
    check_tiles(log, hashes)
    require(tree_hash(hashes) == root, "the root is not the checkpoint's")
    records = check_records(entries)
    opened = check_disclosures(os.path.join(directory, "disclosures"), records)
    print("verified: %d records, %d openings" % (size, opened))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(2)
    try:
        main(sys.argv[1], sys.argv[2])
    except (Problem, ValueError, KeyError, TypeError) as problem:
        print("not verified: %s" % problem, file=sys.stderr)
        sys.exit(1)
