# SPDX-License-Identifier: Apache-2.0
"""Reads and verifies an audit directory; written from the documented form alone, shares no code with the service."""
import base64
import datetime
import hashlib
import json
import pathlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

WIDTH = 256
UUID7 = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
DECISION_PARTS = ("gw", "dec")
PERSONAL = {"sub", "email", "name", "ip", "ua", "path", "groups", "resource", "input"}


class Unverified(Exception):
    """The log is not what it claims to be."""


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes):
    """Merkle tree hash of RFC 6962, section 2.1, over leaf hashes."""
    tree = TreeRoot()
    for value in hashes:
        tree.add(value)
    return tree.root()


class TreeRoot:
    """The root of a tree that grows: the roots of its complete subtrees, largest first, as (height, hash)."""

    def __init__(self):
        self._stack = []

    def add(self, value):
        height = 0
        while self._stack and self._stack[-1][0] == height:
            value = node_hash(self._stack.pop()[1], value)
            height += 1
        self._stack.append((height, value))

    def root(self):
        if not self._stack:
            return hashlib.sha256(b"").digest()
        value = self._stack[-1][1]
        for _, left in reversed(self._stack[:-1]):
            value = node_hash(left, value)
        return value


def tile_path(level, number, width):
    parts = ["%03d" % (number % 1000)]
    number //= 1000
    while number:
        parts.insert(0, "x%03d" % (number % 1000))
        number //= 1000
    path = "tile/%s/%s" % (level, "/".join(parts))
    return path if width == WIDTH else "%s.p/%d" % (path, width)


class VerifierKey:
    def __init__(self, text):
        self.text = text.strip()
        self.name, key_id, data = self.text.split("+", 2)
        raw = base64.b64decode(data, validate=True)
        if len(raw) != 33 or raw[0] != 1:
            raise Unverified("`%s` is not an Ed25519 key of type 1" % self.text)
        self.key_id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if self.key_id.hex() != key_id.lower():
            raise Unverified("the key id of `%s` is not that of its content" % self.text)
        self._key = ed25519.Ed25519PublicKey.from_public_bytes(raw[1:])

    def signed(self, text, signature):
        try:
            self._key.verify(signature, text)
            return True
        except InvalidSignature:
            return False


class Checkpoint:
    def __init__(self, note, keys):
        body, separator, signatures = note.rpartition("\n\n")
        text = (body + "\n").encode()
        lines = body.split("\n")
        if not separator or len(lines) != 3:
            raise Unverified("the checkpoint's body is not three lines")
        self.origin, self.size, self.root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
        if lines[1] != str(self.size):
            raise Unverified("the size `%s` is not in normal form" % lines[1])
        good = 0
        for line in signatures.splitlines():
            dash, name, data = line.split(" ")
            raw = base64.b64decode(data, validate=True)
            for key in keys:
                if dash == "\u2014" and name == key.name == self.origin and raw[:4] == key.key_id:
                    if not key.signed(text, raw[4:]):
                        raise Unverified("a signature of a known key does not verify")
                    good += 1
        if good == 0:
            raise Unverified("no signature of a known key")


