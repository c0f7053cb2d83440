"""Facts that members publishes: ids only, never a name or a number in clear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class MemberCreated:
    """A person became a member, by a first order, at the till or in the mall."""

    topic: ClassVar[str] = "members.created.1"

    member_id: UUID
    channel: str
    store_id: int | None

    @property
    def aggregate(self) -> str:
        """Facts of one member keep their order."""
        return f"member:{self.member_id}"


@dataclass(frozen=True, slots=True)
class ConsentChanged:
    """A member gave or withdrew a consent."""

    topic: ClassVar[str] = "members.consent_changed.1"

    member_id: UUID
    purpose: str
    is_given: bool
    policy_version: str

    @property
    def aggregate(self) -> str:
        """Facts of one member keep their order."""
        return f"member:{self.member_id}"


@dataclass(frozen=True, slots=True)
class MembersMerged:
    """Two files turned out to be one person's; what the loser had is the winner's from now on."""

    topic: ClassVar[str] = "members.merged.1"

    merge_id: UUID
    winner_id: UUID
    loser_id: UUID
    cause: str

    @property
    def aggregate(self) -> str:
        """Facts of one member keep their order."""
        return f"member:{self.winner_id}"


@dataclass(frozen=True, slots=True)
class MembersUnmerged:
    """A merge was undone: what it moved went back to the loser."""

    topic: ClassVar[str] = "members.unmerged.1"

    merge_id: UUID
    winner_id: UUID
    loser_id: UUID

    @property
    def aggregate(self) -> str:
        """Facts of one member keep their order."""
        return f"member:{self.winner_id}"


@dataclass(frozen=True, slots=True)
class MemberErased:
    """Who a member was is forgotten for good; the books keep the bare id. Whoever copied anything forgets it too."""

    topic: ClassVar[str] = "members.erased.1"

    member_id: UUID

    @property
    def aggregate(self) -> str:
        """Facts of one member keep their order."""
        return f"member:{self.member_id}"
