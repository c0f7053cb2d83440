"""What happened to an order, of all modules, in one line of time: newest first, a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints.console.pages.audit_words import action_text
from quanyu.entrypoints.console.pages.machine_words import LISTENERS, TOPICS
from quanyu.modules.aftersales.models import Return
from quanyu.modules.coupons.admin.issued import EVENT_LABELS
from quanyu.modules.coupons.models import Event as CouponEvent
from quanyu.modules.inventory.models import Movement, Reservation
from quanyu.modules.orders.admin.labels import reason_text
from quanyu.modules.orders.contracts import State
from quanyu.modules.orders.models import STATE_LABELS
from quanyu.modules.payments.models import Payment
from quanyu.modules.points.models import Movement as PointsMovement
from quanyu.platform import db
from quanyu.platform.console import access
from quanyu.platform.console.content import Block
from quanyu.platform.console.formats import clauses, in_language, link, listed, moment, name_of, quantity, yuan

KINDS: dict[str, tuple[object, str]] = {
    "state": (_("States"), "flag"),
    "money": (_("Money"), "payments"),
    "stock": (_("Stock"), "inventory_2"),
    "rights": (_("Coupons and points"), "loyalty"),
    "event": (_("Events"), "podcasts"),
    "audit": (_("Who did what"), "policy"),
}
# In which order things happen that happened in one moment, as all of a sale at a till does.
_STEPS = (
    *(State.PLACED, "reserved", "rights", "asked", "money", State.PAID, State.CANCELLED, "stock", State.COMPLETED),
    *("returned", "refunded", "earned", "audit", "event"),
)
_STATE_TONES = {"placed": "warn", "completed": "good", "paid": "good", "cancelled": "bad"}
_RESERVATION_ENDS = {"released": _("Reservation released"), "lapsed": _("Reservation lapsed")}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: when, of which kind, what, and who did it."""

    at: datetime
    kind: str
    title: object
    text: object = ""
    who: str = ""
    tone: str = "plain"
    step: str = ""

    @property
    def icon(self) -> str:
        """Return the picture of its kind."""
        return KINDS[self.kind][1]

    @property
    def shown_at(self) -> str:
        """Return the moment to the second, in the stores' zone."""
        return timezone.localtime(self.at).strftime("%Y-%m-%d %H:%M:%S")


def timeline(order: Any, payments: list[Payment], returns: list[Return]) -> Block:
    """Return the card with all that is known of the order's life."""
    history = list(order.history.order_by("id"))
    found = [
        *_states(history),
        *_money(payments),
        *_returns(returns),
        *_reservations(order),
        *_movements(order, returns),
        *_coupons(order),
        *_points(order, returns),
        *_events(order, {one.at for one in history} | {one.created_at for one in returns}),
        *_audit(order),
    ]
    # Of one moment, what comes later in an order's life, or in the telling, is the newer.
    found = [one for _place, one in sorted(enumerate(found), key=_age, reverse=True)]
    counts: dict[str, int] = defaultdict(int)
    for one in found:
        counts[one.kind] += 1
    filters = [(kind, title, icon, counts[kind]) for kind, (title, icon) in KINDS.items() if counts[kind]]
    zone = timezone.get_current_timezone_name()
    return Block(
        _("What happened to the order"),
        "console/order_timeline.html",
        {"moments": found, "filters": filters, "zone": zone},
    )


def _age(placed: tuple[int, Moment]) -> tuple[datetime, int, int]:
    place, one = placed
    return one.at, _STEPS.index(one.step or one.kind), place


def _states(history: Iterable[Any]) -> Iterator[Moment]:
    for event in history:
        label = _("Placed") if event.to_state == State.PLACED else STATE_LABELS[State(event.to_state)]
        tone = _STATE_TONES.get(event.to_state, "plain")
        yield Moment(
            event.at, "state", label, reason_text(event.reason), access.person(event.actor), tone, event.to_state
        )


