"""Counters and histograms for ``/metrics``; names end in their unit."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

requests = Counter("quanyu_http_requests_total", "Requests by route and status.", ["route", "status"])
request_seconds = Histogram(
    "quanyu_http_request_seconds",
    "Time to answer by route.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
outbox_failures = Counter("quanyu_outbox_failures_total", "Failed deliveries.", ["handler"])
outbox_waiting = Gauge("quanyu_outbox_waiting", "Events that wait to be relayed.")
outbox_parked = Gauge("quanyu_outbox_parked", "Events set aside after too many tries.")
orders_placed = Counter("quanyu_orders_placed_total", "Placed orders by channel.", ["channel"])
orders_refused = Counter("quanyu_orders_refused_total", "Refused orders by reason.", ["code"])
gathered_batch = Histogram(
    "quanyu_gathered_batch_size",
    "Items worked on together.",
    ["name"],
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
gathered_seconds = Histogram(
    "quanyu_gathered_batch_seconds",
    "Time to work on a batch.",
    ["name"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
gathered_waiting = Gauge("quanyu_gathered_waiting", "Items that wait to be worked on.", ["name"])
gathered_busy = Counter("quanyu_gathered_busy_total", "Items refused because too many waited.", ["name"])
live_streams = Gauge("quanyu_live_streams", "Open live streams.", ["route"])
