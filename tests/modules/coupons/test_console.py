"""The console's screens of coupons: every deed asks, says why not, and rings at the api; nobody sees other stores."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from quanyu.kernel.period import Period
from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import TemplateState, UseScope
from quanyu.modules.promotions.contracts import CouponKind, Shares
from tests.harness.console import deed_address, list_address, row_address, signed_in
from tests.harness.coupons import make_coupon, make_template, use
from tests.harness.identity import make_person
from tests.harness.members import make_member
from tests.harness.organization import make_store, random_code

PLACE = "coupons.template"
NOW = datetime.now(UTC)
PERIOD = Period(NOW - timedelta(days=1), NOW + timedelta(days=30))
ASKED = {
    "name": "满 99 减 20",
    "name_en": "20 off from 99",
    "kind": "amount",
    "threshold_fen": "99",
    "amount_fen": "20",
    "claim_from": "2026-01-01T00:00",
    "claim_until": "2036-01-01T00:00",
    "lasts_days": "30",
    "scope": "store",
    "level": "verified",
    "per_person_limit": "2",
    "total_limit": "500",
    "budget_fen": "10000",
    "store_percent": "30",
    "supplier_percent": "0",
    "hours": "09:00-11:30 14:00-24:00",
    "excluded_dates": "2026-10-01",
    "weekdays": ["0", "6"],
    "is_listed": "on",
    "extension_days": "7",
}


@pytest.fixture(scope="module")
def shop():
    """A store with its manager's and head office's browsers."""
    unit = make_store().unit
    manager, boss = make_person("store_manager", unit_id=unit.id), make_person("head_office")
    return unit, signed_in(manager), signed_in(boss), manager


def ask(browser, deed, key=None, **given):
    return browser.post(deed_address(PLACE, key, deed), {"confirm": "", **given})


def made(answer):
    """Return the offer a deed led to."""
    assert answer.status_code == 302, re.findall(r"text-red[^>]*>\s*([^<]+)", answer.content.decode())
    return api.template(template_id=int(answer["Location"].rstrip("/").rpartition("/")[2]))


def test_head_office_sets_an_offer_up_changes_and_publishes_it(shop):
    _unit, _manager, boss, _ = shop
    code = random_code("C")
    offer = made(ask(boss, "create", code=code, **ASKED))
    assert (offer.code, offer.state, offer.name_en) == (code, TemplateState.DRAFT, "20 off from 99")
    wanted = offer.terms
    assert (wanted.kind, wanted.threshold_fen, wanted.amount_fen) == (CouponKind.AMOUNT, 9900, 2000)
    assert (wanted.scope, wanted.level, wanted.lasts_days) == (UseScope.STORE, "verified", 30)
    assert (wanted.per_person_limit, wanted.total_limit, wanted.budget_fen) == (2, 500, 1_000_000)
    assert (wanted.shares, wanted.weekdays) == (Shares(7000, 3000, 0), {0, 6})
    assert (wanted.hours, wanted.extension_days) == (((540, 690), (840, 1440)), 7)
    assert wanted.is_listed
    assert not wanted.transferable
    # What the form shows when it is opened again, sent back as it is, changes nothing.
    shown = boss.get(deed_address(PLACE, offer.id, "change")).context["form"]
    sent = {name: shown[name].value() for name in shown.fields}
    moments = ("claim_from", "claim_until")
    again = {
        name: value
        for name, value in sent.items()
        if value is not None and value is not False and value != "" and name not in moments
    }
    answer = ask(boss, "change", offer.id, **again, **{name: ASKED[name] for name in moments})
    assert answer.status_code == 302, answer.context["form"].errors
    assert api.template(template_id=offer.id).terms == wanted
    assert ask(boss, "publish", offer.id).status_code == 302
    assert api.template(template_id=offer.id).state is TemplateState.LIVE


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("amount_fen", {"amount_fen": ""}),
        ("amount_fen", {"amount_fen": "99"}),
        ("lasts_days", {"lasts_days": ""}),
        ("use_until", {"use_from": "2026-03-01T00:00"}),
        ("claim_until", {"claim_until": "2025-01-01T00:00"}),
        ("hours", {"hours": "9 to 5"}),
        ("hours", {"hours": "12:00-09:00"}),
        ("excluded_dates", {"excluded_dates": "tomorrow"}),
        ("store_percent", {"store_percent": "60", "supplier_percent": "50"}),
        ("sku_ids", {"sku_ids": "no-such-code"}),
        ("gift_sku_id", {"kind": "gift"}),
        ("percent_off_bp", {"kind": "percent", "percent_off_bp": "100"}),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_is_made(shop, field, given):
    _unit, _manager, boss, _ = shop
    code = random_code("C")
    answer = ask(boss, "create", code=code, **(ASKED | given))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert code not in [offer.code for offer in api.templates()]


def test_a_store_proposes_and_head_office_decides_on_what_it_saw(shop):
    unit, manager, boss, _ = shop
    offer = made(ask(manager, "propose", code=random_code("S"), unit_id=str(unit.id), **ASKED))
    assert (offer.state, offer.owner_unit_id, offer.terms.unit_ids) == (TemplateState.WAITING, unit.id, {unit.id})
    assert manager.get(deed_address(PLACE, offer.id, "approve")).status_code == 403
    assert ask(boss, "refuse", offer.id, revision="1", reason="too much").status_code == 302
    assert ask(manager, "change_proposal", offer.id, **ASKED).status_code == 302
    # Head office still looks at revision 1.
    assert ask(boss, "approve", offer.id, revision="1").status_code == 422
    assert ask(boss, "approve", offer.id, revision="2").status_code == 302
    assert api.template(template_id=offer.id).state is TemplateState.LIVE
    assert ask(manager, "stop_own", offer.id, reason="sold out").status_code == 302
    assert api.template(template_id=offer.id).state is TemplateState.STOPPED


def test_a_store_sees_what_holds_there_and_nothing_of_other_stores(shop):
    unit, manager, _boss, _ = shop
    other = make_store().unit
    everywhere = make_template(claim_period=PERIOD, now=NOW)
    here = make_template(claim_period=PERIOD, now=NOW, unit_ids=frozenset({unit.id}))
    elsewhere = make_template(claim_period=PERIOD, now=NOW, unit_ids=frozenset({other.id}))
    for offer, status in ((everywhere, 200), (here, 200), (elsewhere, 404)):
        assert manager.get(row_address(PLACE, offer.id)).status_code == status
    listed = manager.get(list_address(PLACE)).content.decode()
    assert everywhere.code in listed
    assert elsewhere.code not in listed
    mine, foreign = make_coupon(here, now=NOW), make_coupon(here, now=NOW)
    use(mine, now=NOW, store_id=unit.id)
    use(foreign, now=NOW, store_id=other.id)
    assert manager.get(row_address("coupons.coupon", mine.id)).status_code == 200
    assert manager.get(row_address("coupons.coupon", foreign.id)).status_code == 404


def test_head_office_gives_extends_and_takes_down(shop):
    _unit, _manager, boss, _ = shop
    offer = make_template(claim_period=PERIOD, now=NOW, total_limit=1)
    first, second = make_member(), make_member()
    assert ask(boss, "grant", offer.id, numbers="nobody", reason="test").status_code == 422
    answer = boss.post(
        deed_address(PLACE, offer.id, "grant"),
        {"numbers": f"{first.number}\n{second.number}", "reason": "apology"},
        follow=True,
    )
    assert "1 coupons are given. 1 members got none: all coupons have been taken." in answer.content.decode()
    assert api.wallet(member_id=first.id, at=NOW)[0].coupon.template_code == offer.code
    assert ask(boss, "extend", offer.id, total_limit="0").status_code == 422
    assert ask(boss, "extend", offer.id, total_limit="5").status_code == 302
    assert api.template(template_id=offer.id).terms.total_limit == 5
    assert ask(boss, "force_off", offer.id, reason="").status_code == 422
    assert ask(boss, "force_off", offer.id, reason="misprint").status_code == 302
    assert api.template(template_id=offer.id).state is TemplateState.FORCED_OFF


def test_staff_makes_a_code_that_is_shown_once_and_never_kept(shop):
    unit, manager, _boss, _ = shop
    offer = make_template(claim_period=PERIOD, now=NOW, needs_staff_code=True)
    answer = ask(manager, "unlock", offer.id, store_id=str(unit.id), uses="2", minutes="3")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}", answer.content.decode())
    other = make_store().unit
    assert ask(manager, "unlock", offer.id, store_id=str(other.id), uses="1", minutes="3").status_code == 422


def test_the_figures_of_offers_stand_side_by_side_and_a_store_sees_its_own(shop):
    unit, manager, boss, _ = shop
    offer = make_template(claim_period=PERIOD, now=NOW, name=f"统计{random_code('F')}")
    use(make_coupon(offer, now=NOW), now=NOW, store_id=unit.id, sales_fen=12_300)
    use(make_coupon(offer, now=NOW), now=NOW, sales_fen=4_500)
    address = reverse("admin:coupon_figures")
    rows = {page: page.get(address).context["page"].main[0].rows for page in (boss, manager)}
    of_boss = next(row for row in rows[boss] if f"/{offer.id}/" in str(row[0]))
    of_manager = next(row for row in rows[manager] if f"/{offer.id}/" in str(row[0]))
    assert (of_boss[3], of_boss[4], of_boss[6]) == ("2", "2", "¥168.00")
    assert (of_manager[3], of_manager[4], of_manager[6]) == ("0", "1", "¥123.00")
    assert signed_in(make_person("warehouse", unit_id=unit.id)).get(address).status_code == 403


def test_the_page_of_a_coupon_tells_its_history_and_no_code(shop):
    _unit, _manager, boss, _ = shop
    coupon = make_coupon(claim_period=PERIOD, now=NOW)
    code = api.code_of(coupon_id=coupon.id, member_id=coupon.member_id, now=NOW)
    use(coupon, now=NOW)
    page = boss.get(row_address("coupons.coupon", coupon.id)).content.decode()
    assert "Reserved for an order" in page
    assert "Redeemed" in page
    assert code.text not in page
