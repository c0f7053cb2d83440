"""Who is asked where parcels are: Kuaidi100 with the account of the environment, or the demo's simulator."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

import msgspec
from django.conf import settings

from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.fulfilment.simulators import server as simulator
from quanyu.platform import http_client
from quanyu.platform.config import ConfigError

SIMULATOR_URL = "QUANYU_COURIER_SIMULATOR_URL"
LIVE = "QUANYU_KUAIDI100"
_local = threading.local()


def connect() -> None:
    """Open the tracking service: the simulator's where its address is given, else the live one; else nobody is asked.

    The live account is a JSON text in the environment (``QUANYU_KUAIDI100``: customer, key). Raises ``ConfigError``
    for a simulator outside of a demo.
    """
    address = os.environ.get(SIMULATOR_URL)
    if address and not settings.CONFIG.is_trial:
        raise ConfigError(
            f"{SIMULATOR_URL} is set, but this is no demo.\n"
            "  -> Remove it and configure the real service, or set QUANYU_DEMO=1 on a machine without real orders."
        )
    if address:
        config = simulator.config(address)
    elif os.environ.get(LIVE):
        config = msgspec.json.decode(os.environ[LIVE], type=fulfilment.Kuaidi100Config)
    else:
        fulfilment.use_tracker(tracker=None)
        return
    fulfilment.use_tracker(tracker=fulfilment.Kuaidi100(config, send))


def send(url: str, form: Mapping[str, str]) -> tuple[int | None, bytes]:
    """Send a form. Never raises for the network; never while a transaction is open."""
    session = getattr(_local, "session", None)
    if session is None:
        session = _local.session = http_client.session()
    try:
        answer = session.post(url, data=dict(form))
    except OSError:  # what the network raises
        return None, b""
    return answer.status_code, answer.content
