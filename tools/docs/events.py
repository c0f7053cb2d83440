"""The events: topic, what it says, its fields, who listens."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tools.docs import reading
from tools.lint.tree import Source, Tree, names_called


@dataclass(frozen=True, slots=True)
class Fact:
    """One published event."""

    module: str
    name: str
    topic: str
    says: str
    fields: tuple[tuple[str, str], ...]


def page(tree: Tree) -> str:
    """Return the page in Markdown."""
    facts = [fact for source in tree.python() if source.room == "events" for fact in _facts(source)]
    heard = _listeners(tree, {fact.name: fact.topic for fact in facts})
    text = reading.NOTE + "# Events\n\nFacts that travel through the outbox. The number at the end of a topic is the "
    text += "version of its shape: a field may be added within a version, never taken away or changed.\n"
    for module in tree.module_names:
        mine = [fact for fact in facts if fact.module == module]
        if not mine:
            continue
        text += f"\n## {module}\n\n" + reading.table("topic", "says", "fields", "listeners")
        for fact in mine:
            fields = ", ".join(f"`{name}`: {kind}" for name, kind in fact.fields)
            listeners = ", ".join(f"`{name}`" for name in sorted(heard[fact.topic])) or "none yet"
            text += reading.row(f"`{fact.topic}`", fact.says, fields, listeners)
    return text


def _facts(source: Source) -> list[Fact]:
    found = []
    known = {node.name: node for node in reading.classes(source)}
    for node in known.values():
        topic = reading.text(reading.assigned(node).get("topic"))
        if topic is None:
            continue
        fields = tuple(_fields(node, known))
        found.append(Fact(source.module or "", node.name, topic, reading.first_line(node), fields))
    return found


def _fields(node: ast.ClassDef, known: dict[str, ast.ClassDef]) -> Iterator[tuple[str, str]]:
    """Yield (name, type) of the fields, those of base classes in the same file first, as dataclasses order them."""
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in known:
            yield from _fields(known[base.id], known)
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and part.target.id != "topic":
            yield part.target.id, ast.unparse(part.annotation)


def _listeners(tree: Tree, topics: dict[str, str]) -> dict[str, set[str]]:
    """Return {topic: handler names} from the calls of `outbox.listen(topic, name, handler)` in the wiring."""
    heard: dict[str, set[str]] = defaultdict(set)
    for source in tree.python(under="src/quanyu/entrypoints/"):
        for node in source.nodes:
            if isinstance(node, ast.Call) and names_called(node).split(".")[-1] == "listen" and len(node.args) > 1:
                topic, name = _topic(node.args[0], topics), reading.text(node.args[1])
                if topic and name:
                    heard[topic].add(name)
    return heard


def _topic(node: ast.expr, topics: dict[str, str]) -> str | None:
    """Return the topic that an expression names: a literal, or `Class.topic`."""
    if isinstance(node, ast.Attribute) and node.attr == "topic":
        return topics.get(ast.unparse(node.value).split(".")[-1])
    return reading.text(node)
