"""What staff does: offers from draft to taken down, grants, staff codes, figures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.problem import Forbidden, Invalid
from quanyu.modules.coupons.contracts import (
    CouponEvent,
    Figures,
    Granted,
    Statistics,
    Template,
    TemplateFixed,
    TemplateState,
    Terms,
    UnlockCode,
    WalletEntry,
)
from quanyu.modules.coupons.ops import issue_coupons as _issue
from quanyu.modules.coupons.ops import keep_templates as _keep
from quanyu.modules.coupons.ops import unlock_claims as _unlock
from quanyu.modules.coupons.queries import coupons as _coupons
from quanyu.modules.coupons.queries import statistics as _statistics
from quanyu.modules.coupons.queries import templates as _templates
from quanyu.modules.identity import api as _identity
from quanyu.modules.organization import api as _organization
from quanyu.platform import db, rate

VIEW = "coupons.view"
EDIT = "coupons.edit"
PROPOSE = "coupons.propose"
APPROVE = "coupons.approve"
GRANT = "coupons.grant"
UNLOCK = "coupons.unlock"
UNLOCK_LASTS = (timedelta(seconds=60), timedelta(minutes=10))
UNLOCK_USES_MAX = 50
_UNLOCK_CODES_PER_HOUR = 120
_HOUR_S = 3600


def create_template(
    *,
    code: str,
    name: str,
    name_en: str = "",
    description: str = "",
    owner_unit_id: int | None = None,
    terms: Terms,
    actor: Actor,
    now: datetime,
) -> Template:
    """Set up a draft (CPN-04); the owner is the enterprise unless a unit is named. ``publish`` opens it.

    Raises ``Forbidden`` (``coupons.edit`` at the owner and at every place named, else everywhere),
    ``TemplateInvalid`` with the field, ``TemplateCodeTaken``. Audited.
    """
    owner = owner_unit_id or _organization.enterprise().id
    placed = _placed(actor, EDIT, owner_unit_id=owner, terms=terms)
    return db.in_transaction(
        lambda: _keep.create(
            code=code,
            name=name,
            name_en=name_en,
            description=description,
            owner_unit_id=owner,
            is_proposal=False,
            terms=placed,
            actor=actor,
            now=now,
        )
    )


def propose(
    *,
    unit_id: int,
    code: str,
    name: str,
    name_en: str = "",
    description: str = "",
    terms: Terms,
    actor: Actor,
    now: datetime,
) -> Template:
    """Propose an offer of a store (CPN-08); it waits until head office approves.

    It holds at the store alone unless places within reach are named. Raises ``Forbidden``,
    ``TemplateInvalid``, ``TemplateCodeTaken``. Audited.
    """
    placed = _placed(actor, PROPOSE, owner_unit_id=unit_id, terms=terms)
    return db.in_transaction(
        lambda: _keep.create(
            code=code,
            name=name,
            name_en=name_en,
            description=description,
            owner_unit_id=unit_id,
            is_proposal=True,
            terms=placed,
            actor=actor,
            now=now,
        )
    )


def update_template(
    *,
    template_id: int,
    name: str,
    name_en: str = "",
    description: str = "",
    terms: Terms,
    actor: Actor,
    now: datetime,
) -> Template:
    """Change an offer that is not live yet; a refused proposal waits again. Audited.

    Raises ``TemplateUnknown``, ``Forbidden``, ``TemplateInvalid``, ``TemplateFixed``.
    """
    known = _templates.template(template_id)
    permission = PROPOSE if known.is_proposal else EDIT
    placed = _placed(actor, permission, owner_unit_id=known.owner_unit_id, terms=terms)
    return db.in_transaction(
        lambda: _keep.update(
            template=known,
            name=name,
            name_en=name_en,
            description=description,
            terms=placed,
            actor=actor,
            now=now,
        )
    )


def publish(*, template_id: int, actor: Actor, now: datetime) -> Template:
    """Open a draft. Raises ``TemplateUnknown``, ``Forbidden``, ``TemplateFixed``. Publishes ``TemplateMoved``."""
    known = _within(template_id, actor, EDIT)
    return db.in_transaction(lambda: _keep.publish(template=known, actor=actor, now=now))


def approve(*, template_id: int, revision: int, reason: str = "", actor: Actor, now: datetime) -> Template:
    """Approve a store's proposal as it was looked at (``revision``). Publishes ``TemplateMoved``; audited.

    Raises ``TemplateUnknown``, ``Forbidden``, ``OwnProposal`` (who proposed does not decide), ``OneHand`` of identity
    (nor whom he took on), ``TemplateFixed`` when it was changed or decided on meanwhile.
    """
    known = _within(template_id, actor, APPROVE)
    for who in {known.created_by, known.changed_by} - {actor.signature}:
        _identity.require_other_hand(asked_by=who, permissions=[APPROVE], unit_id=known.owner_unit_id, actor=actor)
    return db.in_transaction(
        lambda: _keep.decide(template=known, revision=revision, approved=True, reason=reason, actor=actor, now=now)
    )


def refuse(*, template_id: int, revision: int, reason: str, actor: Actor, now: datetime) -> Template:
    """Refuse a store's proposal with a reason; it may be changed and waits again then. As ``approve``."""
    known = _within(template_id, actor, APPROVE)
    return db.in_transaction(
        lambda: _keep.decide(template=known, revision=revision, approved=False, reason=reason, actor=actor, now=now)
    )


