"""The door of members: one person, one member. What comes out is masked unless a door says otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from quanyu.kernel.actor import Actor
from quanyu.modules.members.api.associates import (
    associate_by_code,
    associate_of,
    bind_newcomer,
    choose_associate,
    hand_over_member,
    promotion_code,
    promotion_code_of,
)
from quanyu.modules.members.api.counting import joined
from quanyu.modules.members.api.for_orders import addresses_part, opened_address
from quanyu.modules.members.api.importing import (
    cancel_import,
    check_import,
    forget_imports,
    go_on_with_imports,
    import_file,
    import_job,
    import_problems,
    import_template,
    run_import,
    start_import,
)
from quanyu.modules.members.api.member_codes import by_member_code, member_code, register_card_device
from quanyu.modules.members.api.merging import (
    accept_match,
    current_ids,
    follow_late,
    follow_merges,
    matches,
    merge,
    merge_record,
    merges_of,
    refuse_match,
    scan_matches,
    undo_merge,
)
from quanyu.modules.members.api.own_addresses import (
    add_address,
    address_for_order,
    addresses,
    change_address,
    own_address,
    remove_address,
    set_default_address,
)
from quanyu.modules.members.api.self_service import erase_member, export_own_data, hold_data
from quanyu.modules.members.api.wechat import (
    finish_wechat,
    has_wechat,
    start_wechat,
    use_wechat,
    wechat_code_picture,
    wechat_payer,
)
from quanyu.modules.members.contracts import (
    Card,
    CodeRefused,
    CodeSender,
    ConsentState,
    DeliveryAddress,
    Found,
    Key,
    Member,
    MemberClosed,
    MemberSession,
    MemberUnknown,
    PhoneInvalid,
)
from quanyu.modules.members.ops import (
    authorise,
    code_sending,
    consent,
    keep_profile,
)
from quanyu.modules.members.ops import find_or_create as one_id
from quanyu.modules.members.ops import member_codes as codes
from quanyu.modules.members.ops import rewrap as rewrap_op
from quanyu.modules.members.ops import set_tier as set_tier_op
from quanyu.modules.members.ops import sign_in as login
from quanyu.modules.members.ops import wechat as wechat_ops
from quanyu.modules.members.ops.code_sending import LoggedCodes
from quanyu.modules.members.queries import card as card_queries
from quanyu.modules.members.queries import files
from quanyu.modules.members.queries import members as member_queries
from quanyu.modules.members.rules import phones
from quanyu.platform import db, pii, rate

__all__ = [
    "LoggedCodes", "accept_match", "actor_for_token", "add_address", "address_for_order", "addresses",
    "addresses_part", "ask_actors_for_tokens", "associate_by_code", "associate_of", "bind_newcomer", "by_member_code",
    "cancel_import", "card", "change_address", "check_import", "choose_associate", "close_member", "consents",
    "current_ids", "erase_member", "export_own_data", "find", "find_or_create", "finish_wechat", "follow_late",
    "follow_merges", "forget_imports", "give_consent", "go_on_with_imports", "hand_over_member", "has_wechat",
    "hash_of_token", "hold_data", "import_file", "import_job", "import_problems", "import_template", "joined",
    "matches", "member", "member_code", "members", "merge", "merge_record", "merges_of", "opened_address",
    "own_address", "promotion_code", "promotion_code_of", "prune", "refuse_match", "register_card_device",
    "remove_address",
    "reveal_address", "reveal_name", "reveal_phone", "rewrap", "run_import", "scan_matches", "send_login_code",
    "set_default_address", "set_tier", "sign_in", "sign_out", "start_import", "start_wechat", "undo_merge",
    "update_member", "use_code_sender", "use_wechat", "wechat_code_picture", "wechat_payer", "withdraw_consent",
]  # fmt: skip

_SEARCHES_PER_HOUR = 600


def find_or_create(
    *,
    keys: Sequence[Key],
    channel: str,
    store_id: int | None = None,
    name: str | None = None,
    language: str = "zh-hans",
    now: datetime,
) -> Member:
    """Return the member the keys lead to, or a new one; exact under any concurrency (MEM-05).

    Proved keys outrank told ones (``rules/certainty.py``). A name fills an empty file and never
    replaces another. Appends ``MemberCreated``. Raises ``KeysConflict``, ``PhoneInvalid``, ``Invalid``.
    """
    member_id = db.in_transaction(
        lambda: one_id.find_or_create(
            keys=keys, channel=channel, store_id=store_id, name=name, language=language, now=now
        )
    )
    return member_queries.members([member_id])[member_id]


def member(*, id: UUID) -> Member:
    """Return one member, masked. Raises ``MemberUnknown``."""
    found = member_queries.members([id]).get(id)
    if found is None:
        raise MemberUnknown(field="member_id")
    return found


def members(*, ids: Iterable[UUID]) -> dict[UUID, Member]:
    """Return the members that exist, by id, masked; one query."""
    return member_queries.members(ids)


def find(*, text: str, actor: Actor, now: datetime) -> list[Found]:
    """Look a person up by phone, member or card number, or the last four digits of the phone.

    Four digits give candidates that need confirmation. Needs ``members.view``; 600 an hour per actor,
    so that nobody walks through all numbers. Raises ``Forbidden`` or ``RateLimited``.
    """
    authorise.demand_view(actor)
    rate.hit("members.find", f"{actor.kind}:{actor.id}", _SEARCHES_PER_HOUR, 3600, now)
    return member_queries.find(text)


def update_member(
    *,
    member_id: UUID,
    name: str | None = None,
    birthday: date | None = None,
    language: str | None = None,
    lunar_birthday: bool | None = None,
    actor: Actor,
    now: datetime,
) -> Member:
    """Write parts of the file; ``None`` leaves a part. The member itself, or staff with ``members.edit``."""
    db.in_transaction(
        lambda: keep_profile.update_member(
            member_id=member_id,
            name=name,
            birthday=birthday,
            language=language,
            lunar_birthday=lunar_birthday,
            actor=actor,
            now=now,
        )
    )
    return member(id=member_id)


def close_member(*, member_id: UUID, actor: Actor, now: datetime) -> None:
    """Close a membership and end its sessions. The member itself, or staff with ``members.edit``."""
    db.in_transaction(lambda: keep_profile.close_member(member_id=member_id, actor=actor, now=now))


def set_tier(*, member_id: UUID, tier: str) -> bool:
    """Write the member's tier, which the tiers module decides on; ``False`` when it stands there already.

    Raises ``MemberUnknown``.
    """
    return db.in_transaction(lambda: set_tier_op.set_tier(member_id=member_id, tier=tier))


def use_code_sender(sender: CodeSender) -> None:
    """Register who carries login codes to phones. Called by entrypoints only."""
    code_sending.use(sender)


def send_login_code(*, phone: str, now: datetime, ip: str = "", language: str = "zh-hans") -> str | None:
    """Send a code of six digits, good for five minutes; says nothing of whether a member exists.

    Returns the code in a demo, to be shown to who tries it, and never elsewhere. One a minute, five an hour, ten a
    day per phone; 60 an hour per address of the caller. Raises ``PhoneInvalid``, ``RateLimited`` or ``CodeNotSent``.
    The code leaves after its commit.
    """
    mobile = _mobile(phone)
    login.count_send(phone=mobile, ip=ip, now=now)
    code = db.in_transaction(lambda: login.make_code(phone=mobile, now=now))
    code_sending.send(phone=mobile, code=code, language=language)
    return code if code_sending.is_shown() else None


def sign_in(
    *,
    phone: str,
    code: str,
    channel: str,
    store_id: int | None = None,
    ip: str = "",
    language: str = "zh-hans",
    now: datetime,
) -> MemberSession:
    """Sign in with the code; who was no member becomes one. The session lasts 30 days.

    Raises ``CodeRefused`` (one text for wrong, old, used and guessed too often), ``RateLimited`` (15
    tries an hour per phone), ``MemberClosed``, ``PhoneInvalid``.
    """
    mobile = _mobile(phone)
    login.count_try(phone=mobile, ip=ip, now=now)
    made = db.in_transaction(
        lambda: login.sign_in(phone=mobile, code=code, channel=channel, store_id=store_id, language=language, now=now)
    )
    if made is None:
        raise CodeRefused(field="code")
    if made.is_closed:
        raise MemberClosed
    return MemberSession(token=made.token, member=member(id=made.member_id), expires_at=made.expires_at)


def sign_out(*, token: str, now: datetime) -> None:
    """End a session; an unknown token is no error, so that signing out always ends signed out."""
    db.in_transaction(lambda: login.sign_out(token=token, now=now))


def actor_for_token(*, token: str, now: datetime) -> Actor | None:
    """Return the member (kind ``member``, grant ``mall.*`` on own rows) behind a token; one query."""
    return member_queries.actor_for_token(token_hash=login.hash_of(token), now=now)


def hash_of_token(*, token: str) -> bytes:
    """Return how a session's token is kept: ``members_tier_of_token(hash, now)`` asks by it within another read."""
    return login.hash_of(token)


