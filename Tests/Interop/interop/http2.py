# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 frame by frame, for what no gRPC library would send."""
import socket
import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from .report import PATIENCE


class Closed(Exception):
    """The other side ended the connection."""


class Connection:
    """A client connection; answers are collected by stream."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8", validate_outbound_headers=False,
                                           normalize_outbound_headers=False)
        self.h2 = h2.connection.H2Connection(config)
        self.h2.initiate_connection()
        self.answers, self.finished = {}, set()
        self.goaway, self.pings, self.closed = None, 0, False
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.socket.sendall(data)

    def send_raw(self, data):
        self.flush()
        self.socket.sendall(data)

    def headers(self, path, extra=(), content_type="application/grpc", method="POST"):
        return [(":method", method), (":scheme", "http"), (":path", path), (":authority", "127.0.0.1"),
                ("te", "trailers"), ("content-type", content_type), *extra]

    def open(self, path, body, extra=(), end=True, **fields):
        """Starts a call whose body fits the windows; returns the stream id."""
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, self.headers(path, extra, **fields), end_stream=end and not body)
        self.answers[stream] = {"data": b""}
        at = 0
        while at < len(body):
            window = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body) - at)
            if window <= 0:
                self.flush()
                self.receive(PATIENCE)
                if stream in self.finished:
                    return stream
                continue
            self.h2.send_data(stream, body[at:at + window], end_stream=end and at + window == len(body))
            at += window
        self.flush()
        return stream

    def receive(self, seconds):
        """Reads once and handles the events; raises when the connection has ended."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(1 << 18)
        except TimeoutError:
            return False
        except OSError as problem:
            self.closed = True
            raise Closed(str(problem)) from None
        if not data:
            self.closed = True
            raise Closed("end of stream")
        for event in self.h2.receive_data(data):
            self._handle(event)
        self.flush()
        return True

    def _handle(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None), {"data": b""})
        if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
            answer.update(dict(event.headers))
        elif isinstance(event, h2.events.DataReceived):
            answer["data"] += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.finished.add(event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            answer["reset"] = "code %d" % event.error_code
            self.finished.add(event.stream_id)
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = event.error_code
        elif isinstance(event, h2.events.PingAckReceived):
            self.pings += 1

    def wait(self, streams, seconds=PATIENCE):
        """Waits for the end of the streams; returns whether all have ended."""
        deadline = time.monotonic() + seconds
        while not set(streams) <= self.finished and time.monotonic() < deadline:
            self.receive(max(0.01, deadline - time.monotonic()))
        return set(streams) <= self.finished

    def call(self, path, body, extra=(), **fields):
        """One call; the answer's headers and trailers in one dictionary, `reset` when it was reset or cut off."""
        stream = None
        try:
            stream = self.open(path, body, extra, **fields)
            self.wait([stream])
        except (Closed, OSError, h2.exceptions.ProtocolError) as problem:
            return dict(self.answers.get(stream, {}), reset="connection: %s" % problem)
        return self.answers[stream]
