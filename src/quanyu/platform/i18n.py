"""Message catalogues: read ``.po`` files and compile them to ``.mo`` with the standard library.

The ``.po`` files are the source and are committed; ``.mo`` files are made at start-up when they are
missing or older. That way neither GNU gettext nor a build step is needed to see Chinese screens.
No Django in here: settings call :func:`compile_messages` before Django knows its languages.
"""

from __future__ import annotations

import ast
import os
import struct
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_MO_MAGIC = 0x950412DE
_CONTEXT_SEPARATOR = "\x04"


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a catalogue. ``strings`` has one text, or one per plural form; empty = untranslated."""

    id: str
    strings: tuple[str, ...] = ("",)
    context: str | None = None
    plural: str | None = None
    fuzzy: bool = False
    comments: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def translated(self) -> bool:
        """Whether every form has a text that a person confirmed."""
        return not self.fuzzy and all(self.strings)


@dataclass(slots=True)
class _Draft:
    """An entry while its lines are being read."""

    texts: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    fuzzy: bool = False
    current: str = ""

    def message(self) -> Message:
        forms = sorted(key for key in self.texts if key.startswith("msgstr"))
        return Message(
            id=self.texts["msgid"],
            strings=tuple(self.texts[key] for key in forms),
            context=self.texts.get("msgctxt"),
            plural=self.texts.get("msgid_plural"),
            fuzzy=self.fuzzy,
            comments=tuple(self.comments),
            references=tuple(self.references),
        )


def parse_po(text: str) -> list[Message]:
    """Read a catalogue; the header is the message with the empty id. Obsolete entries (``#~``) are dropped.

    Raises ``ValueError`` with the line number where a line is not understood.
    """
    messages: list[Message] = []
    draft = _Draft()
    for number, raw in enumerate([*text.splitlines(), ""], start=1):
        line = raw.strip()
        starts_entry = not line or line.startswith(("#", "msgctxt ", "msgid "))
        if starts_entry and any(key.startswith("msgstr") for key in draft.texts):
            messages.append(draft.message())
            draft = _Draft()
        if line and not line.startswith("#~"):
            _read_line(draft, line, number)
    return messages


def _read_line(draft: _Draft, line: str, number: int) -> None:
    if line.startswith("#:"):
        draft.references.extend(line[2:].split())
    elif line.startswith("#,"):
        draft.fuzzy = draft.fuzzy or "fuzzy" in line
    elif line.startswith("#"):
        if not line.startswith("#|"):
            draft.comments.append(line[1:].strip())
    elif line.startswith('"'):
        draft.texts[draft.current] += _unquote(line, number)
    else:
        keyword, _, rest = line.partition(" ")
        draft.current = keyword
        draft.texts[keyword] = _unquote(rest.strip(), number)


def _unquote(quoted: str, number: int) -> str:
    try:
        text = ast.literal_eval(quoted)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"line {number}: not a quoted text: {quoted}") from error
    if not isinstance(text, str):
        raise ValueError(f"line {number}: not a quoted text: {quoted}")  # noqa: TRY004 - the file is wrong, not a type
    return text


def to_mo(messages: Iterable[Message]) -> bytes:
    """Return the catalogue in gettext's binary form; untranslated and fuzzy entries are left out."""
    table: dict[bytes, bytes] = {}
    for message in messages:
        if message.translated:
            key = message.id if message.plural is None else f"{message.id}\0{message.plural}"
            if message.context is not None:
                key = f"{message.context}{_CONTEXT_SEPARATOR}{key}"
            table[key.encode()] = "\0".join(message.strings).encode()
    count = len(table)
    keys_at = 7 * 4
    texts_at = keys_at + 8 * count
    body_at = texts_at + 8 * count
    key_index, text_index, body = b"", b"", b""
    for entry in sorted(table):
        key_index += struct.pack("<II", len(entry), body_at + len(body))
        body += entry + b"\0"
    for entry in sorted(table):
        text_index += struct.pack("<II", len(table[entry]), body_at + len(body))
        body += table[entry] + b"\0"
    head = struct.pack("<7I", _MO_MAGIC, 0, count, keys_at, texts_at, 0, body_at)
    return head + key_index + text_index + body


def catalogues(package: Path = PACKAGE) -> Iterator[Path]:
    """Yield every ``.po`` file below the package, in a stable order."""
    yield from sorted(package.glob("**/locale/*/LC_MESSAGES/*.po"))


def compile_messages(package: Path = PACKAGE) -> list[Path]:
    """Compile every catalogue whose ``.mo`` is missing or older; return the files written.

    Takes milliseconds when nothing changed, so settings call it at every start. Where the package
    is installed read-only, the catalogues must have been compiled at build time; nothing is written then.
    """
    written = []
    for po in catalogues(package):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        if not os.access(po.parent, os.W_OK):
            continue
        _replace(mo, to_mo(parse_po(po.read_text("utf-8"))))
        written.append(mo)
    return written


def _replace(path: Path, content: bytes) -> None:
    """Write beside and rename: two starting processes must never read half a catalogue."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".mo-")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(draft).chmod(0o644)
    Path(draft).replace(path)
