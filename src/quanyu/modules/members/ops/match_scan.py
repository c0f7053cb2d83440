"""Compare new and changed files with the others, and put likely pairs into the review queue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.problem import N_
from quanyu.modules.members.contracts import MergeCause
from quanyu.modules.members.ops import match_queue, merge_members
from quanyu.modules.members.queries import merges as merge_queries
from quanyu.modules.members.queries import profiles as profile_queries
from quanyu.modules.members.rules import matching, matching_blocks, merging
from quanyu.modules.members.rules.matching import Profile
from quanyu.platform import db, settings_tree

SCORE = settings_tree.define(
    settings_tree.Setting(
        key="members.match_score",
        kind=settings_tree.Kind.INTEGER,
        default=12,
        levels=(settings_tree.Level.BRAND,),
        title=N_("Score (bits) from which two member files are shown as one person, maybe"),
        minimum=4,
        maximum=60,
    )
)
MERGE_AGREEING = settings_tree.define(
    settings_tree.Setting(
        key="members.merge_agreeing",
        kind=settings_tree.Kind.BOOLEAN,
        default=False,
        levels=(settings_tree.Level.BRAND,),
        title=N_("Merge files that agree in name, birthday and phone or e-mail without asking"),
        is_sensitive=True,
    )
)
Pair = tuple[UUID, UUID]


def scan(*, limit: int, now: datetime) -> int:
    """Take up to ``limit`` files that were not compared since they changed; return how many."""
    taken = db.rows(
        "UPDATE members_member SET matched_at = %s WHERE id IN (SELECT id FROM members_member "
        "WHERE matched_at IS NULL AND merged_into_id IS NULL AND is_active AND erased_at IS NULL "
        "ORDER BY id LIMIT %s) RETURNING id",
        [now, limit],
    )
    ids = [row["id"] for row in taken]
    if not ids:
        return 0
    files = profile_queries.profiles(ids)
    write_blocks(files)
    pairs = _candidates(ids)
    files |= profile_queries.profiles({one for pair in pairs for one in pair} - files.keys())
    _judge(pairs, files, now=now)
    return len(ids)


def write_blocks(files: dict[UUID, Profile]) -> None:
    """Write the keyed hashes of the files' rough traits in place of earlier ones."""
    rows = [
        (member_id, profile_queries.block_key(trait))
        for member_id, profile in files.items()
        for trait in matching_blocks.traits(profile)
    ]
    db.execute("DELETE FROM members_block WHERE member_id = ANY(%s)", [list(files)])
    db.execute(
        "INSERT INTO members_block (member_id, key) SELECT * FROM unnest(%s::uuid[], %s::bytea[]) "
        "ON CONFLICT (key, member_id) DO NOTHING",
        [[row[0] for row in rows], [row[1] for row in rows]],
    )


def _candidates(ids: list[UUID]) -> list[Pair]:
    """Return pairs that share a trait which not too many share, and that are not in the queue yet."""
    found = db.rows(
        "WITH mine AS (SELECT member_id, key FROM members_block WHERE member_id = ANY(%(ids)s)), "
        "telling AS (SELECT b.key FROM members_block b WHERE b.key IN (SELECT key FROM mine) "
        "GROUP BY b.key HAVING count(*) BETWEEN 2 AND %(most)s) "
        "SELECT DISTINCT least(m.member_id, b.member_id) AS low, greatest(m.member_id, b.member_id) AS high "
        "FROM mine m JOIN telling USING (key) JOIN members_block b USING (key) "
        "JOIN members_member o ON o.id = b.member_id AND o.merged_into_id IS NULL AND o.is_active "
        "AND o.erased_at IS NULL "
        "WHERE b.member_id <> m.member_id AND NOT EXISTS (SELECT FROM members_match p "
        "WHERE p.low_id = least(m.member_id, b.member_id) AND p.high_id = greatest(m.member_id, b.member_id)) "
        "ORDER BY 1, 2",
        {"ids": ids, "most": matching_blocks.FILES_MAX},
    )
    return [(row["low"], row["high"]) for row in found]


def _judge(pairs: Iterable[Pair], files: dict[UUID, Profile], *, now: datetime) -> None:
    share = profile_queries.name_shares({profile.name for profile in files.values()})
    least = int(settings_tree.get(SCORE.key, ["brand"]))
    merges = bool(settings_tree.get(MERGE_AGREEING.key, ["brand"]))
    for low, high in pairs:
        evidence = matching.compare(files[low], files[high], share=share)
        score = matching.score(evidence)
        if score < least:
            continue
        if merges and matching.agree_in_full(evidence) and _merge(low, high, now=now):
            continue
        match_queue.add(low, high, cause="scan", score=score, evidence=evidence, now=now)


def _merge(low: UUID, high: UUID, *, now: datetime) -> bool:
    """Merge two files that agree in full, unless something that was proved contradicts."""
    one, other = (member.pk for member in merge_members.lock_current(low, high))
    if one == other:
        return True
    standings = merge_queries.standings([one, other])
    refused = merge_queries.is_refused(one, other)
    if merging.contradictions(standings[one], standings[other], is_refused=refused):
        return False
    merge_members.merge(one_id=one, other_id=other, cause=MergeCause.AGREEMENT, reason="", actor=SYSTEM, now=now)
    return True
