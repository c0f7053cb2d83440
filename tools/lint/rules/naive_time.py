"""Time is passed in and knows its zone. A decision that looks at the clock cannot be repeated."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.tree import Finding, Source, Tree, names_called

NAME = "naive-time"
MEND = "Take `now` as an argument; at the edge use quanyu.kernel.clock or datetime.now(UTC)."
_NAIVE = {"utcnow", "utcfromtimestamp", "today"}
_CLOCKS = {"now", "localdate", "localtime", "time", "monotonic"}
_OF_TIME = {"datetime", "date", "timezone", "time", "clock"}


def check(tree: Tree) -> Iterator[Finding]:
    """Yield times without a zone anywhere, and any look at the clock in rules, contracts and events."""
    for source in tree.python(under=""):
        for node in source.nodes:
            if isinstance(node, ast.Call):
                yield from _of_call(source, node)


def _of_call(source: Source, node: ast.Call) -> Iterator[Finding]:
    *owners, last = names_called(node).split(".")
    if not owners or owners[-1] not in _OF_TIME:
        return
    zoneless = owners[-1] in {"datetime", "date"} and last in _NAIVE
    if zoneless or (last == "now" and owners[-1] == "datetime" and not node.args and not node.keywords):
        yield Finding(source.path, node.lineno, NAME, f"{owners[-1]}.{last}() has no time zone")
    elif last in _CLOCKS and source.room in {"rules", "contracts", "events"}:
        yield Finding(source.path, node.lineno, NAME, f"a pure room looks at the clock by {owners[-1]}.{last}()")
