"""Every word a person sees goes through gettext, or one of the two languages will have a hole."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.lint.tree import PACKAGE, Finding, Source, Tree, names_called

NAME = "screen-text"
MEND = (
    "Write {% trans %} or {% blocktrans %} in templates, gettext_lazy (N_ in pure rooms) in Python, "
    "and the Chinese into the .po file."
)
_HIDDEN = (
    re.compile(r"\{#.*?#\}", re.DOTALL),
    re.compile(r"\{%-?\s*comment\b.*?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL),
    re.compile(r"\{%-?\s*blocktrans(?:late)?\b.*?%\}.*?\{%-?\s*endblocktrans(?:late)?\s*-?%\}", re.DOTALL),
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<(\w+)\b[^>]*\bmaterial-symbols[^>]*>[^<]*</\1\s*>"),  # the name of an icon
    re.compile(r"<!doctype[^>]*>", re.IGNORECASE),
)
_TEMPLATE_CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_SHOWN_ATTRIBUTE = re.compile(
    r"""\b(?:title|placeholder|alt|aria-label)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}|[\u4e00-\u9fff]")
_ENTITY = re.compile(r"&#?\w+;")
_LABELS = {"verbose_name", "verbose_name_plural", "help_text", "short_description"}
_REFUSAL_TEXTS = {"title", "remedy"}
_DECORATORS = {"admin.action", "admin.display", "action", "display"}


def check(tree: Tree) -> Iterator[Finding]:
    """Yield literal texts in templates and in labels of models, choices, screens and refusals."""
    for source in tree.files(".html", ".txt", under=PACKAGE):
        if "/templates/" in source.path:
            yield from _in_template(source)
    for source in tree.python():
        yield from _in_labels(source)


def _in_template(source: Source) -> Iterator[Finding]:
    text = source.text
    for pattern in (*_HIDDEN, _TEMPLATE_CODE):
        text = pattern.sub(_blank, text)
    seen = _TAG.sub(_blank, text) if source.path.endswith(".html") else text
    for number, line in enumerate(_ENTITY.sub(" ", seen).split("\n"), start=1):
        if _WORD.search(line):
            yield Finding(source.path, number, NAME, f"'{line.strip()[:40]}' is shown without translation")
    for found in _SHOWN_ATTRIBUTE.finditer(text):
        value = found[1] or found[2] or ""
        if _WORD.search(_ENTITY.sub(" ", value)):
            number = 1 + text.count("\n", 0, found.start())
            yield Finding(source.path, number, NAME, f"the attribute '{value[:40]}' is shown without translation")


def _in_labels(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.Call):
            wanted = _LABELS | ({"description"} if names_called(node) in _DECORATORS else set())
            for keyword in node.keywords:
                if keyword.arg in wanted and _is_text(keyword.value):
                    yield Finding(source.path, keyword.value.lineno, NAME, f"{keyword.arg} is not translated")
        elif isinstance(node, ast.ClassDef):
            yield from _in_class(source, node)


def _in_class(source: Source, node: ast.ClassDef) -> Iterator[Finding]:
    is_choices = any("Choices" in names_called(ast.Call(base, [], [])) for base in node.bases)
    targets = {ast.unparse(part.targets[0]) for part in node.body if isinstance(part, ast.Assign)}
    labels = _LABELS | (_REFUSAL_TEXTS if "code" in targets else set())
    for statement in node.body:
        if not isinstance(statement, ast.Assign):
            continue
        target = statement.targets[0]
        if isinstance(target, ast.Name) and target.id in labels and _is_text(statement.value):
            yield Finding(source.path, statement.lineno, NAME, f"{target.id} is not translated")
        if is_choices and isinstance(statement.value, ast.Tuple) and _is_text(statement.value.elts[-1]):
            yield Finding(source.path, statement.lineno, NAME, f"the label of {node.name} is not translated")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_WORD.search(node.value))


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
