# SPDX-License-Identifier: Apache-2.0
"""MessageContext byte by byte, from the field numbers alone: for messages that no generated code would write."""


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def tag(field, kind):
    return varint(field << 3 | kind)


def block(field, data):
    """A length-delimited field; text as UTF-8."""
    data = data.encode() if isinstance(data, str) else data
    return tag(field, 2) + varint(len(data)) + data


def strings(*values):
    return b"".join(block(1, value) for value in values)


def entry(field, key, value):
    """One entry of a map."""
    return block(field, block(1, key) + block(2, value))


def header(name, *values):
    return entry(4, name, strings(*values))


def request(verb, uri, *headers, content=None):
    """Field 1 of a MessageContext; `headers` are entries made by `header`, or other encoded fields."""
    body = block(1, uri) + block(2, verb) + block(3, "1.1") + b"".join(headers)
    return block(1, body + (block(7, content) if content is not None else b""))


def variable(name, value):
    """A flow variable: text, a truth value or a whole number."""
    if isinstance(value, bool):
        inner = tag(4, 0) + varint(value)
    elif isinstance(value, int):
        inner = tag(2, 0) + varint(value)
    else:
        inner = block(3, value)
    return entry(15, name, inner)


def proxy(name, client_ip=None, base="", suffix=""):
    """`api_proxy` and `proxy`."""
    inner = (block(2, client_ip) if client_ip else b"") + block(3, base) + block(4, suffix)
    return block(6, block(1, name) + block(2, "3")) + block(12, inner)
