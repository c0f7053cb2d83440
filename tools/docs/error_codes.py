"""The error codes: every `Problem` with its status, texts and remedy in both languages."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from quanyu.platform import i18n
from tools.docs import reading
from tools.lint.tree import Source, Tree
from tools.messages import extract


@dataclass(frozen=True, slots=True)
class Refusal:
    """One class of refusals, with what it inherits filled in."""

    code: str
    status: int
    title: str
    remedy: str
    meaning: str
    home: str


def page(tree: Tree) -> str:
    """Return the page in Markdown."""
    text = (
        reading.NOTE + "# Error codes\n\nA refusal is answered as `application/problem+json` with these stable codes. "
    )
    text += "`%(name)s` stands for a value that comes with the refusal.\n\n"
    text += reading.table("code", "status", "English", "中文", "what to do", "怎么办", "when")
    for refusal in sorted(refusals(tree), key=lambda each: each.code):
        chinese = _chinese(tree, refusal.home)
        text += reading.row(
            f"`{refusal.code}`",
            refusal.status,
            refusal.title,
            chinese.get(refusal.title, ""),
            refusal.remedy,
            chinese.get(refusal.remedy, ""),
            refusal.meaning,
        )
    return text


def refusals(tree: Tree) -> list[Refusal]:
    """Return every class that gives itself a code and descends from `Problem`."""
    known: dict[str, tuple[ast.ClassDef, Source]] = {}
    for source in tree.python():
        for node in source.nodes:
            if isinstance(node, ast.ClassDef):
                known.setdefault(node.name, (node, source))
    found = []
    for name, (node, source) in known.items():
        code = reading.text(reading.assigned(node).get("code"))
        if code is None or not _descends(name, known):
            continue
        status = _inherited(name, "status", known)
        found.append(
            Refusal(
                code=code,
                status=status.value if isinstance(status, ast.Constant) and isinstance(status.value, int) else 400,
                title=reading.text(_inherited(name, "title", known)) or "",
                remedy=reading.text(_inherited(name, "remedy", known)) or "",
                meaning=reading.first_line(node),
                home=extract.home_of(source.path),
            )
        )
    return found


def _bases(node: ast.ClassDef) -> list[str]:
    return [ast.unparse(base).split(".")[-1] for base in node.bases]


def _descends(name: str, known: dict[str, tuple[ast.ClassDef, Source]]) -> bool:
    if name == "Problem":
        return True
    return name in known and any(_descends(base, known) for base in _bases(known[name][0]) if base != name)


def _inherited(name: str, attribute: str, known: dict[str, tuple[ast.ClassDef, Source]]) -> ast.expr | None:
    if name not in known:
        return None
    node = known[name][0]
    own = reading.assigned(node).get(attribute)
    if own is not None:
        return own
    return next((value for base in _bases(node) if (value := _inherited(base, attribute, known))), None)


def _chinese(tree: Tree, home: str) -> dict[str, str]:
    """Return the Chinese of the home's catalogue and, behind it, of the platform's (inherited texts)."""
    words: dict[str, str] = {}
    for folder in ("src/quanyu/platform", home):
        po = tree.root / folder / extract.CATALOGUE
        if po.exists():
            words |= {m.id: m.strings[0] for m in i18n.parse_po(po.read_text("utf-8")) if m.strings[0]}
    return words
