# SPDX-License-Identifier: Apache-2.0
"""What the HTTP servers of the tests have in common."""
import http.server


class PatientServer(http.server.ThreadingHTTPServer):
    """Takes as many connections at once as come: the usual queue of five makes the sixth wait for a second."""

    request_queue_size = 1024
    daemon_threads = True

    def __init__(self, port, handler):
        """Listens on a port of 127.0.0.1; on any free one if it is 0."""
        super().__init__(("127.0.0.1", port), handler)

    def handle_error(self, *_):
        """Says nothing: who is lied to may hang up."""
