"""SQL rooms hold only what can be applied again and again; tables belong to migrations (docs/adr/0004)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lint.tree import PACKAGE, Finding, Tree

NAME = "sql-room"
MEND = "Use CREATE OR REPLACE (or DROP ... IF EXISTS before a new signature); put tables and indexes into migrations."
_NOISE = re.compile(r"(\$\w*\$).*?\1|--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_REPEATABLE = re.compile(
    r"\s*(?:create\s+or\s+replace\s+(?:function|procedure|view|trigger|aggregate)"
    r"|create\s+constraint\s+trigger"  # has no OR REPLACE: stands after its DROP TRIGGER IF EXISTS
    r"|drop\s+(?:function|procedure|view|trigger|aggregate)\s+if\s+exists"
    r"|create\s+sequence\s+if\s+not\s+exists"  # numbers are drawn in SQL only; Django has no field for it
    r"|comment\s+on|grant|revoke)\b"
    r"|\s*select\s+platform_watch\("  # a CREATE OR REPLACE TRIGGER, see platform/sql/40_marks.sql
    r"|\s*insert\s+into\b.*\bon\s+conflict\b",  # a table of constants, such as allowed moves of a state
    re.IGNORECASE | re.DOTALL,
)


def check(tree: Tree) -> Iterator[Finding]:
    """Yield statements in `sql/` rooms that are not repeatable."""
    for source in tree.files(".sql", under=PACKAGE):
        if "/sql/" not in source.path:
            continue
        bare = _NOISE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source.text)
        position = 0
        for statement in bare.split(";"):
            if statement.strip() and not _REPEATABLE.match(statement):
                indent = len(statement) - len(statement.lstrip())
                line = 1 + bare.count("\n", 0, position + indent)
                words = " ".join(statement.split()[:4])
                yield Finding(source.path, line, NAME, f"'{words}' cannot be applied twice")
            position += len(statement) + 1