def _money(payments: Iterable[Payment]) -> Iterator[Moment]:
    for payment in payments:
        number = link("payments_payment_change", payment.pk, payment.out_trade_no)
        tender, amount = payment.get_tender_display(), yuan(payment.amount_fen)
        named = {"tender": tender, "amount": amount}
        if payment.paid_at is None or payment.paid_at != payment.created_at:
            title = gettext("%(tender)s: asked for %(amount)s") % named
            yield Moment(payment.created_at, "money", title, number, tone="warn", step="asked")
        if payment.paid_at is not None:
            text = _beside(number, [_provider(payment.provider_txn)])
            title = gettext("%(tender)s: %(amount)s paid") % named
            yield Moment(payment.paid_at, "money", title, text, tone="good")
        elif payment.closed_at is not None:
            title = gettext("%(tender)s: %(amount)s not paid, closed") % named
            yield Moment(payment.closed_at, "money", title, number, tone="bad")
        elif payment.state == "asking":
            title = gettext("%(tender)s: the provider is still asked about %(amount)s") % named
            yield Moment(payment.created_at, "money", title, number, tone="warn")
        for refund in sorted(payment.refunds.all(), key=lambda one: one.created_at):
            yield from _refund(refund, tender)


def _refund(refund: Any, tender: str) -> Iterator[Moment]:
    number = link("payments_refund_change", refund.pk, refund.out_refund_no)
    named = {"tender": tender, "amount": yuan(refund.amount_fen)}
    if refund.done_at is None or refund.done_at != refund.created_at:
        title = gettext("%(tender)s: refund of %(amount)s promised") % named
        state = "" if refund.done_at is not None else refund.get_state_display()
        tone = "bad" if refund.state == "failed" else "warn"
        yield Moment(refund.created_at, "money", title, _beside(number, [state]), tone=tone, step="returned")
    if refund.done_at is not None:
        text = _beside(number, [_provider(refund.provider_refund)])
        title = gettext("%(tender)s: %(amount)s refunded") % named
        yield Moment(refund.done_at, "money", title, text, tone="bad", step="refunded")


def _provider(number: str | None) -> str:
    return gettext("provider's number %(number)s") % {"number": number} if number else ""


def _returns(returns: Iterable[Return]) -> Iterator[Moment]:
    for one in returns:
        number = link("aftersales_return_change", one.pk, one.number)
        title = gettext("Goods taken back: %(amount)s goes back") % {"amount": yuan(one.amount_fen)}
        text = _beside(number, [name_of(one.location), reason_text(one.reason), one.note])
        yield Moment(one.created_at, "money", title, text, access.person(one.actor), "bad", "returned")


def _beside(number: object, facts: Iterable[str]) -> object:
    rest = " · ".join(filter(None, facts))
    return format_html("{} · {}", number, rest) if rest else number


def _reservations(order: Any) -> Iterator[Moment]:
    rows = Reservation.objects.filter(cause_kind="order", cause_id=str(order.pk)).order_by("created_at", "id")
    made: dict[tuple[datetime, int], list[Any]] = defaultdict(list)
    ended: dict[tuple[datetime, str, int], list[Any]] = defaultdict(list)
    for row in rows.select_related("sku__product", "location"):
        made[row.created_at, row.location_id].append(row)
        # What was issued is told by its movement.
        if row.closed_at is not None and row.state in _RESERVATION_ENDS:
            ended[row.closed_at, row.state, row.location_id].append(row)
    for (at, _location), lines in made.items():
        until = lines[0].expires_at
        title = gettext("Reserved at %(place)s") % {"place": name_of(lines[0].location)}
        held = gettext("until %(until)s") % {"until": moment(until)} if until and lines[0].state == "open" else ""
        yield Moment(at, "stock", title, clauses(filter(None, [_goods(lines), held])), step="reserved")
    for (at, state, _location), lines in ended.items():
        yield Moment(at, "stock", _RESERVATION_ENDS[state], clauses([name_of(lines[0].location), _goods(lines)]))


def _goods(rows: Iterable[Any]) -> str:
    return listed(f"{in_language(row.sku.name, row.sku.name_en)} {_much(row, row.quantity)}" for row in rows)


def _much(row: Any, base: int) -> str:
    return quantity(base, row.sku.quantity_scale, row.sku.product.unit_name)


def _change(row: Movement) -> str:
    base = row.on_hand_delta or row.damaged_delta
    return f"{'+' if base > 0 else ''}{_much(row, base)}"


