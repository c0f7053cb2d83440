"""Where bytes become paper: a device file (USB), or a printer in the network."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

NETWORK_PORT = 9100
PATIENCE_S = 5.0


class PrinterGone(Exception):
    """The printer cannot be reached. ``begun``: some bytes may have reached it."""

    def __init__(self, said: str, *, begun: bool) -> None:
        super().__init__(said)
        self.begun = begun


class Printer(Protocol):
    """Takes the bytes of one receipt."""

    def write(self, data: bytes) -> None:
        """Print. Raises ``PrinterGone``."""


class DevicePrinter:
    """A device file such as ``/dev/usb/lp0``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, data: bytes) -> None:
        """Print. Raises ``PrinterGone``."""
        try:
            device = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            raise PrinterGone(str(error.strerror), begun=False) from error
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(device, left) :]
        except OSError as error:
            raise PrinterGone(str(error.strerror), begun=True) from error
        finally:
            os.close(device)


class NetworkPrinter:
    """A printer that listens for raw bytes, by custom on port 9100."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)

    def write(self, data: bytes) -> None:
        """Print. Raises ``PrinterGone``."""
        try:
            connection = socket.create_connection(self._address, timeout=PATIENCE_S)
        except OSError as error:
            raise PrinterGone(str(error), begun=False) from error
        with connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError as error:
                raise PrinterGone(str(error), begun=True) from error


def printer_at(address: str) -> Printer:
    """Return the printer of an address: a path, or ``tcp://host:port``. Raises ``ValueError``."""
    if not address.startswith("tcp://"):
        return DevicePrinter(Path(address))
    parts = urlsplit(address)
    if not parts.hostname:
        raise ValueError(address)
    return NetworkPrinter(parts.hostname, parts.port or NETWORK_PORT)
