"""Files as matching compares them: decrypted in memory, for a job, and never handed out or written down."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

import msgspec

from quanyu.modules.members.contracts import KeyKind
from quanyu.modules.members.rules import matching, matching_blocks, matching_names, places
from quanyu.modules.members.rules.matching import Profile
from quanyu.platform import db, pii

BLOCK_KEY_BYTES = 16


def profiles(ids: Iterable[UUID]) -> dict[UUID, Profile]:
    """Return the files of members in clear; three queries."""
    wanted = list(ids)
    reached: dict[UUID, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in db.rows(
        "SELECT member_id, id, kind, value_encrypted, true AS is_key FROM members_identity "
        "WHERE member_id = ANY(%s) AND kind IN ('phone', 'email') UNION ALL "
        "SELECT member_id, id, kind, value_encrypted, false FROM members_contact "
        "WHERE member_id = ANY(%s)",
        [wanted, wanted],
    ):
        place = places.of_key(row["id"]) if row["is_key"] else places.of_contact(row["id"])
        reached[row["member_id"]][row["kind"]].add(pii.decrypt(bytes(row["value_encrypted"]), place))
    for row in db.rows(
        "SELECT member_id, id, area_id, detail_encrypted FROM members_address "
        "WHERE member_id = ANY(%s) AND removed_at IS NULL",
        [wanted],
    ):
        detail = msgspec.json.decode(pii.open_sealed(bytes(row["detail_encrypted"]), places.of_address(row["id"])))
        reached[row["member_id"]]["address"].add(detail["text"])
        reached[row["member_id"]]["area"].add(row["area_id"])
    found = db.rows("SELECT id, name_encrypted, birthday FROM members_member WHERE id = ANY(%s)", [wanted])
    return {
        row["id"]: Profile(
            name=matching_names.cleaned(pii.decrypt(bytes(row["name_encrypted"]), places.of_name(row["id"])))
            if row["name_encrypted"]
            else "",
            birthday=row["birthday"],
            phones=frozenset(reached[row["id"]][KeyKind.PHONE]),
            emails=frozenset(text.lower() for text in reached[row["id"]][KeyKind.EMAIL]),
            addresses=frozenset(matching.cleaned_address(text) for text in reached[row["id"]]["address"]),
            areas=frozenset(reached[row["id"]]["area"]),
        )
        for row in found
    }


def block_key(trait: str) -> bytes:
    """Return the keyed hash of a rough trait. A file has a dozen of them, so the hash is a fast one."""
    return hashlib.blake2b(trait.encode(), key=_hash_key(), digest_size=BLOCK_KEY_BYTES).digest()


@lru_cache(maxsize=1)
def _hash_key() -> bytes:
    """The key of the hashes of traits, derived from the key of blind indexes."""
    return pii.blind_index("", "member.block")


def name_shares(names: Iterable[str]) -> matching.Share:
    """Return how common each of these cleaned names is among the members, by its sound; two queries."""
    keys = {name: block_key(matching_blocks.name_trait(Profile(name=name))) for name in names if name}
    counted = {
        bytes(row["key"]): row["count"]
        for row in db.rows(
            "SELECT key, count(*) AS count FROM members_block WHERE key = ANY(%s) GROUP BY key",
            [list(set(keys.values()))],
        )
    }
    total = int(db.value("SELECT count(*) FROM members_member WHERE merged_into_id IS NULL"))

    def share(name: str) -> float:
        # A small base says little about how common a name is: a thousand strangers are added to it.
        return float((counted.get(keys[name], 0) + 1) / (total + 1000))

    return share
