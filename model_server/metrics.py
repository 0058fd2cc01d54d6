"""What the worker tells Prometheus: the loop's own numbers as they stand, and how long requests took at the border.

Labels hold outcomes alone, never a name, a path or a text.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from model_server.generation import Done, Piece
from model_server.loop import Loop

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 30.0)
COUNTERS = {
    "requests": "Requests that were taken",
    "finished": "Requests that were served to their end",
    "failed": "Requests that failed in the engine",
    "replaced": "Requests whose place a newer one of the same editor took",
    "refused": "Requests that were refused because there was too much to do",
    "cancelled": "Requests whose client went away",
    "prompt_tokens": "Tokens of prompts",
    "reused_tokens": "Tokens of prompts whose keys and values were kept from an earlier request",
    "written_tokens": "Tokens that were written",
    "steps": "Steps of the engine",
    "step_seconds": "Seconds in steps of the engine",
}


class LoopNumbers(Collector):
    """A loop's numbers, read when they are asked for."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def collect(self) -> Iterable[Metric]:
        """See `Collector`."""
        loop = self._loop
        for name, said in COUNTERS.items():
            yield CounterMetricFamily(f"codecompose_{name}", said, value=getattr(loop.counts, name))
        ready = loop.health.state == "ready"
        yield GaugeMetricFamily("codecompose_ready", "Whether the model is loaded, and its engine works", value=ready)
        yield GaugeMetricFamily("codecompose_waiting_requests", "Requests that have not begun", value=loop.waiting)
        yield GaugeMetricFamily("codecompose_active_requests", "Requests that have begun", value=loop.active)
        yield GaugeMetricFamily("codecompose_slots", "Slots that hold keys and values", value=loop.slots_kept)
        yield GaugeMetricFamily("codecompose_slot_bytes", "Bytes in all slots", value=loop.slot_bytes)


class Metrics:
    """The numbers of one worker."""

    def __init__(self, loop: Loop) -> None:
        """`loop` is the worker's own."""
        self._registry = CollectorRegistry()
        self._registry.register(LoopNumbers(loop))
        self.first = Histogram(
            "codecompose_first_piece_seconds", "Seconds to the first text", buckets=SECONDS, registry=self._registry
        )
        self.total = Histogram(
            "codecompose_request_seconds",
            "Seconds to a request's last word",
            ["outcome"],
            buckets=SECONDS,
            registry=self._registry,
        )

    def text(self, accept: str) -> tuple[str, bytes]:
        """The content type that an `Accept` header prefers, and the numbers in it."""
        encode, kind = choose_encoder(accept)
        return kind, encode(self._registry)


class Watch:
    """The times of one request. Its outcome is the code of its refusal, "finished", or "cancelled" until then."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics, self._begun, self._given = metrics, time.perf_counter(), False
        self.outcome = "cancelled"

    def gave(self, piece: Piece | Done) -> None:
        """Something was given."""
        if isinstance(piece, Done):
            self.outcome = "finished"
        elif not self._given:
            self._given = True
            self._metrics.first.observe(time.perf_counter() - self._begun)

    def ended(self) -> None:
        """The request is over."""
        self._metrics.total.labels(self.outcome).observe(time.perf_counter() - self._begun)
