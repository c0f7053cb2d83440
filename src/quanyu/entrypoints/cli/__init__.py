"""The command `quanyu`: a menu whose entries are imported only when they are called."""

from quanyu.entrypoints.cli.menu import main

__all__ = ["main"]
