"""The tables of docs/algorithms/coupons.md, run row by row."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.kernel.money import format_yuan, parse_yuan
from quanyu.kernel.period import Period
from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import ClaimRefused, CouponState, Reason, UseScope, Wanted
from quanyu.modules.coupons.rules import codes
from quanyu.modules.promotions.contracts import CouponKind
from quanyu.platform import db
from tests.harness.coupons import NOW, actor_of, make_coupon, make_template, reserve, use
from tests.harness.identity import make_person
from tests.harness.members import make_member
from tests.harness.organization import make_store

PAPER = Path(__file__).parents[3] / "docs" / "algorithms" / "coupons.md"
CHINA = ZoneInfo("Asia/Shanghai")
ALWAYS = Period(datetime(2026, 1, 1, tzinfo=CHINA), datetime(2029, 1, 1, tzinfo=CHINA))


def table(*columns):
    """Return the rows of the table with these columns."""
    lines = [line.strip() for line in PAPER.read_text("utf-8").splitlines()]
    start = lines.index(f"| {' | '.join(columns)} |")
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    assert rows
    return rows


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def test_when_a_coupon_is_valid():
    for claimed, after, lasts, valid_from, valid_until in table(
        "claimed", "starts after days", "lasts days", "valid from", "valid until"
    ):
        coupon = make_coupon(
            now=moment(claimed), claim_period=ALWAYS, starts_after_days=int(after), lasts_days=int(lasts)
        )
        assert (coupon.valid_from, coupon.valid_until) == (moment(valid_from), moment(valid_until)), claimed


def test_when_a_coupon_comes_back():
    for was, days, back, until, usable in table(
        "was valid until", "extension days", "comes back", "valid until", "usable then"
    ):
        claimed = moment(was) - timedelta(days=6, hours=12)
        for door, paid in ((api.release, False), (api.return_used, True)):
            coupon = make_coupon(now=claimed, claim_period=ALWAYS, lasts_days=7, extension_days=int(days))
            assert coupon.valid_until == moment(was)
            order = use(coupon, now=claimed) if paid else reserve(coupon, now=claimed)
            assert door(order_id=order, now=moment(back)) == 1
            held = api.coupon(coupon_id=coupon.id, member_id=coupon.member_id, at=moment(back)).coupon
            assert held.valid_until == moment(until), was
            assert (held.state is CouponState.AVAILABLE) == (usable == "yes"), was


def test_the_limits():
    template = make_template(total_limit=3, per_person_limit=2)
    members = {name: make_member().id for name in "ABC"}
    for step, name, outcome, issued in table("step", "member", "outcome", "issued"):
        try:
            make_coupon(template, member_id=members[name])
            had = "issued"
        except ClaimRefused as refused:
            had = refused.params["reason"]
        assert (had, api.template(template_id=template.id).issued) == (outcome, int(issued)), step


def test_the_budget():
    template = make_template(budget_fen=2500, per_person_limit=None)
    member = make_member().id
    coupons = {name: make_coupon(template, member_id=member) for name in "123"}
    orders = {}
    doors = {"redeem": api.redeem, "return": api.return_used, "release": api.release}
    for step, deed, name, takes, outcome, committed in table(
        "step", "deed", "coupon", "takes off", "outcome", "committed"
    ):
        if deed == "reserve":
            order = uuid7()
            wanted = [Wanted(id=coupons[name].id, amount_fen=parse_yuan(takes))]
            refused = api.reserve(order_id=order, member_id=member, wanted=wanted, now=NOW)
            had = "taken" if refused is None else refused[1].value
            if refused is None:
                orders[name] = order
        else:
            had = str(doors[deed](order_id=orders[name], now=NOW))
        shown = format_yuan(api.template(template_id=template.id).committed_fen)
        assert (had, shown) == (outcome, committed), step


def test_the_states_are_those_and_no_others():
    first, second, friend = make_member(), make_member(), make_member()
    template = make_template(transferable=True, per_person_limit=None)
    coupon = make_coupon(template, member_id=first.id)
    api.release(order_id=reserve(coupon), now=NOW)
    api.return_used(order_id=use(coupon), now=NOW)
    api.offer_gift(coupon_id=coupon.id, actor=actor_of(first.id), now=NOW)
    api.take_back_gift(coupon_id=coupon.id, actor=actor_of(first.id), now=NOW)
    merge = {"merge_id": uuid7(), "loser_id": first.id, "winner_id": second.id, "now": NOW}
    follower = api.merge_follower()
    db.in_transaction(lambda: follower.follow(**merge))
    db.in_transaction(lambda: follower.unfollow(**merge))
    token = api.offer_gift(coupon_id=coupon.id, actor=actor_of(first.id), now=NOW).token
    api.accept_gift(token=token, actor=actor_of(friend.id), now=NOW)
    down = make_template()
    void = make_coupon(down)
    short = make_coupon(lasts_days=1)
    api.force_off(template_id=down.id, reason="misprint", actor=SYSTEM, now=NOW)
    api.expire_due(now=short.valid_until)
    service = make_coupon(kind=CouponKind.SERVICE, scope=UseScope.STORE)
    store, done = make_store(), uuid7()
    clerk = make_person("cashier", unit_id=store.unit.id).actor
    api.hand_out_service(id=done, coupon_id=service.id, store_id=store.unit.id, actor=clerk, now=NOW)
    api.put_back_service(id=done, reason="a mistake", actor=SYSTEM, now=NOW)
    ids = [coupon.id, void.id, short.id, service.id]
    seen = db.rows("SELECT DISTINCT kind, from_state, to_state FROM coupons_event WHERE coupon_id = ANY (%s)", [ids])
    told = {(event, before, after) for event, before, after, _when in table("event", "from", "to", "when")}
    assert {(row["kind"], row["from_state"], row["to_state"]) for row in seen} == told


def test_the_reasons_are_those_and_no_others():
    assert {name for name, _why in table("reason", "why")} == {reason.value for reason in Reason}


def test_the_check_characters():
    for code, character in table("code", "check character"):
        assert codes.check_character(code) == character, code


def test_every_view_of_reconciliation_is_named():
    views = db.rows("SELECT viewname FROM pg_views WHERE viewname ~ '^coupons_breach_' AND schemaname = 'public'")
    named = {name.strip("`") for name, _what in table("view", "must be empty")}
    assert named == {row["viewname"] for row in views}
