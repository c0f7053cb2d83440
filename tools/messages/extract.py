"""Find the texts that are marked for translation, and the catalogue each belongs to.

A text belongs to the module whose file holds it. The kernel has no catalogue of its own (it is no
Django app): its texts stand in the platform's; those of the entry points in the console's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from quanyu.platform import i18n

CATALOGUE = "locale/zh_Hans/LC_MESSAGES/django.po"
PLACES = re.compile(r"%\(\w+\)[a-z]|%[sd]")
_PACKAGE = "src/quanyu/"
_CONSOLE = f"{_PACKAGE}entrypoints/console"
# The console's theme comes without Chinese, so ours stands in the console's catalogue. Parts that are not installed
# as apps are left out; what Django itself translates as well.
_THEME = "unfold"
_THEME_PARTS = ("unfold/contrib/filters/", "unfold/contrib/forms/", "unfold/contrib/inlines/")
_DJANGO_CATALOGUES = ("conf", "contrib/admin", "contrib/auth", "contrib/contenttypes", "contrib/sessions")
# Function name -> positions of (context, singular, plural) among its arguments.
_MARKERS: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "N_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_QUOTED = r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')"""
_TEMPLATE_COMMENT = re.compile(r"\{#.*?#\}|\{%-?\s*comment\b.*?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
_TRANS = re.compile(rf"\{{%-?\s*trans(?:late)?\s+{_QUOTED}(?P<rest>.*?)-?%\}}", re.DOTALL)
_CONTEXT = re.compile(r"""\bcontext\s+(?:"([^"]*)"|'([^']*)')""")
_BLOCK = re.compile(
    r"\{%-?\s*blocktrans(?:late)?\b(?P<options>.*?)-?%\}(?P<body>.*?)\{%-?\s*endblocktrans(?:late)?\s*-?%\}", re.DOTALL
)
_PLURAL = re.compile(r"\{%-?\s*plural\s*-?%\}")
_VARIABLE = re.compile(r"\{\{\s*(\w+)[^}]*\}\}")
_PROMISE = re.compile(r"COMMENT ON VIEW \w+_breach_\w+ IS\s*'((?:[^']|'')*)';")
_MARKED_IN_TAG = re.compile(rf"(?<![\w.])_\(\s*{_QUOTED}\s*\)")


@dataclass(frozen=True, slots=True)
class Text:
    """One marked text with the places (`path:line`) where it stands."""

    id: str
    context: str | None = None
    plural: str | None = None
    references: tuple[str, ...] = ()


def home_of(path: str) -> str:
    """Return the folder whose `locale/` serves the file at `path` (both relative to the root)."""
    parts = path.removeprefix(_PACKAGE).split("/")
    if parts[0] == "modules":
        return f"{_PACKAGE}modules/{parts[1]}"
    return _CONSOLE if parts[0] == "entrypoints" else f"{_PACKAGE}platform"


def by_home(root: Path) -> dict[str, list[Text]]:
    """Return the texts of every catalogue, merged by (context, id) and sorted."""
    found: dict[str, dict[tuple[str, str], Text]] = {}
    for file in sorted((root / _PACKAGE).rglob("*")):
        path = file.relative_to(root).as_posix()
        if file.is_file() and "/migrations/" not in path:
            _collect(found.setdefault(home_of(path), {}), in_file(file, path))
    if (root / _CONSOLE).is_dir():
        _collect(found.setdefault(_CONSOLE, {}), of_theme())
    return {home: [shelf[key] for key in sorted(shelf)] for home, shelf in sorted(found.items()) if shelf}


def _collect(shelf: dict[tuple[str, str], Text], texts: Iterable[Text]) -> None:
    for text in texts:
        key = (text.id, text.context or "")
        known = shelf.get(key)
        if known is None:
            shelf[key] = text
        else:
            references = known.references + text.references
            shelf[key] = replace(known, references=references, plural=known.plural or text.plural)


def in_file(file: Path, path: str) -> Iterator[Text]:
    """Yield the texts of one file, which is called `path` in references."""
    if file.suffix == ".py":
        yield from in_python(file.read_text("utf-8"), path)
    elif file.suffix in {".html", ".txt"} and "/templates/" in path:
        yield from in_template(file.read_text("utf-8"), path)
    elif file.suffix == ".sql":
        yield from in_sql(file.read_text("utf-8"), path)


def in_sql(source: str, path: str) -> Iterator[Text]:
    """Yield what the views of reconciliation promise: their comments, which the console shows."""
    for found in _PROMISE.finditer(source):
        line = source.count("\n", 0, found.start()) + 1
        yield Text(found[1].replace("''", "'"), references=(f"{path}:{line}",))


@cache
def of_theme() -> tuple[Text, ...]:
    """Return the texts of the console's theme that Django does not translate."""
    theme, django = (_folder(name) for name in (_THEME, "django"))
    known = {
        (message.context, message.id)
        for app in _DJANGO_CATALOGUES
        for message in i18n.parse_po((django / app / CATALOGUE).read_text("utf-8"))
        if message.translated
    }
    texts = []
    for file in sorted(theme.rglob("*")):
        path = file.relative_to(theme.parent).as_posix()
        if "/contrib/" not in path or path.startswith(_THEME_PARTS):
            texts += [text for text in in_file(file, path) if (text.context, text.id) not in known]
    return tuple(texts)


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent


def in_python(source: str, path: str) -> Iterator[Text]:
    """Yield the literal texts given to gettext's functions and to `N_`."""
    for node in ast.walk(ast.parse(source, path)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            positions = _MARKERS.get(node.func.id)
        else:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            positions = None if name == "_" else _MARKERS.get(name)
        if positions is None:
            continue
        context, singular, plural = (_argument(node, position) for position in positions)
        if singular:
            yield Text(singular, context, plural, (f"{path}:{node.lineno}",))


def _argument(node: ast.Call, position: int | None) -> str | None:
    if position is None or position >= len(node.args):
        return None
    argument = node.args[position]
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def in_template(source: str, path: str) -> Iterator[Text]:
    """Yield the texts of trans and blocktrans tags and of `_("...")` inside other tags."""
    text = _TEMPLATE_COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source)

    def at(found: re.Match[str]) -> tuple[str, ...]:
        return (f"{path}:{1 + text.count(chr(10), 0, found.start())}",)

    for found in _TRANS.finditer(text):
        yield Text(_quoted(found), _context(found["rest"]), None, at(found))
    for found in _BLOCK.finditer(text):
        singular, *plural = _PLURAL.split(found["body"])
        trimmed = re.search(r"\btrimmed\b", found["options"]) is not None
        yield Text(
            _block_text(singular, trimmed=trimmed),
            _context(found["options"]),
            _block_text(plural[0], trimmed=trimmed) if plural else None,
            at(found),
        )
    for tag in re.finditer(r"\{[{%].*?[}%]\}", text, re.DOTALL):
        for marked in _MARKED_IN_TAG.finditer(tag[0]):
            yield Text(_quoted(marked), None, None, at(tag))


def _quoted(found: re.Match[str]) -> str:
    # Django doubles the per cent signs of template literals before it looks them up.
    literal = found["double"] if found["double"] is not None else found["single"]
    return literal.replace("%", "%%")


def _context(options: str) -> str | None:
    found = _CONTEXT.search(options)
    return (found[1] or found[2]) if found else None


def _block_text(body: str, *, trimmed: bool) -> str:
    text = _VARIABLE.sub(r"%(\1)s", body.replace("%", "%%"))
    if trimmed:
        text = " ".join(line.strip() for line in text.strip().splitlines())
    return text
