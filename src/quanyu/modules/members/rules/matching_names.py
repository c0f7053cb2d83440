"""How alike two names are: Chinese ones by characters and sound, others word by word with slips and short forms."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from quanyu.modules.members.rules import matching_text

_HAN = re.compile(r"^[\u3400-\u9fff·]{2,}\Z")
_TITLE = re.compile(r"(先生|女士|小姐|太太|老师|阿姨|叔叔|经理|总|哥|姐)$")
_DOUBLE_SURNAMES = frozenset(
    "欧阳 上官 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 长孙 宇文 端木 南宫 独孤 轩辕 申屠 闻人 百里".split()  # noqa: SIM905
)
_CLOSE, _NEAR = 0.92, 0.85


class NameLevel(StrEnum):
    """Steps of likeness, from the same to different; stable codes."""

    SAME = "same"
    SOUND = "same_sound"
    CLOSE = "close"
    PART = "part"
    GIVEN = "given_name_only"
    SURNAME = "surname_only"
    DIFFERENT = "different"


def cleaned(name: str) -> str:
    """Return a name in one form: width, case, accents of Latin letters, spaces and titles of address."""
    text = unicodedata.normalize("NFKD", name).casefold()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = " ".join(re.sub(r"[^\w\u3400-\u9fff·' -]", " ", text).replace("-", " ").split())
    joined = text.replace(" ", "")
    return joined if _HAN.match(joined) else text


def is_chinese(name: str) -> bool:
    """Tell whether a cleaned name is written in Chinese characters."""
    return bool(_HAN.match(name)) or (len(name) == 1 and "\u3400" <= name <= "\u9fff")


def surname(name: str) -> str:
    """Return the surname of a cleaned name: one character or a double surname; the last word of a Latin one."""
    if is_chinese(name):
        return name[:2] if name[:2] in _DOUBLE_SURNAMES and len(name) > 2 else name[:1]
    return name.rsplit(" ", 1)[-1]


def sound(name: str) -> str:
    """Return how a name sounds, roughly: pinyin without tones, or the consonants of each Latin word, sorted."""
    if is_chinese(name):
        return " ".join(_syllable(character) for character in name)
    return " ".join(sorted(_skeleton(word) for word in name.split()))


@lru_cache(maxsize=16384)
def _syllable(character: str) -> str:
    # Its dictionary takes 55 MB: only a process that compares Chinese names pays for it.
    from pypinyin import lazy_pinyin

    return lazy_pinyin(character)[0]


def compare(one: str, other: str) -> NameLevel:
    """Return how alike two cleaned names are; both must be there."""
    if one == other:
        return NameLevel.SAME
    if is_chinese(one) and is_chinese(other):
        return _compare_chinese(one, other)
    if is_chinese(one) != is_chinese(other):
        return _compare_spelt(one, other)
    return _compare_words(one.split(), other.split())


def clearly_differ(one: str, other: str) -> bool:
    """Tell whether both names are known and no slip, short form or title explains the difference."""
    mine, theirs = cleaned(one), cleaned(other)
    if not mine or not theirs:
        return False
    return compare(mine, theirs) in (NameLevel.GIVEN, NameLevel.SURNAME, NameLevel.DIFFERENT)


def _compare_chinese(one: str, other: str) -> NameLevel:
    mine, theirs = _TITLE.sub("", one), _TITLE.sub("", other)
    if mine == theirs:
        return NameLevel.SAME if len(mine) > 1 else NameLevel.PART
    if sound(mine) == sound(theirs) and len(mine) > 1:
        return NameLevel.SOUND
    same_surname = surname(mine) == surname(theirs)
    if min(len(mine), len(theirs)) == 1:
        return NameLevel.PART if same_surname else NameLevel.DIFFERENT
    given, opposite = mine[len(surname(mine)) :], theirs[len(surname(theirs)) :]
    if same_surname and given and opposite and (set(given) < set(opposite) or set(opposite) < set(given)):
        return NameLevel.PART
    return NameLevel.SURNAME if same_surname else NameLevel.DIFFERENT


def _compare_spelt(one: str, other: str) -> NameLevel:
    """Compare a Chinese name with one in Latin letters by its pinyin, in either order of surname and given name."""
    chinese, latin = (one, other) if is_chinese(one) else (other, one)
    syllables = sound(chinese).split()
    spelt = latin.replace(" ", "").replace("'", "")
    head = len(surname(chinese))
    orders = ("".join(syllables), "".join(syllables[head:] + syllables[:head]))
    return NameLevel.SOUND if spelt in orders else NameLevel.DIFFERENT


def _compare_words(mine: list[str], theirs: list[str]) -> NameLevel:
    if sorted(mine) == sorted(theirs):
        return NameLevel.SAME
    shorter, longer = sorted((mine, theirs), key=len)
    best = [max(_alike(word, opposite) for opposite in longer) for word in shorter]
    if min(best) >= _CLOSE and len(shorter) == len(longer):
        return NameLevel.CLOSE
    if min(best) >= _NEAR:
        return NameLevel.CLOSE if len(shorter) == len(longer) else NameLevel.PART
    if max(best) < _CLOSE:
        return NameLevel.DIFFERENT
    # Given name first, surname last: the other order is known to nobody who only sees the words.
    given, opposite = shorter[:-1], longer[:-1]
    same_given = bool(given and opposite) and _alike(given[0], opposite[0]) >= _CLOSE
    return NameLevel.GIVEN if same_given else NameLevel.SURNAME


def _alike(one: str, other: str) -> float:
    """Likeness of two words; an initial or a short form (Rob, Robert) is near."""
    if len(one) >= 3 and len(other) >= 3 and (one.startswith(other) or other.startswith(one)):
        return _CLOSE
    if 1 in (len(one), len(other)) and one[0] == other[0]:
        return _NEAR
    return matching_text.likeness(one, other)


def _skeleton(word: str) -> str:
    head = word[:1]
    rest = re.sub(r"[aeiouyhw']", "", word[1:].translate(str.maketrans("ckzdfm", "kkstvn")))
    return (head + re.sub(r"(.)\1+", r"\1", rest))[:4]
