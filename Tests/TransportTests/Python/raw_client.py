# SPDX-License-Identifier: Apache-2.0
"""An HTTP/2 client that sends exactly the frames it is told to, right or wrong."""
import socket
import struct

from hpack import Encoder
from hyperframe.frame import Frame, GoAwayFrame, PingFrame, RstStreamFrame, SettingsFrame

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
END_STREAM, END_HEADERS = 0x1, 0x4


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class RawClient:
    def __init__(self, port, settings=b""):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=240)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.encoder = Encoder()
        self.buffer = b""
        self.stream = -1
        self.send(PREFACE + frame(4, 0, 0, settings))

    def send(self, data):
        """Returns False once the server has closed."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def headers(self, path="/test.Echo/Echo", extra=(), replace=None):
        fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"),
                  ("te", "trailers"), ("content-type", "application/grpc")]
        if replace is not None:
            fields = replace
        return self.encoder.encode(fields + list(extra), huffman=False)

    def open(self, path="/test.Echo/Echo", message=None, extra=(), end=True):
        """The bytes of a new call; with a message, a complete one."""
        self.stream += 2
        data = frame(1, END_HEADERS, self.stream, self.headers(path, extra))
        if message is not None:
            body = b"\0" + struct.pack(">I", len(message)) + message
            data += frame(0, END_STREAM if end else 0, self.stream, body)
        return data

    def receive(self):
        """The next frame, or None when the server has closed."""
        while True:
            if len(self.buffer) >= 9:
                parsed, length = Frame.parse_frame_header(memoryview(self.buffer[:9]))
                if len(self.buffer) >= 9 + length:
                    parsed.parse_body(memoryview(self.buffer[9:9 + length]))
                    self.buffer = self.buffer[9 + length:]
                    if isinstance(parsed, SettingsFrame) and "ACK" not in parsed.flags:
                        self.send(frame(4, 1, 0))
                    return parsed
            try:
                data = self.socket.recv(65536)
            except (ConnectionError, BrokenPipeError):
                return None
            if not data:
                return None
            self.buffer += data

    def until_closed(self):
        """The error code of the GOAWAY (None without one) once the connection is closed; a timeout is an error."""
        code = None
        while True:
            parsed = self.receive()
            if parsed is None:
                return code
            if isinstance(parsed, GoAwayFrame):
                code = parsed.error_code

    def until_stream_ends(self, stream):
        """What ended a stream: ("reset", code), ("end", frame) or ("closed", None)."""
        while True:
            parsed = self.receive()
            if parsed is None:
                return ("closed", None)
            if parsed.stream_id != stream:
                continue
            if isinstance(parsed, RstStreamFrame):
                return ("reset", parsed.error_code)
            if "END_STREAM" in parsed.flags:
                return ("end", parsed)

    def ping(self):
        """Whether the server still answers."""
        if not self.send(frame(6, 0, 0, b"12345678")):
            return False
        while True:
            parsed = self.receive()
            if parsed is None:
                return False
            if isinstance(parsed, PingFrame) and "ACK" in parsed.flags:
                return True
