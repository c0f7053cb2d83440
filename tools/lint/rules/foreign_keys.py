"""Foreign keys between modules point downwards, protect what they point at and leave no door behind.

A table may name the table of a lower module for that purpose alone: `related_name="+"` keeps the lower
module from growing attributes it does not know of, PROTECT keeps a deletion from reaching through the wall.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.tree import Finding, Source, Tree, names_called

NAME = "foreign-keys"
MEND = 'Write ForeignKey(Other, models.PROTECT, related_name="+"); for anything else ask the other module\'s api.'
_FIELDS = ("ForeignKey", "OneToOneField", "ManyToManyField")
_MODULES = "quanyu.modules."


def check(tree: Tree) -> Iterator[Finding]:
    """Yield uses of another module's tables that are not protected, one-way foreign keys."""
    for source in tree.python():
        if source.room == "models":
            foreign = _foreign_tables(source)
            if foreign:
                yield from _misuses(source, foreign)


def _foreign_tables(source: Source) -> set[str]:
    """Return the local names of other modules' model classes, or of their models module."""
    names = set()
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(_MODULES):
            owner, _, room = node.module.removeprefix(_MODULES).partition(".")
            for alias in node.names:
                if owner != source.module and "models" in {room.split(".")[0], alias.name}:
                    names.add(alias.asname or alias.name)
    return names


def _misuses(source: Source, foreign: set[str]) -> Iterator[Finding]:
    pointed_at: set[int] = set()
    for node in source.nodes:
        if isinstance(node, ast.Call) and names_called(node).rsplit(".", 1)[-1] in _FIELDS:
            named = {keyword.arg: keyword.value for keyword in node.keywords}
            target = node.args[0] if node.args else named.get("to")
            if target is None or not (isinstance(target, (ast.Name, ast.Attribute)) and _root(target) in foreign):
                continue
            pointed_at.update(id(part) for part in ast.walk(target))
            # The table between two others belongs to this module and goes with its rows.
            is_between = names_called(node).endswith("ManyToManyField")
            on_delete = node.args[1] if len(node.args) > 1 else named.get("on_delete", ast.Constant(None))
            if not is_between and not ast.unparse(on_delete).endswith("PROTECT"):
                yield Finding(source.path, node.lineno, NAME, "a foreign key into another module does not PROTECT")
            if ast.unparse(named.get("related_name", ast.Constant(None))) != "'+'":
                yield Finding(source.path, node.lineno, NAME, "a foreign key into another module has a way back")
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id in foreign and id(node) not in pointed_at:
            yield Finding(source.path, node.lineno, NAME, f"{node.id} of another module is used beyond a foreign key")


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
