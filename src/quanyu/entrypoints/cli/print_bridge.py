"""`quanyu print-bridge`: takes receipts from the till in the browser to the printer of this computer."""

import secrets
import threading
from pathlib import Path

import click

from quanyu.entrypoints.print_bridge.printers import printer_at
from quanyu.entrypoints.print_bridge.server import HOST, Bridge, server
from quanyu.entrypoints.print_bridge.spool import Spool

PORT = 9191


@click.command("print-bridge")
@click.option("--printer", required=True, help="A device such as /dev/usb/lp0, or tcp://192.168.1.50:9100.")
@click.option("--origin", "origins", multiple=True, required=True, help="The till's address, as https://shop.example.")
@click.option("--port", default=PORT, show_default=True, help="Where the till finds the bridge on this computer.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path.home() / ".quanyu-print-bridge",
    help="Where jobs wait and the token lies.  [default: ~/.quanyu-print-bridge]",
)
def print_bridge(*, printer: str, origins: tuple[str, ...], port: int, folder: Path) -> None:
    """Print what the till sends. Runs until Ctrl-C; type the token it shows into the till's printer settings."""
    try:
        chosen = printer_at(printer)
    except ValueError as error:
        raise click.BadParameter("neither a path nor tcp://host:port", param_hint="--printer") from error
    bridge = Bridge(Spool(folder / "jobs"), chosen, _token(folder), frozenset(one.rstrip("/") for one in origins))
    try:
        listening = server(bridge, port=port)
    except OSError as error:
        raise click.ClickException(
            f"Port {port} is taken. Is a bridge running already? Choose another --port."
        ) from error
    click.echo(f"Bridge:  http://{HOST}:{listening.server_address[1]}\nToken:   {bridge.token}\nPrinter: {printer}")
    threading.Thread(target=bridge.print_all, daemon=True).start()
    try:
        listening.serve_forever()
    except KeyboardInterrupt:
        bridge.stopping.set()
    finally:
        listening.server_close()


def _token(folder: Path) -> str:
    """Return the token of this computer, made once and readable by its user only."""
    file = folder / "token"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text().strip()