async def ask_actors_for_tokens(*, tokens: Collection[str], now: datetime) -> dict[str, Actor]:
    """Return the members behind many tokens; a token behind which nobody stands is left out. One query of the loop."""
    hashes = {token: login.hash_of(token).hex() for token in tokens}
    found = await member_queries.ask_actors(list(hashes.values()), now=now)
    return {token: found[hashed] for token, hashed in hashes.items() if hashed in found}


def prune(*, now: datetime) -> int:
    """Remove login codes a day, and sessions a month, after their end; return how many."""
    return db.in_transaction(lambda: login.prune(now=now) + codes.prune(now=now) + wechat_ops.prune(now=now))


def rewrap(*, limit: int) -> int:
    """Encrypt values under an older key again, ``limit`` of each column; return how many, 0 when done."""
    return db.in_transaction(lambda: rewrap_op.rewrap(limit=limit))


def card(*, member_id: UUID) -> Card:
    """Return the virtual card: number, QR payload and QR code as SVG. Raises ``MemberUnknown``."""
    return card_queries.card(member_id)


def consents(*, member_id: UUID) -> dict[str, ConsentState]:
    """Return what holds per purpose; a purpose never asked about is absent, which means no."""
    return files.consents(member_id)


def give_consent(
    *, member_id: UUID, purpose: str, policy_version: str, channel: str, actor: Actor, now: datetime
) -> None:
    """Write a consent to the ledger. Appends ``ConsentChanged`` when it says something new."""
    db.in_transaction(
        lambda: consent.record_consent(
            member_id=member_id,
            purpose=purpose,
            is_given=True,
            policy_version=policy_version,
            channel=channel,
            actor=actor,
            now=now,
        )
    )


