"""The background process: outbox relay, jobs, duties and the clock, stopped cleanly by SIGTERM or Ctrl-C.

``python -m quanyu.entrypoints.worker``. Several may run at once: the relay takes events with SKIP
LOCKED, jobs are fetched under locks, and each turn of the clock is sent by one of them only.
"""

from __future__ import annotations

import asyncio
import functools
import os
import platform
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import django
import psycopg
import structlog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanyu.entrypoints.settings")
django.setup()

from django.conf import settings  # noqa: E402 - Django is set up above
from django.db import InterfaceError, OperationalError, connection  # noqa: E402
from procrastinate.exceptions import ConnectorException  # noqa: E402

from quanyu.entrypoints import reconcile, wiring  # noqa: E402
from quanyu.kernel.actor import SYSTEM  # noqa: E402
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


@jobs.periodic("books.reconcile", cron="11 20 * * *")
def check_books(now: datetime) -> None:
    """Check every night, when the shops are closed, that the books add up."""
    checks = reconcile.run_and_note(actor=SYSTEM, now=now)
    broken = [check.name for check in checks or () if check.breaches]
    if broken:
        _log.error("books.broken", checks=broken)


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


def perform(duty: wiring.Duty, stop: threading.Event) -> None:
    """Do one duty again and again until told to stop; a failure is logged and the next turn comes."""
    pause_s = 0.0
    while not stop.wait(pause_s):
        pause_s = duty.every_s
        try:
            duty.work(system_clock.now())
        except (OperationalError, InterfaceError) as failure:
            _log.warning("worker.database_away", duty=duty.name, **logs.failure(failure))
            connection.close()
        except Exception as failure:  # noqa: BLE001 - one bad row must not end the duty for all others
            _log.error("worker.duty_failed", duty=duty.name, **logs.failure(failure))
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
    """Run relay, jobs and duties until a signal; raise what stopped one of them without one."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    stop = threading.Event()
    name = f"relay:{platform.node()}:{os.getpid()}"
    # Threads of their own: the loop's are for jobs, and these never come back to it.
    pool = ThreadPoolExecutor(1 + len(wiring.DUTIES), thread_name_prefix="worker")
    parts: set[asyncio.Future[None]] = {
        asyncio.create_task(work_off_jobs(stop)),
        loop.run_in_executor(pool, functools.partial(relay, stop, name=name)),
        *(loop.run_in_executor(pool, perform, duty, stop) for duty in wiring.DUTIES),
    }
    asking: asyncio.Future[None] = asyncio.create_task(_wait_for(asked))
    _log.info("worker.started", worker=name)
    done, _ = await asyncio.wait({asking, *parts}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    for part in parts:
        if isinstance(part, asyncio.Task):
            part.cancel()
    await asyncio.gather(*parts, return_exceptions=True)
    _log.info("worker.stopped", worker=name)
    if asking not in done:
        asking.cancel()
        for part in done:
            part.result()
        raise RuntimeError("a part of the worker ended without being asked")


async def _wait_for(event: asyncio.Event) -> None:
    await event.wait()


def main() -> None:
    """Run the worker in this process until it is told to stop."""
    logs.configure(settings.CONFIG.log_level)
    wiring.connect()
    asyncio.run(run())


if __name__ == "__main__":
    main()
