"""A replica's numbers as Ray's own metrics, which each machine's exporter gives to Prometheus, replica by replica.

`/metrics` reaches one replica of many: what it counts is no sum of anything.
"""

from __future__ import annotations

from prometheus_client.registry import Collector
from ray.serve.metrics import Gauge


class Gauges:
    """The numbers of a collector, under their own names; Ray says which replica they are of."""

    def __init__(self, numbers: Collector) -> None:
        """Nothing is read yet."""
        self._numbers = numbers
        self._gauges: dict[str, Gauge] = {}

    def set(self) -> None:
        """Give Ray the numbers as they stand."""
        for metric in self._numbers.collect():
            for sample in metric.samples:
                if sample.name not in self._gauges:
                    self._gauges[sample.name] = Gauge(sample.name, metric.documentation)
                self._gauges[sample.name].set(sample.value)
