"""The modules that move their rows along when two members become one, in the order they were registered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.modules.members.contracts import MergeFollower

_followers: dict[str, MergeFollower] = {}


def register(follower: MergeFollower) -> None:
    """Add a follower; one of the same name takes the place of the earlier."""
    _followers[follower.name] = follower


def follow(*, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
    """Let every follower move the loser's rows to the winner, in the order of registration (the lock order)."""
    for follower in _followers.values():
        follower.follow(merge_id=merge_id, loser_id=loser_id, winner_id=winner_id, now=now)


def unfollow(*, merge_id: UUID, loser_id: UUID, winner_id: UUID, now: datetime) -> None:
    """Let every follower give back what it moved for this merge, in the same order of locks."""
    for follower in _followers.values():
        follower.unfollow(merge_id=merge_id, loser_id=loser_id, winner_id=winner_id, now=now)
