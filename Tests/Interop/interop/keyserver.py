# SPDX-License-Identifier: Apache-2.0
"""A tiny provider of keys over HTTP that can fail, lie and rotate."""
import http.server
import json
import threading

from .ports import free_port
from .servers import PatientServer


class KeyServer:
    """Serves documents by path. Each document is bytes, or a callable that gets the handler and answers itself."""

    def __init__(self):
        self.documents, self.hits, self.port = {}, {}, free_port()
        self._lock = threading.Lock()
        self._release = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                path = self.path.split("?")[0]
                with outer._lock:
                    outer.hits[path] = outer.hits.get(path, 0) + 1
                    document = outer.documents.get(path)
                if document is None:
                    return self.reply(404, b"{}")
                if callable(document):
                    return document(self)
                self.reply(200, document)

            def reply(self, status, body, content_type="application/json", headers=()):
                self.send_response(status)
                self.send_header("content-type", content_type)
                self.send_header("content-length", str(len(body)))
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def hang(self):
                """Says nothing until the server is closed."""
                outer._release.wait(3600)
                self.close_connection = True

            def log_message(self, *_):
                pass

        self._handler, self._server = Handler, None
        self.up()
        self.base = "http://127.0.0.1:%d" % self.port

    def up(self):
        """Listens, again on the same port after `down`."""
        self._server = PatientServer(self.port, self._handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self):
        """Refuses connections until `up`."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def put(self, path, value):
        with self._lock:
            self.documents[path] = value if callable(value) or isinstance(value, bytes) else json.dumps(value).encode()

    def put_issuer(self, path, issuer, keys_path=None):
        """Discovery document and key set of an issuer whose identifier is `base + path`."""
        keys_path = keys_path or path + "/keys"
        self.put(path + "/.well-known/openid-configuration", {
            "issuer": issuer.issuer, "jwks_uri": self.base + keys_path,
            "authorization_endpoint": self.base + path + "/authorize", "token_endpoint": self.base + path + "/token",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [key.algorithm for key in issuer.keys]})
        self.put(keys_path, issuer.key_set())

    def hits_of(self, path):
        with self._lock:
            return self.hits.get(path, 0)

    def close(self):
        self._release.set()
        self.down()
