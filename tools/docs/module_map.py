"""The module map: storeys, and for each module its rooms, doors, tables, SQL doors and what it leans on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.docs import reading
from tools.lint.tree import MODULES, Source, Tree

_ORDER = (
    "http", "admin", "jobs", "handlers", "api", "ops", "queries", "participants", "models", "sql", "providers",
    "simulators", "rules", "events", "contracts",
)  # fmt: skip
_SQL_DOOR = re.compile(r"create\s+or\s+replace\s+(function|procedure|view)\s+(\w+)", re.IGNORECASE)


def page(tree: Tree) -> str:
    """Return the page in Markdown."""
    text = reading.NOTE + "# Module map\n\nAn upper module may call the door of a lower one, never the reverse; "
    text += "modules on one line do not know each other.\n\n```\n"
    text += "".join(" | ".join(sorted(layer)) + "\n" for layer in tree.storeys) + "```\n"
    for layer in tree.storeys:
        for module in sorted(layer):
            text += _module(tree, module)
    return text


def _module(tree: Tree, module: str) -> str:
    home = f"{MODULES}{module}/"
    sources = [source for source in tree.sources if source.path.startswith(home)]
    text = f"\n## {module}\n\n{_sentence(tree, home)}\n\n"
    rooms = {source.room for source in sources if source.room in _ORDER}
    text += "- rooms: " + ", ".join(room for room in _ORDER if room in rooms) + "\n"
    leans_on = sorted({name for source in sources for name in _imports(source, tree)} - {module})
    text += f"- leans on: {', '.join(leans_on) or 'the platform only'}\n"
    tables = sorted({name for source in sources if source.room == "models" for name in _tables(source, module)})
    if tables:
        text += f"- tables: {', '.join(f'`{name}`' for name in tables)}\n"
    doors = list(_sql_doors(sources))
    if doors:
        text += f"- SQL: {', '.join(doors)}\n"
    functions = [function for source in sources if source.room == "api" for function in _functions(source)]
    if functions:
        text += "\n" + reading.table("door", "what it does")
        text += "".join(reading.row(f"`{f.name}`", reading.first_line(f)) for f in functions)
    return text


def _sentence(tree: Tree, home: str) -> str:
    """Return what the README's title says after the name, else its first paragraph, else the package's docstring."""
    readme = next((source for source in tree.sources if source.path == home + "README.md"), None)
    if readme is not None:
        paragraphs = [part.strip() for part in readme.text.split("\n\n") if part.strip()]
        title = paragraphs[0].partition(": ")[2]
        if title:
            return f"{title[0].upper()}{title[1:]}."
        if len(paragraphs) > 1:
            # Links are relative to the README; here their words are enough.
            return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", " ".join(paragraphs[1].split()))
    init = next(source for source in tree.sources if source.path == home + "__init__.py")
    return reading.first_line(init.syntax)


def _imports(source: Source, tree: Tree) -> Iterator[str]:
    if not source.path.endswith(".py") or source.in_migrations:
        return
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("quanyu.modules"):
            parts = node.module.split(".")
            found = [parts[2]] if len(parts) > 2 else [alias.name for alias in node.names]
            yield from (name for name in found if name in tree.module_names)


def _tables(source: Source, module: str) -> Iterator[str]:
    if not source.path.endswith(".py"):
        return
    for node in reading.classes(source):
        meta = next((part for part in node.body if isinstance(part, ast.ClassDef) and part.name == "Meta"), None)
        options = reading.assigned(meta) if meta else {}
        bases = {ast.unparse(base) for base in node.bases}
        is_table = any("Model" in base or "AbstractBaseUser" in base for base in bases)
        is_abstract = "abstract" in options or "proxy" in options
        if is_table and not is_abstract:
            yield reading.text(options.get("db_table")) or f"{module}_{node.name.lower()}"


def _sql_doors(sources: list[Source]) -> Iterator[str]:
    for source in sources:
        if source.path.endswith(".sql"):
            for kind, name in _SQL_DOOR.findall(source.text):
                yield f"`{name}`" if kind.lower() == "view" else f"`{name}()`"


def _functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in source.syntax.body if source.path.endswith(".py") else []:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            yield node
