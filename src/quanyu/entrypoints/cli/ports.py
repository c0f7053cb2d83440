"""Choose the port to serve on, or say clearly which setting stands in the way."""

import socket

import click

SEARCHED = 50


def choose(host: str, wanted: int, *, asked_for: bool, setting: str) -> int:
    """`wanted` when it is free. Else: refuse when somebody asked for it, or take the next free one.

    Raises ClickException naming the setting.
    """
    if is_free(host, wanted):
        return wanted
    if asked_for:
        raise click.ClickException(
            f"Port {wanted} on {host} is taken by another program.\n"
            f"  -> Stop that program, or choose another port with {setting}."
        )
    for port in range(wanted + 1, wanted + SEARCHED):
        if is_free(host, port):
            return port
    raise click.ClickException(
        f"No port from {wanted} to {wanted + SEARCHED - 1} is free.\n  -> Choose one with {setting}."
    )


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Raises ClickException when the host is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Like the server: connections of the last run that still fade away do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise click.ClickException(
                f"Port {port} needs special rights.\n  -> Choose one above 1023 with QUANYU_PORT."
            ) from None
        except OSError as error:
            if error.errno in _NOT_OURS:
                raise click.ClickException(
                    f"{host} is no address of this machine.\n  -> Set QUANYU_HOST, e.g. to 0.0.0.0 for all."
                ) from None
            return False
    return True


_NOT_OURS = (99, 49, -2, -3, -5)  # EADDRNOTAVAIL on Linux and macOS, and names that do not resolve
