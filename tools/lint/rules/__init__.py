"""The table of house rules, in the order in which they are run and listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from tools.lint.rules import (
    broad_except,
    committed_paths,
    file_size,
    float_money,
    foreign_keys,
    function_size,
    http_queries,
    locks,
    naive_time,
    names,
    network,
    screen_text,
    sql_ownership,
    sql_room,
    test_assertions,
    translations,
    wiring,
)
from tools.lint.tree import Finding, Tree


class Rule(Protocol):
    """The shape of a rule module."""

    NAME: str
    MEND: str

    def check(self, tree: Tree) -> Iterator[Finding]:
        """Yield every breach in the tree."""


_IN_ORDER: tuple[Rule, ...] = (
    file_size,
    function_size,
    names,
    sql_ownership,
    sql_room,
    locks,
    network,
    http_queries,
    wiring,
    foreign_keys,
    broad_except,
    float_money,
    naive_time,
    screen_text,
    translations,
    committed_paths,
    test_assertions,
)
RULES: dict[str, Rule] = {rule.NAME: rule for rule in _IN_ORDER}