def _movements(order: Any, returns: Iterable[Return]) -> Iterator[Moment]:
    rows = Movement.objects.filter(cause_kind__in=["order", "return"], cause_id__in=_causes(order, returns))
    moved: dict[tuple[datetime, str, int], list[Movement]] = defaultdict(list)
    for row in rows.select_related("sku__product", "location").order_by("id"):
        moved[row.at, row.kind, row.location_id].append(row)
    for (at, _kind, _location), lines in moved.items():
        title = f"{lines[0].get_kind_display()} · {name_of(lines[0].location)}"
        text = listed(f"{in_language(row.sku.name, row.sku.name_en)} {_change(row)}" for row in lines)
        step = "returned" if lines[0].cause_kind == "return" else "stock"
        yield Moment(at, "stock", title, text, access.person(lines[0].actor), step=step)


def _causes(order: Any, returns: Iterable[Return]) -> list[str]:
    return [str(order.pk), *(str(one.pk) for one in returns)]


def _coupons(order: Any) -> Iterator[Moment]:
    if not order.coupons:
        return
    ids = [one["id"] for one in order.coupons]
    labels = {one["id"]: one["label"] for one in order.coupons}
    for row in CouponEvent.objects.filter(coupon_id__in=ids, order_id=order.pk).order_by("id"):
        title = gettext("Coupon: %(what)s") % {"what": EVENT_LABELS.get(row.kind, row.kind)}
        yield Moment(row.at, "rights", title, labels.get(str(row.coupon_id), ""), access.person(row.actor))


def _points(order: Any, returns: Iterable[Return]) -> Iterator[Moment]:
    if order.member_id is None:
        return
    causes = _causes(order, returns)
    rows = PointsMovement.objects.filter(member_id=order.member_id, cause_id__in=causes).order_by("id")
    summed: dict[tuple[datetime, str], list[PointsMovement]] = defaultdict(list)
    for row in rows:
        summed[row.at, row.kind].append(row)
    for (at, _kind), lines in summed.items():
        points = sum(row.available_delta + row.pending_delta for row in lines)
        title = gettext("Points: %(what)s %(points)s") % {
            "what": lines[0].get_kind_display(),
            "points": f"{points:+,}",
        }
        step = "rights" if points < 0 and lines[0].cause_id == str(order.pk) else "earned"
        yield Moment(at, "rights", title, lines[0].reason, access.person(lines[0].actor), step=step)


def _events(order: Any, moments: set[datetime]) -> Iterator[Moment]:
    """Return the events of the order and who has dealt with them; found by their moments, which are indexed."""
    rows = db.rows(
        "SELECT event.topic, event.occurred_at, event.published_at, event.parked_at, event.attempts, event.last_error, "
        "(SELECT array_agg(handler ORDER BY handler) FROM platform_inbox WHERE event_id = event.id) AS handlers "
        "FROM platform_outbox AS event WHERE event.occurred_at = ANY(%s) AND event.aggregate = %s ORDER BY event.id",
        [sorted(moments), f"order:{order.pk}"],
    )
    for row in rows:
        if row["parked_at"] is not None:
            title, tone = gettext("Event %(topic)s is parked"), "bad"
        elif row["published_at"] is None:
            title, tone = gettext("Event %(topic)s waits to be delivered"), "warn"
        else:
            title, tone = gettext("Event %(topic)s delivered"), "plain"
        listeners = listed(LISTENERS.get(one, one) for one in row["handlers"] or ())
        heard = gettext("heard by %(handlers)s") % {"handlers": listeners} if listeners else ""
        yield Moment(
            row["published_at"] or row["parked_at"] or row["occurred_at"],
            "event",
            title % {"topic": f"“{TOPICS.get(row['topic'], row['topic'])}”"},
            clauses(filter(None, [heard, row["last_error"]])),
            tone=tone,
        )


def _audit(order: Any) -> Iterator[Moment]:
    rows = db.rows(
        "SELECT at, actor_kind, actor_id, actor_name, action, reason FROM platform_audit "
        "WHERE subject_kind = 'order' AND subject_id = ANY(%s) ORDER BY id",
        [[order.number, str(order.pk)]],
    )
    for row in rows:
        who = access.person(f"{row['actor_kind']}:{row['actor_id']}") or row["actor_name"]
        yield Moment(row["at"], "audit", action_text(row["action"]), reason_text(row["reason"]), who)
