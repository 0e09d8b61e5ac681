# SPDX-License-Identifier: Apache-2.0
"""Ports of this machine that stay ours."""
import pathlib
import random
import socket

# Below these listen the services of a system, and what this repository starts on ports of its own.
LOWEST, HIGHEST = 10_240, 65_535
_held = []


def free_port():
    """A port of 127.0.0.1 on which nobody listens, for as long as this process lives.

    It is none of those that the system gives away by itself: between the choice and the use, or while the server behind
    it is down, somebody else's socket could have it, and a connection to it could even be one to itself. Of several runs
    at once each knows what the others chose, by a name that ends with its process.
    """
    first, last = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    ports = [port for port in range(LOWEST, HIGHEST) if not first <= port <= last]
    random.shuffle(ports)
    for port in ports:
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind("\0countersign-test-port-%d" % port)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        _held.append(name)
        return port
    raise RuntimeError("no port from %d to %d is free outside of %d to %d" % (LOWEST, HIGHEST, first, last))
