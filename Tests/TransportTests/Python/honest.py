# SPDX-License-Identifier: Apache-2.0
"""honest.py PORT: what busy, correct clients do; exit 0 if nothing was lost."""
import struct
import sys

import grpc
from raw_client import RawClient, frame

port = int(sys.argv[1])
target = f"127.0.0.1:{port}"
channel = grpc.insecure_channel(target, options=[("grpc.max_receive_message_length", -1)])
echo = channel.unary_unary("/test.Echo/Echo")


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        return error.code(), error.details()
    return None


def concurrent(method, count):
    calls = [(channel.unary_unary(method).future(b"%d" % n), b"%d" % n) for n in range(count)]
    assert all(call.result(timeout=600) == message for call, message in calls)


def statuses():
    unary = channel.unary_unary
    assert failure(lambda: unary("/test.Echo/Nothing")(b""))[0] == grpc.StatusCode.UNIMPLEMENTED
    refused = failure(lambda: unary("/test.Echo/Fail")(b"", metadata=[("x-name", "m")]))
    assert refused == (grpc.StatusCode.PERMISSION_DENIED, "not m, 100%"), refused
    assert failure(lambda: unary("/test.Echo/Never")(b"", timeout=0.1))[0] == grpc.StatusCode.DEADLINE_EXCEEDED
    assert failure(lambda: echo(b"a" * (17 << 20)))[0] == grpc.StatusCode.RESOURCE_EXHAUSTED


def compression():
    assert echo(b"a" * 5000, compression=grpc.Compression.Gzip) == b"a" * 5000
    bomb = failure(lambda: echo(b"a" * (18 << 20), compression=grpc.Compression.Gzip))
    assert bomb[0] == grpc.StatusCode.RESOURCE_EXHAUSTED, bomb
    unknown = failure(lambda: echo(b"a" * 5000, compression=grpc.Compression.Deflate))
    assert unknown[0] == grpc.StatusCode.UNIMPLEMENTED, unknown


def streams():
    chat = channel.stream_stream("/test.Echo/Chat")
    assert list(chat(iter([b"%d" % n for n in range(3000)]))) == [b"%d" % n for n in range(3000)]
    assert sum(len(message) for message in chat(iter([b"w" * 1_000_000] * 36))) == 36_000_000


def health():
    from grpc_health.v1 import health_pb2, health_pb2_grpc
    stub = health_pb2_grpc.HealthStub(channel)
    assert stub.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING
    unknown = failure(lambda: stub.Check(health_pb2.HealthCheckRequest(service="nobody")))
    assert unknown[0] == grpc.StatusCode.NOT_FOUND
    watch = stub.Watch(health_pb2.HealthCheckRequest())
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
    watch.cancel()


def reflection():
    from google.protobuf.descriptor_pool import DescriptorPool
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
    database = ProtoReflectionDescriptorDatabase(channel)
    assert "grpc.health.v1.Health" in database.get_services(), database.get_services()
    service = DescriptorPool(database).FindServiceByName("grpc.health.v1.Health")
    assert [method.name for method in service.methods] == ["Check", "Watch"]


def shape(fields, message=b"x"):
    """The decoded headers of the one HEADERS frame that answers a call on a connection of its own."""
    from hpack import Decoder
    client = RawClient(port)
    client.stream += 2
    client.send(frame(1, 4, client.stream, client.headers(replace=fields)) + frame(0, 1, client.stream, message))
    kind, last = client.until_stream_ends(client.stream)
    assert kind == "end", kind
    return dict(Decoder().decode(last.data)) if last.body_len and hasattr(last, "data") else {}


def shapes():
    def call(method="POST", kind="application/grpc", *more, path="/test.Echo/Echo"):
        return [(":method", method), (":scheme", "http"), (":path", path), (":authority", "x"), ("content-type", kind), *more]
    te = ("te", "trailers")
    whole = b"\0\0\0\0\1x"
    assert shape(call("GET", "application/grpc", te))[":status"] == "405"
    assert shape(call("POST", "application/json", te))[":status"] == "415"
    assert shape(call("POST", "application/grpcx", te))[":status"] == "415"
    for fields, message, status in [
        (call("POST", "application/grpc", te, path="/x"), whole, "12"),
        (call("POST", "application/grpc", te, ("grpc-encoding", "br")), whole, "12"),
        (call("POST", "application/grpc", te, ("grpc-timeout", "5X")), whole, "13"),
        (call("POST", "application/grpc", te, ("grpc-timeout", "0n")), whole, "4"),
        (call("POST", "application/grpc", te), b"", "13"),
        (call("POST", "application/grpc", te), b"\0\0\0\0\5x", "13"),
        (call("POST", "application/grpc", te), b"\7\0\0\0\1x", "13"),
        (call("POST", "application/grpc", te), b"\1\0\0\0\1x", "13"),
        (call("POST", "application/grpc", te, ("grpc-encoding", "gzip")), b"\1\0\0\0\1x", "13"),
        (call("POST", "application/grpc", te), whole + whole, "13"),
        (call("POST", "application/grpc", te), b"\0\xff\xff\xff\xffx", "8"),
    ]:
        answer = shape(fields, message)
        assert (answer[":status"], answer["grpc-status"]) == ("200", status), (fields, message, answer)
        assert answer["grpc-accept-encoding"] == "identity,gzip" and answer["content-type"] == "application/grpc"
    # Like Go and Java, a call without te is served.
    client = RawClient(port)
    client.stream += 2
    client.send(frame(1, 4, 1, client.headers(replace=call())) + frame(0, 1, 1, whole))
    assert client.until_stream_ends(1)[0] == "end"


def busy():
    """Thousands of calls with a ping, a given-up call and window updates between them, on one connection."""
    client = RawClient(port)
    for number in range(3000):
        client.send(client.open("/test.Echo/Never", b"x") + frame(3, 0, client.stream, struct.pack(">I", 8))
                    + frame(6, 0, 0, b"12345678") + frame(8, 0, 0, struct.pack(">I", 100)))
        client.send(client.open(message=b"%d" % number))
        outcome = client.until_stream_ends(client.stream)
        assert outcome[0] == "end", (number, outcome)


assert all(echo(b"%d" % n) == b"%d" % n for n in range(500))
concurrent("/test.Echo/Echo", 2000)
concurrent("/test.Echo/Late", 2000)
assert echo(b"z" * 3_000_000) == b"z" * 3_000_000
for step in (statuses, compression, streams, health, reflection, shapes, busy):
    step()
