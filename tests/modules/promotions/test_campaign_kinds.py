"""Every kind of campaign in the database: read as written, refused where it makes no sense, guarded below."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from quanyu.modules.promotions import api as promotions
from quanyu.modules.promotions.contracts import CampaignInvalid, CampaignItem, CampaignKind, Scope, Step
from quanyu.platform import db
from tests.harness import catalog, organization
from tests.harness.promotions import NOW, random_code
from tests.harness.promotions import make_campaign as create


def in_force(store):
    return promotions.campaigns_in_force(unit_id=store.unit.id, path=store.unit.path, channel="mall", at=NOW)


def sku():
    return catalog.make_sku().id


def kinds():
    """One of each kind, with the goods it needs."""
    one, other, gift = sku(), sku(), sku()
    return {
        "gift": {"kind": CampaignKind.GIFT, "steps": [Step(10_000, 0, gift, 1), Step(30_000, 0, gift, 3)]},
        "nth": {"kind": CampaignKind.NTH, "steps": [], "count": 2, "off_bp": 5_000, "same_sku": True, "repeats": True},
        "nth price": {"kind": CampaignKind.NTH, "steps": [], "count": 3, "price_fen": 0},
        "any n": {"kind": CampaignKind.BUNDLE, "steps": [], "count": 3, "price_fen": 9_900},
        "set": {
            "kind": CampaignKind.BUNDLE,
            "steps": [],
            "price_fen": 9_900,
            "items": (CampaignItem(one, 1), CampaignItem(other, 2)),
        },
        "new customer": {
            "kind": CampaignKind.NEW_CUSTOMER,
            "steps": [],
            "items": (CampaignItem(one, 1, 100), CampaignItem(other, 2, 990)),
        },
    }


def test_every_kind_is_read_as_it_was_written():
    store = organization.make_store()
    scope = Scope(unit_ids=frozenset({store.unit.id}), tiers=frozenset({"gold", "silver"}))
    written = {name: create(**({"scope": scope, "stacks": True} | given)) for name, given in kinds().items()}
    assert in_force(store) == list(written.values())
    for name, made in written.items():
        assert made.scope == scope
        assert made.stacks is True
        assert promotions.campaign(campaign_id=made.id) == made, name
    assert [step.gift_quantity for step in written["gift"].steps] == [1, 3]
    assert (written["nth"].count, written["nth"].off_bp, written["nth"].same_sku) == (2, 5_000, True)
    assert (written["nth price"].count, written["nth price"].price_fen) == (3, 0)
    assert (written["any n"].count, written["any n"].items) == (3, ())
    assert [item.quantity for item in written["set"].items] == [1, 2]
    assert [item.price_fen for item in written["new customer"].items] == [100, 990]


def test_campaigns_of_every_kind_in_a_store_are_one_query():
    store = organization.make_store()
    for given in kinds().values():
        create(**({"scope": Scope(unit_ids=frozenset({store.unit.id}))} | given))
    queries = []

    def count(execute, sql, parameters, many, context):
        queries.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(count):
        assert len(in_force(store)) == 6
    assert len(queries) == 1


NTH = {"kind": CampaignKind.NTH, "steps": []}
BUNDLE = {"kind": CampaignKind.BUNDLE, "steps": []}
NEW = {"kind": CampaignKind.NEW_CUSTOMER, "steps": []}
GIFT = {"kind": CampaignKind.GIFT}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (GIFT | {"steps": []}, "steps"),
        (GIFT | {"steps": [Step(1_000, 100)]}, "steps.0.gift_sku_id"),
        (GIFT | {"steps": [Step(1_000, 0, 1, 0)]}, "steps.0.gift_sku_id"),
        (GIFT | {"steps": [Step(0, 0, 1, 1)]}, "steps.0.threshold_fen"),
        (GIFT | {"steps": [Step(1_000, 0, 1, 1), Step(1_000, 0, 2, 1)]}, "steps.1.threshold_fen"),
        ({"steps": [Step(1_000, 100, 1, 1)]}, "steps.0.off_fen"),
        ({"steps": [Step(1_000 * n, n * 100) for n in range(1, 22)]}, "steps"),
        ({"count": 2}, "count"),
        (NTH | {"count": 1, "off_bp": 5_000}, "count"),
        (NTH | {"count": 101, "off_bp": 5_000}, "count"),
        (NTH | {"count": 2}, "off_bp"),
        (NTH | {"count": 2, "off_bp": 5_000, "price_fen": 100}, "off_bp"),
        (NTH | {"count": 2, "off_bp": 10_001}, "off_bp"),
        (NTH | {"count": 2, "price_fen": -1}, "price_fen"),
        (NTH | {"count": 2, "off_bp": 5_000, "steps": [Step(1_000, 100)]}, "steps"),
        (BUNDLE | {"count": 3}, "price_fen"),
        (BUNDLE | {"count": 3, "price_fen": 0}, "price_fen"),
        (BUNDLE | {"price_fen": 100}, "count"),
        (BUNDLE | {"price_fen": 100, "count": 2, "items": (CampaignItem(1), CampaignItem(2))}, "count"),
        (BUNDLE | {"price_fen": 100, "items": (CampaignItem(1),)}, "items"),
        (BUNDLE | {"price_fen": 100, "items": (CampaignItem(1), CampaignItem(1))}, "items.1.sku_id"),
        (BUNDLE | {"price_fen": 100, "items": (CampaignItem(1, 0), CampaignItem(2, 2))}, "items.0.quantity"),
        (
            BUNDLE
            | {"price_fen": 9, "items": (CampaignItem(1), CampaignItem(2)), "scope": Scope(sku_ids=frozenset({1}))},
            "scope.sku_ids",
        ),
        (NEW, "items"),
        (NEW | {"items": (CampaignItem(1, 1, -1),)}, "items.0.price_fen"),
        (NEW | {"items": (CampaignItem(1, 1, 100),), "repeats": True}, "repeats"),
        (NEW | {"items": tuple(CampaignItem(n) for n in range(1, 202))}, "items"),
    ],
)
def test_a_campaign_of_another_kind_that_cannot_work_is_refused(given, field):
    code = random_code()
    with pytest.raises(CampaignInvalid) as refusal:
        create(**({"code": code} | given))
    assert refusal.value.field == field
    assert db.value("SELECT count(*) FROM promotions_campaign WHERE code = %s", [code]) == 0


def test_goods_that_do_not_exist_are_refused():
    code = random_code()
    with pytest.raises(CampaignInvalid) as refusal:
        create(code=code, **(NEW | {"items": (CampaignItem(sku(), 1, 100), CampaignItem(2**60, 1, 100))}))
    assert refusal.value.field == "items.1.sku_id"
    with pytest.raises(CampaignInvalid) as refusal:
        create(code=code, **(GIFT | {"steps": [Step(1_000, 0, 2**60, 1)]}))
    assert refusal.value.field == "steps.0.gift_sku_id"
    assert db.value("SELECT count(*) FROM promotions_campaign WHERE code = %s", [code]) == 0


@pytest.mark.parametrize(
    ("name", "change_"),
    [
        ("nth", "count = 1"),
        ("nth", "price_fen = 1"),
        ("nth", "off_bp = 0"),
        ("nth", "off_bp = 10001"),
        ("nth price", "price_fen = -1"),
        ("gift", "count = 2"),
        ("gift", "kind = 'raffle'"),
        ("any n", "price_fen = 0"),
        ("any n", "price_fen = NULL"),
        ("any n", "count = 1"),
        ("set", "same_sku = true"),
        ("new customer", "repeats = true"),
        ("new customer", "price_fen = 1"),
    ],
)
def test_the_database_refuses_rules_that_a_kind_does_not_have(name, change_):
    campaign = create(**kinds()[name])
    with pytest.raises(IntegrityError, match="promotions_campaign_rule_of_kind"), transaction.atomic():
        db.execute(f"UPDATE promotions_campaign SET {change_} WHERE id = %s", [campaign.id])
    assert promotions.campaign(campaign_id=campaign.id) == campaign


@pytest.mark.parametrize(
    ("change_", "constraint"),
    [
        ("quantity = 0", "promotions_item_makes_sense"),
        ("price_fen = -1", "promotions_item_makes_sense"),
        (
            "sku_id = (SELECT max(sku_id) FROM promotions_campaign_item WHERE campaign_id = %(id)s)",
            "promotions_item_once",
        ),
    ],
)
def test_the_database_refuses_products_of_a_campaign_that_make_no_sense(change_, constraint):
    campaign = create(**kinds()["set"])
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        db.execute(f"UPDATE promotions_campaign_item SET {change_} WHERE campaign_id = %(id)s", {"id": campaign.id})
    with pytest.raises(IntegrityError, match="promotions_step_off_or_gift"), transaction.atomic():
        db.execute(
            "INSERT INTO promotions_campaign_step (campaign_id, threshold_fen, off_fen, gift_quantity) "
            "VALUES (%s, 100, 0, 1)",
            [campaign.id],
        )


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("set", "DELETE FROM promotions_campaign_item WHERE campaign_id = %s"),
        ("gift", "DELETE FROM promotions_campaign_step WHERE campaign_id = %s"),
        ("gift", "UPDATE promotions_campaign SET kind = 'threshold' WHERE id = %s"),
        (
            "nth",
            "INSERT INTO promotions_campaign_item (campaign_id, sku_id, quantity, price_fen) "  # noqa: ISC004
            "SELECT %s, max(id), 1, 1 FROM catalog_sku",
        ),
    ],
)
def test_a_campaign_whose_parts_do_not_fit_its_kind_is_found(name, damage):
    campaign = create(**kinds()[name])
    with transaction.atomic():
        db.execute(damage, [campaign.id])
        found = db.rows("SELECT campaign_id FROM promotions_breach_parts WHERE campaign_id = %s", [campaign.id])
        transaction.set_rollback(True)
    assert found == [{"campaign_id": campaign.id}]
    assert db.rows("SELECT campaign_id FROM promotions_breach_parts") == []
