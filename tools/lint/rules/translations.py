"""Chinese is complete: every text that is marked for translation has one, confirmed by a person."""

from __future__ import annotations

from collections.abc import Iterator

from quanyu.platform import i18n
from tools.lint.tree import Finding, Tree
from tools.messages import extract

NAME = "translations"
_SHOWN_MAX = 5  # of one catalogue; a whole new module would drown the other findings
MEND = "Run `python -m tools.messages`, then fill in the Chinese (and take `fuzzy` away) in that .po file."


def check(tree: Tree) -> Iterator[Finding]:
    """Yield texts without a zh_Hans translation, and fuzzy entries."""
    for home, wanted in extract.by_home(tree.root).items():
        findings = list(_of_catalogue(tree, home, wanted))
        yield from findings[:_SHOWN_MAX]
        if len(findings) > _SHOWN_MAX:
            rest = len(findings) - _SHOWN_MAX
            yield Finding(f"{home}/{extract.CATALOGUE}", 1, NAME, f"{rest} more texts of this catalogue lack Chinese")


def _of_catalogue(tree: Tree, home: str, wanted: list[extract.Text]) -> Iterator[Finding]:
    po = tree.root / home / extract.CATALOGUE
    known: dict[tuple[str | None, str], i18n.Message] = {}
    if po.exists():
        try:
            known = {(m.context, m.id): m for m in i18n.parse_po(po.read_text("utf-8"))}
        except ValueError as error:
            yield Finding(f"{home}/{extract.CATALOGUE}", 1, NAME, f"the catalogue cannot be read: {error}")
            return
    for text in wanted:
        message = known.get((text.context, text.id))
        words = " ".join(text.id.split())[:60]
        path, _, line = text.references[0].rpartition(":")
        if not path.startswith("src/"):  # the console's theme
            path, line = f"{home}/{extract.CATALOGUE}", "1"
        if message is None or not all(message.strings):
            yield Finding(path, int(line), NAME, f"'{words}' has no Chinese in {home}/{extract.CATALOGUE}")
        elif message.fuzzy:
            yield Finding(path, int(line), NAME, f"the Chinese of '{words}' is marked fuzzy")
        elif _places(text.id) != _places(message.strings[0]) and message.plural is None:
            yield Finding(path, int(line), NAME, f"the Chinese of '{words}' has other %-places")


def _places(text: str) -> set[str]:
    return set(extract.PLACES.findall(text))
