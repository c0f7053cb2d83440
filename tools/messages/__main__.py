"""Bring the Chinese catalogues up to date: `python -m tools.messages [--check]`.

New texts are added with an empty translation, texts that are gone are removed, what is translated
stays. `--check` writes nothing and fails when a catalogue would change.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from quanyu.platform import i18n
from tools.messages import extract

_HEADER = (
    "Language: zh_Hans\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "Plural-Forms: nplurals=1; plural=0;\n"
)


def merged(texts: list[extract.Text], present: str) -> str:
    """Return the catalogue for `texts`, with the translations that `present` (the old file) has for them."""
    known = {(m.context, m.id): m for m in i18n.parse_po(present)}
    entries = [_entry(i18n.Message(id="", strings=(_HEADER,)))]
    for text in texts:
        old = known.get((text.context, text.id))
        paths = tuple(dict.fromkeys(reference.rpartition(":")[0] for reference in text.references))
        entries.append(
            _entry(
                i18n.Message(
                    id=text.id,
                    strings=old.strings if old else ("",),
                    context=text.context,
                    plural=text.plural,
                    fuzzy=old.fuzzy if old else False,
                    comments=old.comments if old else (),
                    references=paths,
                )
            )
        )
    return "\n".join(entries)


def _entry(message: i18n.Message) -> str:
    lines = [f"# {comment}".rstrip() for comment in message.comments]
    # Without line numbers: a catalogue changes when a text does, not when a file grows above it.
    lines += [f"#: {path}" for path in message.references]
    if message.fuzzy:
        lines.append("#, fuzzy")
    if message.context is not None:
        lines.append(f"msgctxt {_quote(message.context)}")
    lines.append(f"msgid {_quote(message.id)}")
    if message.plural is None:
        lines.append(f"msgstr {_quote(message.strings[0])}")
    else:
        lines.append(f"msgid_plural {_quote(message.plural)}")
        lines.append(f"msgstr[0] {_quote(message.strings[0])}")
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    parts = text.splitlines(keepends=True)
    if len(parts) > 1:
        return "\n".join(['""', *(json.dumps(part, ensure_ascii=False) for part in parts)])
    return json.dumps(text, ensure_ascii=False)


def update(root: Path, *, write: bool = True) -> tuple[list[str], int]:
    """Return the catalogues that changed (or would) and the number of texts without Chinese."""
    changed, missing = [], 0
    for home, texts in extract.by_home(root).items():
        po = root / home / extract.CATALOGUE
        present = po.read_text("utf-8") if po.exists() else ""
        wanted = merged(texts, present)
        missing += sum(not message.translated for message in i18n.parse_po(wanted))
        if wanted != present:
            changed.append(f"{home}/{extract.CATALOGUE}")
            if write:
                po.parent.mkdir(parents=True, exist_ok=True)
                po.write_text(wanted, "utf-8")
    return changed, missing


def main(arguments: list[str] | None = None) -> int:
    """Update or check the catalogues, then compile them; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.messages", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a catalogue is not up to date")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    chosen = parser.parse_args(arguments)
    changed, missing = update(chosen.root, write=not chosen.check)
    for path in changed:
        print(f"{'out of date' if chosen.check else 'updated'}: {path}")
    if missing:
        print(f"{missing} texts have no Chinese yet; fill them in.")
    if not chosen.check:
        i18n.compile_messages(chosen.root / "src" / "quanyu")
    return 1 if missing or (chosen.check and changed) else 0


if __name__ == "__main__":
    sys.exit(main())