def withdraw_consent(*, member_id: UUID, purpose: str, channel: str, actor: Actor, now: datetime) -> None:
    """Write a withdrawal to the ledger. Appends ``ConsentChanged`` when a consent held."""
    db.in_transaction(
        lambda: consent.record_consent(
            member_id=member_id,
            purpose=purpose,
            is_given=False,
            policy_version="",
            channel=channel,
            actor=actor,
            now=now,
        )
    )


def reveal_name(*, member_id: UUID, purpose: str, actor: Actor, now: datetime) -> str:
    """Return the name in clear, with an audit row and within the day's budget; empty when none.

    Needs ``pii.reveal``. Raises ``Forbidden``, ``Invalid`` (no purpose), ``RevealBudgetSpent``.
    """
    return _reveal(files.sealed_name(member_id), "name", member_id, purpose=purpose, actor=actor, now=now)


def reveal_phone(*, member_id: UUID, purpose: str, actor: Actor, now: datetime) -> str:
    """Return the phone in clear, as :func:`reveal_name`."""
    return _reveal(files.sealed_phone(member_id), "phone", member_id, purpose=purpose, actor=actor, now=now)


def reveal_address(*, member_id: UUID, address_id: UUID, purpose: str, actor: Actor, now: datetime) -> DeliveryAddress:
    """Return an address in clear, as :func:`reveal_name`. Raises ``AddressUnknown`` too."""
    sealed = files.sealed_address(member_id=member_id, address_id=address_id)
    _reveal(sealed, f"address:{address_id}", member_id, purpose=purpose, actor=actor, now=now)
    return files.address_for_order(member_id=member_id, address_id=address_id)


def _reveal(
    sealed: files.Sealed | None, field: str, member_id: UUID, *, purpose: str, actor: Actor, now: datetime
) -> str:
    if sealed is None:
        return ""
    return pii.reveal(actor, purpose, "member", member_id, field, sealed.blob, sealed.place, now=now)


def _mobile(phone: str) -> str:
    mobile = phones.normalised(phone)
    if mobile is None:
        raise PhoneInvalid(field="phone")
    return mobile
