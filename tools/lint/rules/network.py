"""Only providers speak to the outside: a call in the middle of a transaction holds locks while a stranger thinks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.tree import Finding, Source, Tree

NAME = "network"
MEND = "Put it behind a provider (modules/*/providers/) or quanyu.platform.http_client, called outside transactions."
_CLIENTS = {"requests", "httpx", "aiohttp", "urllib3", "smtplib", "ftplib", "websockets"}
_PLAIN = {"socket", "urllib.request", "http.client"}
_ALLOWED = ("/providers/", "/simulators/", "src/quanyu/platform/http_client")
# The supervisor looks for free ports and asks its own children whether they are ready; the print bridge is a program of
# its own beside the till, with a printer and no database.
_LOCAL_ONLY = (
    "src/quanyu/platform/postgres/",
    "src/quanyu/platform/process/",
    "src/quanyu/entrypoints/cli/",
    "src/quanyu/entrypoints/print_bridge/",
)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def check(tree: Tree) -> Iterator[Finding]:
    """Yield imports of network clients and sockets outside the rooms made for them."""
    for source in tree.python():
        if any(part in source.path for part in _ALLOWED):
            continue
        for node in source.nodes:
            for name in _imported(node):
                if _is_client(name, source):
                    yield Finding(source.path, getattr(node, "lineno", 1), NAME, f"{name} is imported here")
                    break


def _is_client(name: str, source: Source) -> bool:
    known = _CLIENTS if source.path.startswith(_LOCAL_ONLY) else _CLIENTS | _PLAIN
    return any(name == client or name.startswith(client + ".") for client in known)
