"""How names become search words: Chinese by one and two characters, everything else by word prefixes.

``牛奶`` is found by its characters, ``nn`` by the initials and ``niunai`` by the full pinyin of any part of the
name that begins at a character; Latin words, codes and barcodes are found by how they begin. The words go into
a GIN index; ``text`` is what a hit is checked against, because index words alone let false hits through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from quanyu.modules.catalog.contracts import SearchWords

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ebef"
# T-shirt, SKU-0815, 3.5: one word where it is typed whole, and findable by its parts.
_RUNS = re.compile(rf"[{_HAN}]+|[a-z0-9]+(?:[-_./'&+][a-z0-9]+)*")
_PARTS = re.compile(r"[a-z0-9]+")
_IS_HAN = re.compile(rf"^[{_HAN}]")
# A word is indexed by its first 1, 2, 3, 4, 6 and 8 characters: enough to be selective, few enough to be small.
_PREFIXES = (8, 6, 4, 3, 2, 1)
# Short numbers mean a size or a price, not the beginning of a barcode.
_CODE_PREFIX_MIN = 4
_WORD_MAX = 24
QUERY_LENGTH_MAX = 60
_ATOMS_MAX = 12


@dataclass(frozen=True, slots=True)
class Indexed:
    """What a SKU is found by: ``tokens`` for the index, ``text`` to check a hit against."""

    tokens: tuple[str, ...]
    text: str


def normalise(text: str) -> str:
    """Return the text in one form: full-width characters narrowed, lower case, single spaces, all printable."""
    narrowed = unicodedata.normalize("NFKC", text).lower()
    return " ".join("".join(sign if sign.isprintable() else " " for sign in narrowed).split())


def index(*, names: Iterable[str], codes: Iterable[str]) -> Indexed:
    """Return the index words and the check text for names (the first is the one shown) and codes."""
    tokens: set[str] = set()
    plain: list[str] = []
    words: list[str] = []
    for name in dict.fromkeys(normalise(name) for name in names if name.strip()):
        plain.append(name)
        for run in _RUNS.findall(name):
            if _IS_HAN.match(run):
                tokens.update(run)
                tokens.update(_pairs(run))
                words.extend(_sounds(run))
            else:
                words.extend(word[:_WORD_MAX] for word in dict.fromkeys((_joined(run), *_PARTS.findall(run))))
    for word in words:
        tokens.update(_prefixes(word))
    printed = [normalise(code) for code in codes]
    tokens.update(f"={code}" for code in printed if code)
    numbers = [number for number in dict.fromkeys(_joined(code) for code in printed) if number]
    for number in numbers:
        tokens.update(prefix for prefix in _prefixes(number) if len(prefix) >= _CODE_PREFIX_MIN)
    text = "\n".join((*plain, " " + " ".join(dict.fromkeys((*words, *numbers)))))
    return Indexed(tuple(sorted(tokens)), text)


def query(text: str) -> SearchWords:
    """Return the search for a typed text; every part of it must be found."""
    exact = normalise(text)[:QUERY_LENGTH_MAX]
    tokens: list[str] = []
    patterns: list[str] = []
    for run in _RUNS.findall(exact)[:_ATOMS_MAX]:
        if _IS_HAN.match(run):
            tokens.extend(_pairs(run) if len(run) > 1 else run)
            patterns.append(f"%{run}%")
        else:
            atom = _joined(run)[:_WORD_MAX]
            tokens.append(atom[: next(length for length in _PREFIXES if length <= len(atom))])
            patterns.append(f"% {atom}%")
    return SearchWords(
        tokens=tuple(dict.fromkeys(tokens)),
        patterns=tuple(dict.fromkeys(patterns)),
        exact=exact,
        possible=bool(tokens) or not exact,
    )


def _pairs(run: str) -> Iterator[str]:
    return (run[place : place + 2] for place in range(len(run) - 1))


def _prefixes(word: str) -> Iterator[str]:
    return (word[:length] for length in _PREFIXES if length <= len(word))


def _joined(run: str) -> str:
    return "".join(_PARTS.findall(run))


@lru_cache(maxsize=8192)
def _sounds(run: str) -> tuple[str, ...]:
    """Return initials and full pinyin from every character on, e.g. ``xlx lx x xinglixiang ...``."""
    # Its dictionary takes 55 MB: only a process that indexes or searches by sound pays for it.
    from pypinyin import Style, lazy_pinyin

    syllables = [sound for sound in lazy_pinyin(run, style=Style.NORMAL, errors="ignore") if sound.isascii()]
    initials = "".join(sound[0] for sound in syllables)
    full = ["".join(syllables[place:])[:_WORD_MAX] for place in range(len(syllables))]
    return (*(initials[place:][:_WORD_MAX] for place in range(len(initials))), *full)
