# SPDX-License-Identifier: Apache-2.0
"""abuse.py PORT ATTACK: exit 0 if the attack was stopped as it should be and an honest caller never noticed."""
import struct
import sys

import grpc
from raw_client import END_HEADERS, END_STREAM, PREFACE, RawClient, frame

PROTOCOL_ERROR, FLOW_CONTROL, STREAM_CLOSED, FRAME_SIZE, REFUSED, CALM = 1, 3, 5, 6, 7, 11
port, attack = int(sys.argv[1]), sys.argv[2]


def flood(one, count=4000, batch=100):
    client = RawClient(port)
    client.send(client.open("/test.Echo/Never", b"x", end=False))
    for _ in range(count // batch):
        if not client.send(b"".join(one(client) for _ in range(batch))):
            break
    assert client.until_closed() in (CALM, None), "no ENHANCE_YOUR_CALM"


def reset_one(client):
    return client.open("/test.Echo/Never", b"x") + frame(3, 0, client.stream, struct.pack(">I", 8))


def goes_away(data, codes):
    client = RawClient(port)
    client.send(data(client))
    code = client.until_closed()
    assert code in codes, f"GOAWAY {code}, expected {codes}"


def stream_reset(fields, code, path_fields=None):
    client = RawClient(port)
    client.stream += 2
    block = client.headers(replace=path_fields, extra=fields)
    client.send(frame(1, END_STREAM, client.stream, block[:16000]) + frame(9, END_HEADERS, client.stream, block[16000:]))
    outcome = client.until_stream_ends(client.stream)
    assert outcome == ("reset", code), outcome
    assert client.ping(), "the connection did not live on"


def continuation_flood(client):
    client.stream += 2
    block = client.headers()
    return (frame(1, 0, client.stream, block[:1]) + frame(9, 0, client.stream, b"") * 50
            + frame(9, END_HEADERS, client.stream, block[1:]))


def hpack_bomb():
    client = RawClient(port)
    block = client.headers(extra=[("x-bomb", "b" * 3000)]) + bytes([0x80 | 62]) * 4000
    client.stream += 2
    client.send(frame(1, END_HEADERS | END_STREAM, client.stream, block))
    outcome = client.until_stream_ends(client.stream)
    assert outcome[0] == "reset", outcome
    assert client.ping(), "the connection did not live on"


def too_many_streams():
    client = RawClient(port)
    assert client.ping()
    client.send(b"".join(client.open("/test.Echo/Never", b"x") for _ in range(101)))
    outcome = client.until_stream_ends(client.stream)
    assert outcome == ("reset", REFUSED), outcome
    assert client.ping(), "the connection did not live on"


def content_length_mismatch():
    client = RawClient(port)
    client.send(client.open(message=b"x", extra=[("content-length", "100")]))
    outcome = client.until_stream_ends(client.stream)
    assert outcome == ("reset", PROTOCOL_ERROR), outcome
    assert client.ping(), "the connection did not live on"


def slow_headers():
    client = RawClient(port)
    client.stream += 2
    client.send(frame(1, 0, client.stream, client.headers()[:5]))
    client.until_closed()


def half_frame():
    client = RawClient(port)
    client.send(b"\0\1\0\1\4\0")
    client.until_closed()


def half_message():
    client = RawClient(port)
    client.stream += 2
    client.send(frame(1, END_HEADERS, client.stream, client.headers()) + frame(0, 0, client.stream, b"\0\0\0\1\0ab"))
    outcome = client.until_stream_ends(client.stream)
    assert outcome[0] == "end", outcome


def silent():
    import socket
    with socket.create_connection(("127.0.0.1", port), timeout=240) as peer:
        while peer.recv(1000):
            pass


def idle():
    assert RawClient(port).until_closed() == 0


def no_preface():
    import socket
    with socket.create_connection(("127.0.0.1", port), timeout=240) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" + b"x" * 100)
        try:
            while peer.recv(1000):
                pass
        except ConnectionResetError:
            pass


def slow_reader():
    client = RawClient(port, settings=struct.pack(">HI", 4, 0))
    client.send(client.open(message=b"x" * 100))
    outcome = client.until_stream_ends(client.stream)
    assert outcome == ("reset", 8), outcome


ATTACKS = {
    "rapid-reset": lambda: flood(reset_one),
    "ping-flood": lambda: flood(lambda _: frame(6, 0, 0, b"12345678")),
    "settings-flood": lambda: flood(lambda _: frame(4, 0, 0)),
    "window-update-flood": lambda: flood(lambda _: frame(8, 0, 0, struct.pack(">I", 1))),
    "priority-flood": lambda: flood(lambda _: frame(2, 0, 1, struct.pack(">IB", 0, 1))),
    "empty-data-flood": lambda: flood(lambda client: frame(0, 0, client.stream)),
    "unknown-frame-flood": lambda: flood(lambda _: frame(0xEE, 0, 0)),
    "headers-flood": lambda: flood(lambda client: client.open("/test.Echo/Nothing")),
    "continuation-flood": lambda: goes_away(continuation_flood, (CALM, 2, PROTOCOL_ERROR, None)),
    "many-settings": lambda: goes_away(lambda _: frame(4, 0, 0, struct.pack(">HI", 0x7777, 0) * 33), (CALM,)),
    "window-overflow": lambda: goes_away(lambda _: frame(8, 0, 0, struct.pack(">I", 0x7FFFFFFF)), (FLOW_CONTROL,)),
    "data-on-idle-stream": lambda: goes_away(lambda _: frame(0, 0, 9, b"abc"), (PROTOCOL_ERROR,)),
    "frame-too-large": lambda: goes_away(lambda _: frame(6, 0, 0, b"123456789"), (FRAME_SIZE,)),
    "header-list": lambda: stream_reset([("x-big", "b" * 9000), ("x-big", "c" * 9000)], 2),
    "hpack-bomb": hpack_bomb,
    "upper-case-name": lambda: stream_reset([("X-Upper", "1")], PROTOCOL_ERROR),
    "missing-path": lambda: stream_reset([], PROTOCOL_ERROR, [(":method", "POST"), (":scheme", "http")]),
    "content-length-mismatch": content_length_mismatch,
    "too-many-streams": too_many_streams,
    "slow-headers": slow_headers,
    "half-frame": half_frame,
    "half-message": half_message,
    "silent": silent,
    "idle": idle,
    "no-preface": no_preface,
    "slow-reader": slow_reader,
}

channel = grpc.insecure_channel(f"127.0.0.1:{port}")
echo = channel.unary_unary("/test.Echo/Echo")
assert echo(b"before", timeout=240) == b"before"
failures = []
channel.subscribe(lambda state: failures.append(state) if state == grpc.ChannelConnectivity.TRANSIENT_FAILURE else None)
ATTACKS[attack]()
assert echo(b"after", timeout=240) == b"after"
assert not failures, failures
