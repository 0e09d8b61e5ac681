# SPDX-License-Identifier: Apache-2.0
"""A TCP relay that can be shut: what is behind it is then away, with what it holds."""
import socket
import threading


class Turnstile:
    def __init__(self, port):
        """Relays to a port of this machine."""
        self._target, self._is_open, self._sides, self._lock = port, True, [], threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def open(self):
        with self._lock:
            self._is_open = True

    def shut(self):
        """Lets nobody in, and ends the connections that there are."""
        with self._lock:
            self._is_open = False
            sides, self._sides = self._sides, []
        for side in sides:
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if not self._is_open:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sides += [client, server]
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    @staticmethod
    def _pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for side in (source, target):
                side.close()

    def close(self):
        self._listener.close()