class AuditDirectory:
    """One `<data>/audit` directory."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def keys(self):
        return [VerifierKey(line) for line in (self.path / "log.vkey").read_text().split("\n") if line.strip()]

    def checkpoint(self):
        return Checkpoint((self.path / "log/checkpoint").read_text(), self.keys())

    def _file(self, level, number, size):
        """A tile's bytes; after growth, which may be this very moment, the full tile stands for its partial ones."""
        width = min(WIDTH, size - number * WIDTH)
        for path in (self.path / "log" / tile_path(level, number, of) for of in dict.fromkeys((width, WIDTH))):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                continue
        raise Unverified("`%s` is missing" % path)

    def entries(self, size=None):
        """The leaves, in order, as bytes."""
        return list(self.entries_from(0, self.checkpoint().size if size is None else size))

    def entries_from(self, first, size):
        """The leaves from an index on, one after the other."""
        for number in range(first // WIDTH, (size + WIDTH - 1) // WIDTH):
            data, at = self._file("entries", number, size), 0
            for index in range(number * WIDTH, min((number + 1) * WIDTH, size)):
                length = int.from_bytes(data[at:at + 2], "big")
                if len(data) - at < 2 + length:
                    raise Unverified("bundle %d ends early" % number)
                if index >= first:
                    yield data[at + 2:at + 2 + length]
                at += 2 + length

    def records(self, size=None):
        return [json.loads(entry) for entry in self.entries(size)]

    def decisions(self):
        return [record for record in self.records() if record["t"] == "decision"]

    def has(self, decision_id):
        return any(record.get("id") == decision_id for record in self.records())

    def disclosures(self):
        """{leaf index: {name: value}} of everything that is still disclosed, with the commitments' hashes."""
        found = {}
        for path in sorted((self.path / "disclosures").glob("**/*.jsonl")):
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                values = {}
                for text in entry["d"]:
                    salt, name, value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
                    values[name] = (value, base64.urlsafe_b64encode(
                        hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode(), salt)
                found[entry["i"]] = values
        return found

    def verify(self):
        """Checks everything; returns the checkpoint and the records."""
        checkpoint = self.checkpoint()
        entries = self.entries(checkpoint.size)
        hashes = [leaf_hash(entry) for entry in entries]
        self._verify_tiles(hashes)
        if root_of(hashes) != checkpoint.root:
            raise Unverified("the root is not that of the entries")
        records = [_parsed(index, entry) for index, entry in enumerate(entries)]
        _verify_counters(records)
        self._verify_disclosures(records)
        return checkpoint, records

    def _verify_tiles(self, hashes):
        level = 0
        while hashes:
            for number in range((len(hashes) + WIDTH - 1) // WIDTH):
                part = hashes[number * WIDTH:(number + 1) * WIDTH]
                if self._file(level, number, len(hashes))[:32 * len(part)] != b"".join(part):
                    raise Unverified("tile %d/%d does not match the entries" % (level, number))
            hashes = [root_of(hashes[i:i + WIDTH]) for i in range(0, len(hashes) - WIDTH + 1, WIDTH)]
            level += 1

    def _verify_disclosures(self, records):
        for index, values in self.disclosures().items():
            if index >= len(records):
                continue  # of an entry that the next checkpoint will cover
            commitments = records[index].get("sd", {})
            for name, (_, digest, salt) in values.items():
                if commitments.get(name) != digest:
                    raise Unverified("entry %d: the disclosure of `%s` does not open its commitment" % (index, name))
                if len(base64.urlsafe_b64decode(salt + "=" * (-len(salt) % 4))) < 16:
                    raise Unverified("entry %d: the salt of `%s` is short" % (index, name))


def _unique(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("duplicate member")
    return dict(pairs)


def _parsed(index, entry):
    try:
        record = json.loads(entry, object_pairs_hook=_unique)
    except ValueError as problem:
        raise Unverified("entry %d: %s" % (index, problem)) from None
    if json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != entry:
        raise Unverified("entry %d is not canonical JSON" % index)
    if len(entry) > 16384 or record.get("v") != 1 or not isinstance(record.get("t"), str):
        raise Unverified("entry %d: size, `v` or `t`" % index)
    if not UUID7.match(record.get("id", "")):
        raise Unverified("entry %d: `id` is not a UUIDv7" % index)
    datetime.datetime.strptime(record["ts"], "%Y-%m-%dT%H:%M:%S.%fZ")
    if len(record["ts"]) != 27:
        raise Unverified("entry %d: `ts` has another length" % index)
    if not isinstance(record.get("boot"), str) or not isinstance(record.get("n"), int):
        raise Unverified("entry %d: `boot` or `n`" % index)
    if PERSONAL & set(record) or (record["t"] == "decision" and not all(part in record for part in DECISION_PARTS)):
        raise Unverified("entry %d: members" % index)
    return record


class Counters:
    """Within one boot n is 1, 2, 3 and so on; a hole needs a gap record that names it, right behind it."""

    def __init__(self):
        self._boots, self._boot, self._last = set(), None, 0

    def check(self, index, record):
        boot, n = record["boot"], record["n"]
        if boot != self._boot:
            if boot in self._boots:
                raise Unverified("entry %d: boot `%s` comes back" % (index, boot))
            self._boots.add(boot)
            self._boot, self._last = boot, 0
        explained = self._last
        if record["t"] == "gap" and record["gap"]["from"] == self._last + 1:
            explained = record["gap"]["to"]
        if n != explained + 1:
            raise Unverified("entry %d: n is %d after %d" % (index, n, self._last))
        self._last = n


def _verify_counters(records):
    counters = Counters()
    for index, record in enumerate(records):
        counters.check(index, record)


class Follower:
    """Checks a log again and again, each time only what is new: signature, root, records, counters."""

    def __init__(self, directory):
        self._directory, self._tree, self._counters = directory, TreeRoot(), Counters()
        self.size = 0

    def new_records(self):
        """The records since the last time; the checkpoint's root must be that of all entries read so far."""
        checkpoint = self._directory.checkpoint()
        if checkpoint.size < self.size:
            raise Unverified("the log has become shorter: %d entries after %d" % (checkpoint.size, self.size))
        for entry in self._directory.entries_from(self.size, checkpoint.size):
            record = _parsed(self.size, entry)
            self._counters.check(self.size, record)
            self._tree.add(leaf_hash(entry))
            self.size += 1
            yield record
        if self._tree.root() != checkpoint.root:
            raise Unverified("the root is not that of the entries")
