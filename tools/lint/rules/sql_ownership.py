"""A module's SQL touches its own tables only, and calls only functions of lower modules or of the platform.

The import contracts cannot see SQL, so this rule draws the same walls there. It is a reading of names, not
a parser: a name counts as somebody's when it begins with `<module>_`; it is a call when a parenthesis
follows; else it is a table when it stands where a table stands, or when a model or migration declares it.

One thing is allowed: a reconciliation view (`<module>_breach_*`) may read the tables of lower modules, because
comparing two books needs both, and nothing is built on its answer but an alarm.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from tools.lint.tree import PACKAGE, Finding, Source, Tree

NAME = "sql-ownership"
MEND = "Call the owner's door: its SQL function (a lower module's) or its api; upwards, publish an event."
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_TABLE_POSITION = re.compile(r"\b(?:from|join|into|update|only|table|truncate|references|using|on)\s+$", re.IGNORECASE)
_NAMES_A_TABLE = re.compile(r"\b(?:into|table|references|on|update|as)\s+$", re.IGNORECASE)
_IS_SQL = re.compile(
    r"^\s*(?:select|insert\s+into|update|delete\s+from|with|call|truncate|merge\s+into|copy|lock)\b", re.IGNORECASE
)
_DB_TABLE = re.compile(r"""["']?db_table["']?\s*[=:]\s*["'](\w+)["']""")
_RECONCILIATION = re.compile(r"\bcreate\s+or\s+replace\s+view\s+\w+_breach_\w+[^;]*", re.IGNORECASE)
_DEFINED = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure|view|materialized\s+view|trigger|aggregate|type)\s+(\w+)",
    re.IGNORECASE,
)


def check(tree: Tree) -> Iterator[Finding]:
    """Yield SQL of a module, of the platform or of the kernel that reaches through a wall."""
    tables = {name for source in tree.python(migrations=True) for name in _DB_TABLE.findall(source.text)}
    for source in tree.files(".sql", under=PACKAGE):
        owner = source.module or ("platform" if source.path.startswith(PACKAGE + "platform/") else None)
        if owner is not None:
            yield from _of_text(tree, source, owner, source.text, 1, tables)
            yield from _foreign_definitions(source, owner)
    for source in tree.python():
        owner = source.module or source.path.removeprefix(PACKAGE).split("/")[0]
        if owner == "entrypoints" or owner.endswith(".py"):
            continue  # the wiring may look at the whole house: reconciliation does
        for line, text in _sql_strings(source):
            yield from _of_text(tree, source, owner, text, line, tables)


def _sql_strings(source: Source) -> Iterator[tuple[int, str]]:
    docstrings = source.docstrings()
    parts_of_f_strings = {id(part) for node in source.nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in source.nodes:
        text = ""
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else " ? " for part in node.values)
        elif isinstance(node, ast.Constant) and id(node) not in docstrings | parts_of_f_strings:
            text = node.value if isinstance(node.value, str) else ""
        if text and _IS_SQL.match(text):
            yield getattr(node, "lineno", 1), text


def _of_text(tree: Tree, source: Source, owner: str, text: str, first_line: int, tables: set[str]) -> Iterator[Finding]:
    """Judge every name in one piece of SQL; `first_line` is the line on which the text begins."""
    bare = _LITERAL.sub(lambda found: " " * len(found[0]), _COMMENT.sub(_blank, text))
    reconciling = [view.span() for view in _RECONCILIATION.finditer(bare)]
    for found in _prefixed(tuple(tree.module_names)).finditer(bare):
        whose, name = found[1], found[0]
        if whose == owner:
            continue
        before, after = bare[: found.start()], bare[found.end() :]
        if before.endswith("."):
            continue  # a column of something already judged
        called = after.lstrip().startswith("(") and not _NAMES_A_TABLE.search(before)
        line = first_line + bare.count("\n", 0, found.start())
        if called and name not in tables:
            if whose not in tree.below(owner):
                yield Finding(source.path, line, NAME, f"{owner} calls {name}() of {whose}, which is not below it")
        elif any(start < found.start() < end for start, end in reconciling) and whose in tree.below(owner):
            continue
        elif name in tables or _TABLE_POSITION.search(before):
            yield Finding(source.path, line, NAME, f"{owner} touches {name}, a table of {whose}")


def _foreign_definitions(source: Source, owner: str) -> Iterator[Finding]:
    for found in _DEFINED.finditer(_COMMENT.sub(_blank, source.text)):
        if not found[1].lower().startswith(owner + "_"):
            line = 1 + source.text.count("\n", 0, found.start())
            yield Finding(
                source.path, line, NAME, f"{found[1]} is defined in a room of {owner} but not named {owner}_..."
            )


@lru_cache(maxsize=4)
def _prefixed(modules: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(modules)})_[a-z0-9_]+\b")


def _blank(found: re.Match[str]) -> str:
    """Blank a comment but keep its lines, so that positions stay true."""
    return re.sub(r"[^\n]", " ", found[0])
