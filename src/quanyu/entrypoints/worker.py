"""The background process: outbox relay, jobs and the clock, stopped cleanly by SIGTERM or Ctrl-C.

``python -m quanyu.entrypoints.worker``. Several may run at once: the relay takes events with SKIP
LOCKED, jobs are fetched under locks, and each turn of the clock is sent by one of them only.
"""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import threading
import time
from datetime import datetime

import django
import psycopg
import structlog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanyu.entrypoints.settings")
django.setup()

from django.conf import settings  # noqa: E402 - Django is set up above
from django.db import InterfaceError, OperationalError, connection  # noqa: E402
from procrastinate.exceptions import ConnectorException  # noqa: E402

from quanyu.kernel.clock import system_clock  # noqa: E402
from quanyu.platform import heartbeat, jobs, logs, outbox, upkeep  # noqa: E402

BATCH = 200
IDLE_S = 0.1
BEAT_S = 5.0
RECONNECT_S = 1.0
JOBS_AT_ONCE = 4
GRACE_S = 10.0
_log = structlog.get_logger(__name__)


@jobs.periodic("platform.prune", cron="17 * * * *")
def prune(now: datetime) -> None:
    """Clear away hourly what the platform no longer needs."""
    _log.info("worker.pruned", **upkeep.prune(now))


def relay(stop: threading.Event, *, name: str) -> None:
    """Relay events until told to stop; a database that is away is waited for."""
    beat_due = 0.0
    while not stop.is_set():
        try:
            taken = outbox.relay_batch(limit=BATCH)
            if time.monotonic() >= beat_due:
                heartbeat.beat(name, system_clock.now(), outbox.backlog())
                beat_due = time.monotonic() + BEAT_S
        except (OperationalError, InterfaceError) as failure:
            _log.warning("worker.database_away", **logs.failure(failure))
            connection.close()
            stop.wait(RECONNECT_S)
            continue
        if taken < BATCH:
            stop.wait(IDLE_S)
    connection.close()


async def work_off_jobs(stop: threading.Event) -> None:
    """Run jobs until cancelled with ``stop`` set; a database that is away is waited for."""
    while not stop.is_set():
        worker = jobs.for_workers()
        try:
            async with worker.open_async():
                await worker.run_worker_async(
                    concurrency=JOBS_AT_ONCE,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=GRACE_S,
                    delete_jobs="successful",
                )
        except (ConnectorException, psycopg.Error, OSError) as failure:
            _log.warning("worker.database_away", **logs.failure(failure))
        if not stop.is_set():
            # It also ends without an error when its listening connection breaks.
            await asyncio.sleep(RECONNECT_S)


async def run() -> None:
    """Run relay and jobs until a signal; raise what stopped one of them without one."""
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    stop = threading.Event()
    name = f"relay:{platform.node()}:{os.getpid()}"
    parts = {
        asyncio.create_task(asyncio.to_thread(relay, stop, name=name)),
        asyncio.create_task(work_off_jobs(stop)),
    }
    asking = asyncio.create_task(asked.wait())
    _log.info("worker.started", worker=name)
    await asyncio.wait({asking, *parts}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    broken = [part.exception() for part in parts if part.done()]
    for part in parts - {part for part in parts if part.done()}:
        part.cancel()
    await asyncio.gather(*parts, return_exceptions=True)
    _log.info("worker.stopped", worker=name)
    for failure in broken:
        raise failure or RuntimeError("a part of the worker ended without being asked")
    asking.cancel()


def main() -> None:
    """Run the worker in this process until it is told to stop."""
    logs.configure(settings.CONFIG.log_level)
    asyncio.run(run())


if __name__ == "__main__":
    main()
