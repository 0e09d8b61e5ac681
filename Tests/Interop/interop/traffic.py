# SPDX-License-Identifier: Apache-2.0
"""Callers in the background, for what is to happen under traffic."""
import collections
import threading

import grpc

from .report import PATIENCE


class Traffic:
    """Calls from several connections until `end`; keeps what each caller was told, in order."""

    def __init__(self, open_gateway, ask, callers=4):
        """`open_gateway()` gives a connection, `ask(gateway)` makes one call and returns an Answer."""
        self.told = [[] for _ in range(callers)]  # of each caller, (decision id, outcome)
        self.problems = []  # of each caller that ended early, the status
        self._stop, self._ask, self._open = threading.Event(), ask, open_gateway
        self._threads = [threading.Thread(target=self._run, args=(told,)) for told in self.told]
        for thread in self._threads:
            thread.start()

    def _run(self, told):
        with self._open() as gateway:
            while not self._stop.is_set():
                try:
                    answer = self._ask(gateway)
                except grpc.RpcError as problem:
                    self.problems.append(problem.code().name)
                    return
                told.append((answer.decision, answer.outcome()))

    @property
    def seen(self):
        """How often each outcome was told."""
        return collections.Counter(outcome for told in self.told for _, outcome in list(told))

    @property
    def decisions(self):
        """{decision id: outcome}"""
        return {decision: outcome for told in self.told for decision, outcome in list(told)}

    def end(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        return self.seen

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