def stop(*, template_id: int, reason: str, actor: Actor, now: datetime) -> Template:
    """Issue no more coupons; those that members hold stay good. A store may stop its own offer.

    Raises ``TemplateUnknown``, ``Forbidden``, ``TemplateFixed``. Publishes ``TemplateMoved``; audited.
    """
    known = _templates.template(template_id)
    _within(template_id, actor, PROPOSE if known.is_proposal and not actor.reaches(EDIT) else EDIT)
    return db.in_transaction(lambda: _keep.stop(template=known, reason=reason, actor=actor, now=now))


def extend(
    *,
    template_id: int,
    total_limit: int | None = None,
    budget_fen: int | None = None,
    claim_until: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Template:
    """Raise the total limit or the budget, or lengthen the time of claim, of a live offer. Audited.

    Raises ``TemplateUnknown``, ``Forbidden``, ``TemplateInvalid`` (it can only be raised), ``TemplateFixed``.
    """
    known = _within(template_id, actor, EDIT)
    return db.in_transaction(
        lambda: _keep.extend(
            template=known,
            total_limit=total_limit,
            budget_fen=budget_fen,
            claim_until=claim_until,
            actor=actor,
            now=now,
        )
    )


def force_off(*, template_id: int, reason: str, actor: Actor, now: datetime) -> Template:
    """Take an offer down with a reason: nothing more is issued, and what members hold is taken nowhere.

    What an order has reserved is kept. Raises ``TemplateUnknown``, ``Forbidden``, ``TemplateInvalid``,
    ``TemplateFixed``. Publishes ``TemplateMoved``; audited.
    """
    known = _within(template_id, actor, APPROVE)
    return db.in_transaction(lambda: _keep.force_off(template=known, reason=reason, actor=actor, now=now))


def grant(
    *,
    template_code: str,
    member_ids: Sequence[UUID],
    trigger: str,
    cause_id: str,
    actor: Actor = SYSTEM,
    now: datetime,
) -> Granted:
    """Give members one coupon each, once per (trigger, cause, member) however often it is called (CPN-11).

    Limits hold for grants as for claims. Raises ``TemplateUnknown``, ``Forbidden``, ``TemplateFixed``
    when the offer is not live. Publishes ``CouponsIssued``; audited when a person does it.
    """
    known = _templates.by_code(template_code)
    _identity.require(actor=actor, permission=GRANT, unit_id=known.owner_unit_id)
    if known.state is not TemplateState.LIVE:
        raise TemplateFixed(field="template_code")
    return db.in_transaction(
        lambda: _issue.grant(
            template=known, member_ids=member_ids, trigger=trigger, cause_id=cause_id, actor=actor, now=now
        )
    )


def unlock_code(
    *,
    template_code: str,
    store_id: int,
    uses: int = 1,
    lasts: timedelta = timedelta(minutes=3),
    actor: Actor,
    now: datetime,
) -> UnlockCode:
    """Make a staff code that unlocks claims of an offer (CPN-09); they are credited to the actor at the store.

    It lasts 1 to 10 minutes and is good for 1 to 50 claims. Raises ``TemplateUnknown``, ``Forbidden``,
    ``TemplateFixed``, ``Invalid``, ``RateLimited`` (120 codes an hour).
    """
    if actor.kind is not ActorKind.STAFF:
        raise Forbidden(permission=UNLOCK)
    _identity.require(actor=actor, permission=UNLOCK, unit_id=store_id)
    if not UNLOCK_LASTS[0] <= lasts <= UNLOCK_LASTS[1] or not 1 <= uses <= UNLOCK_USES_MAX:
        raise Invalid(field="lasts", reason="1 to 10 minutes, 1 to 50 claims")
    known = _templates.by_code(template_code)
    if known.state is not TemplateState.LIVE or not known.terms.needs_staff_code:
        raise TemplateFixed(field="template_code")
    # Whose staff unlocks an offer is among those it is for: a store gives away its own coupons, not another one's.
    if known.terms.unit_ids and not known.terms.unit_ids & set(_organization.paths(unit_ids=[store_id])[store_id]):
        raise TemplateFixed(field="store_id")
    rate.hit("coupons.unlock_code", actor.id, _UNLOCK_CODES_PER_HOUR, _HOUR_S, now)
    return db.in_transaction(
        lambda: _unlock.make(template=known, staff_id=int(actor.id), store_id=store_id, uses=uses, lasts=lasts, now=now)
    )


def template(*, template_id: int) -> Template:
    """Return one offer. Raises ``TemplateUnknown``."""
    return _templates.template(template_id)


def template_by_code(*, code: str) -> Template:
    """Return the offer with a code. Raises ``TemplateUnknown``."""
    return _templates.by_code(code)


def templates(*, states: Collection[TemplateState] | None = None) -> list[Template]:
    """Return all offers, or those in some states, the newest first. One query."""
    return _templates.all_of(states=None if states is None else [str(state) for state in states])


def coupons_of_template(
    *, template_id: int, before: tuple[datetime, UUID] | None = None, at: datetime, limit: int = 50
) -> list[WalletEntry]:
    """Return the coupons of an offer, the newest first."""
    return _coupons.of_template(template_id=template_id, before=before, at=at, limit=min(limit, 100))


def history(*, coupon_id: UUID) -> list[CouponEvent]:
    """Return what happened to a coupon, the first thing first; empty for none."""
    return _coupons.history(coupon_id=coupon_id)


def statistics(*, template_id: int, unit_ids: Collection[int] | None = None) -> Statistics:
    """Return what came of an offer in all, by store and by staff (CPN-10); ``unit_ids`` keeps these stores.

    Raises ``TemplateUnknown``. Four queries.
    """
    return _statistics.statistics(template_id=template_id, unit_ids=unit_ids)


def totals(*, template_ids: Sequence[int], unit_ids: Collection[int] | None = None) -> dict[int, Figures]:
    """Return what came of offers, for a list of them; ``unit_ids`` keeps what concerns these stores. Two queries."""
    return _statistics.totals(template_ids=template_ids, unit_ids=unit_ids)


def _within(template_id: int, actor: Actor, permission: str) -> Template:
    known = _templates.template(template_id)
    _identity.require(actor=actor, permission=permission, unit_id=known.owner_unit_id)
    return known


def _placed(actor: Actor, permission: str, *, owner_unit_id: int, terms: Terms) -> Terms:
    """Return the terms with their places: an offer that names none holds where its owner is.

    Raises ``Forbidden`` unless the actor may at the owner and at every place named.
    """
    for unit_id in {owner_unit_id, *terms.unit_ids}:
        _identity.require(actor=actor, permission=permission, unit_id=unit_id)
    if terms.unit_ids or owner_unit_id == _organization.enterprise().id:
        return terms
    return replace(terms, unit_ids=frozenset({owner_unit_id}))
