# SPDX-License-Identifier: Apache-2.0
"""http1.py PORT IMPATIENT: raw HTTP/1.1 requests, right and wrong; exit 0 if each got the answer it must get.

The listener on the second port does not wait long for the rest of a request.
"""
import socket
import sys
import time

port, impatient = map(int, sys.argv[1:])


def exchange(data, closes=True, port=port, pauses=()):
    """All that the server sends until it closes; between the pieces of the data there may be pauses, in seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=240) as peer:
        for pause in pauses:
            piece, data = data[:len(data) // 2], data[len(data) // 2:]
            peer.sendall(piece)
            time.sleep(pause)
        peer.sendall(data)
        if not closes:
            peer.sendall(b"GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        answer = b""
        try:
            while chunk := peer.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
        return answer


def statuses(answer):
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def expect(wanted, data, closes=True, port=port, pauses=()):
    answer = exchange(data, closes, port, pauses)
    assert statuses(answer) == wanted, (wanted, data[:200], answer[:500])
    return answer


HOST = b"host: x\r\n"
answer = expect([200, 200, 200, 200], b"GET /%d?a=b%%20c HTTP/1.1\r\nhost: x\r\n\r\n" * 3 % (1, 2, 3), closes=False)
assert [answer.find(b"GET /%d a=b%%20c" % n) for n in (1, 2, 3)] == sorted(
    answer.find(b"GET /%d a=b%%20c" % n) for n in (1, 2, 3)) and b"GET /3 a=b%20c" in answer, answer
assert b"5\r\n\r\nhello" in expect([200, 200], b"POST / HTTP/1.1\r\n" + HOST + b"content-length: 5\r\n\r\nhello", closes=False)
assert b"abcde" in expect(
    [200, 200], b"POST / HTTP/1.1\r\n" + HOST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", closes=False)
head = expect([200, 200], b"HEAD /h HTTP/1.1\r\n" + HOST + b"\r\n", closes=False)
assert b"HEAD /h" not in head
expect([200], b"GET / HTTP/1.0\r\n\r\n")
expect([100, 200, 200], b"POST / HTTP/1.1\r\n" + HOST + b"expect: 100-continue\r\ncontent-length: 2\r\n\r\nhi", closes=False)
expect([413], b"POST / HTTP/1.1\r\n" + HOST + b"expect: 100-continue\r\ncontent-length: 2000000\r\n\r\n")
expect([417], b"POST / HTTP/1.1\r\n" + HOST + b"expect: magic\r\ncontent-length: 2\r\n\r\nhi")
expect([413], b"POST / HTTP/1.1\r\n" + HOST + b"content-length: 2000000\r\n\r\n" + b"a" * 300000)
# Whoever sends slowly is listened to until all is sent, so that the answer is read.
expect([413], b"POST / HTTP/1.1\r\n" + HOST + b"content-length: 2000000\r\n\r\n" + b"a" * 300000, pauses=(0.7, 0.7, 0.7))
expect([413], b"POST / HTTP/1.1\r\n" + HOST + b"transfer-encoding: chunked\r\n\r\n" + b"10000\r\n" + (b"a" * 65536 + b"\r\n10000\r\n") * 20)
expect([431], b"GET / HTTP/1.1\r\n" + HOST + b"x-big: " + b"a" * 70000 + b"\r\n\r\n")
expect([431], b"GET / HTTP/1.1\r\n" + HOST + b"x-many: 1\r\n" * 8000 + b"\r\n")
# Shapes that a proxy in front may read in another way.
expect([400], b"POST / HTTP/1.1\r\n" + HOST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")
expect([400], b"POST / HTTP/1.1\r\n" + HOST + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n")
expect([400], b"POST / HTTP/1.1\r\n" + HOST + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello!")
expect([400], b"POST / HTTP/1.1\r\n" + HOST + b"content-length: +5\r\n\r\nhello")
expect([400], b"POST / HTTP/1.1\r\n" + HOST + b"content-length: 99999999999999999999\r\n\r\n")
expect([400], b"POST / HTTP/1.1\r\n" + HOST + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n")
expect([400], b"POST / HTTP/1.1\r\n" + HOST + b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n")
expect([400], b"GET / HTTP/1.1\r\n\r\n")
expect([400], b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n")
expect([400], b"GET / HTTP/1.1\r\n" + HOST + b"x: a\0b\r\n\r\n")
expect([400], b"\x16\x03\x01 not http\r\n\r\n")
expect([408], b"GET / HTTP/1.1\r\nhost: x\r\nx-sl", port=impatient)
expect([408], b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc", port=impatient)
# A handler that breaks the framing is answered for.
expect([500, 200], b"GET /split HTTP/1.1\r\n" + HOST + b"\r\n", closes=False)
