"""Figures (CPN-10): claimed, used, sales and cost by bearer, per offer, store and member of staff."""

from __future__ import annotations

from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import Figures
from quanyu.modules.promotions.contracts import Shares
from tests.harness.coupons import NOW, actor_of, make_coupon, make_template, reserve, use
from tests.harness.identity import make_person
from tests.harness.members import make_member
from tests.harness.organization import make_store


def unlocked(template, clerk, store_id):
    code = api.unlock_code(template_code=template.code, store_id=store_id, actor=clerk.actor, now=NOW)
    member = make_member()
    return api.claim(
        claim_id=make_member().id,
        template_code=template.code,
        staff_code=code.text,
        actor=actor_of(member.id),
        now=NOW,
    )


def test_a_reserved_coupon_is_no_use_and_one_that_came_back_is_none_any_more():
    template = make_template()
    reserve(make_coupon(template), sales_fen=5000)
    order = use(make_coupon(template), sales_fen=7000)
    assert api.statistics(template_id=template.id).total == Figures(2, 1, 7000, 1000, 1000, 0, 0)
    api.return_used(order_id=order, now=NOW)
    assert api.statistics(template_id=template.id).total == Figures(2, 0, 0, 0, 0, 0, 0)


def test_the_cost_is_split_by_bearer_to_the_fen():
    template = make_template(shares=Shares(3333, 3333, 3334))
    use(make_coupon(template), amount_fen=100, sales_fen=900)
    assert api.statistics(template_id=template.id).total == Figures(
        claimed=1, used=1, sales_fen=900, cost_fen=100, brand_fen=33, store_fen=33, supplier_fen=34
    )


def test_figures_by_store_and_staff():
    here, there = make_store().unit, make_store().unit
    template = make_template(needs_staff_code=True, shares=Shares(0, 10_000, 0))
    ann, bob = make_person("associate", unit_id=here.id), make_person("associate", unit_id=here.id)
    first, second, _third = (
        unlocked(template, ann, here.id),
        unlocked(template, bob, here.id),
        unlocked(template, bob, here.id),
    )
    use(first, store_id=here.id, sales_fen=5000)
    use(second, store_id=there.id, sales_fen=3000, amount_fen=800)
    figures = api.statistics(template_id=template.id)
    assert figures.total == Figures(3, 2, 8000, 1800, 0, 1800, 0)
    assert figures.by_store == {
        here.id: Figures(3, 1, 5000, 1000, 0, 1000, 0),
        there.id: Figures(0, 1, 3000, 800, 0, 800, 0),
    }
    assert figures.by_staff == {
        ann.id: Figures(1, 1, 5000, 1000, 0, 1000, 0),
        bob.id: Figures(2, 1, 3000, 800, 0, 800, 0),
    }


def test_a_store_sees_its_own_figures_only():
    here, there = make_store().unit, make_store().unit
    template = make_template()
    use(make_coupon(template), store_id=here.id, sales_fen=5000)
    use(make_coupon(template), store_id=there.id, sales_fen=3000)
    figures = api.statistics(template_id=template.id, unit_ids={there.id})
    assert figures.by_store == {there.id: Figures(0, 1, 3000, 1000, 1000, 0, 0)}
    assert figures.total == Figures(0, 1, 3000, 1000, 1000, 0, 0)
    assert api.statistics(template_id=template.id, unit_ids=frozenset()).total == Figures()


def test_totals_of_a_list_of_offers():
    used, unused = make_template(), make_template()
    use(make_coupon(used), sales_fen=100)
    assert api.totals(template_ids=[used.id, unused.id]) == {
        used.id: Figures(1, 1, 100, 1000, 1000, 0, 0),
        unused.id: Figures(),
    }
