"""Which files are worth comparing: those that share a rough trait (blocking).

Comparing each of a million files with all others is out of reach; two files of one person nearly always share one
of these traits even when each field has a slip. Traits are texts in clear: only their keyed hashes are stored.
"""

from __future__ import annotations

from quanyu.modules.members.rules import matching_names
from quanyu.modules.members.rules.matching import Profile

# A trait that more files share than this tells nobody apart (a shop's own phone, a birthday of 1 January).
FILES_MAX = 50


def name_trait(profile: Profile) -> str:
    """Return the trait of the whole name's sound: it also counts how common a name is."""
    return f"n|{matching_names.sound(profile.name)}" if profile.name else ""


def traits(profile: Profile) -> frozenset[str]:
    """Return the rough traits of a file."""
    found = {name_trait(profile)} if profile.name else set()
    words = _sounds(profile.name)
    whole = " ".join(words)
    born = profile.birthday
    for phone in profile.phones:
        found |= {f"p|{phone}", *(f"ps|{phone[:7]}|{word}" for word in words), *(f"pe|{phone[-4:]}|{w}" for w in words)}
    for email in profile.emails:
        local = email.partition("@")[0]
        found |= {f"e|{email}", f"el|{local}", *(f"ew|{local[:4]}|{word}" for word in words)}
    if born is not None:
        low, high = sorted((born.month, born.day))
        found |= {f"wb|{born:%Y%m%d}|{word}" for word in words}
        found |= {f"ab|{born:%Y%m%d}|{area}" for area in profile.areas}
        found |= {f"eb|{born:%Y%m%d}|{email[:3]}" for email in profile.emails}
        if whole:
            found |= {f"ny|{whole}|{born.year}", f"nm|{whole}|{low}-{high}"}
    found |= {f"na|{word}|{area}" for area in profile.areas for word in words}
    for address in profile.addresses:
        found |= {f"ad|{address[:16]}", *(f"aw|{address[:8]}|{word}" for word in words)}
    return frozenset(found)


def _sounds(name: str) -> tuple[str, ...]:
    """Return the sounds of surname and given name of a Chinese name, of each word of another."""
    if not name:
        return ()
    if matching_names.is_chinese(name):
        head = matching_names.surname(name)
        given = name[len(head) :]
        return (matching_names.sound(head), *((matching_names.sound(given),) if given else ()))
    return tuple(sorted(matching_names.sound(word) for word in name.split()))
