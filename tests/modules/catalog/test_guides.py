"""Outfits and tutorials: written whole, by one editor at a time, refused when unsound; in the console (CNT-01)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Forbidden, Invalid
from quanyu.modules.catalog.api import guides
from quanyu.modules.catalog.contracts import EditedMeanwhile, ProductUnknown
from quanyu.modules.catalog.contracts.content import Shot
from quanyu.modules.catalog.contracts.guides import Guide, GuideKind, GuideStep, GuideUnknown
from quanyu.platform import db
from tests.harness.chain import Chain, make_chain
from tests.harness.console import signed_in
from tests.harness.identity import make_actor, make_person
from tests.harness.kiosk import make_guide

NOW = system_clock.now()
PAGE = "/console/catalog/guides/"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


def _write(guide: Guide) -> int:
    return guides.write_guide(guide=guide, actor=SYSTEM, now=NOW)


def _of(chain: Chain, **more: Any) -> Guide:
    products = (chain.milk.product_id, chain.bread.product_id)
    return replace(
        Guide(kind=GuideKind.OUTFIT, unit_id=chain.region.id, title="早餐", product_ids=products, published_from=NOW),
        **more,
    )


def test_cnt01_what_is_written_is_read_and_its_goods_keep_their_order(chain):
    wanted = _of(chain, title_en="Breakfast", text="好", steps=(GuideStep("一", "One"), GuideStep("二")))
    id_ = _write(wanted)
    assert guides.guide(guide_id=id_) == replace(wanted, id=id_, version=1)
    turned = replace(wanted, id=id_, version=1, product_ids=wanted.product_ids[::-1], kind=GuideKind.TUTORIAL)
    assert _write(turned) == id_
    assert guides.guide(guide_id=id_) == replace(turned, version=2)


def test_cnt01_two_editors_do_not_overwrite_each_other(chain):
    id_ = _write(_of(chain))
    _write(_of(chain, id=id_, version=1, title="晚餐"))
    with pytest.raises(EditedMeanwhile):
        _write(_of(chain, id=id_, version=1, title="午餐"))
    assert guides.guide(guide_id=id_).title == "晚餐"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "长" * 61}, "text"),
        ({"text": "长" * 301}, "text"),
        ({"steps": (GuideStep(" "),)}, "steps"),
        ({"steps": (GuideStep("一"),) * 13}, "steps"),
        ({"product_ids": ()}, "product_ids"),
        ({"published_until": NOW}, "published_until"),
        ({"published_from": None, "published_until": NOW}, "published_until"),
        ({"unit_id": 999_999_999}, "unit_id"),
        ({"cover": Shot("x", "../y.webp", "z")}, "cover"),
    ],
)
def test_cnt01_what_is_unsound_is_refused_and_nothing_is_written(chain, wrong, field):
    before = db.value("SELECT count(*) FROM catalog_guide")
    with pytest.raises(Invalid) as refused:
        _write(_of(chain, **wrong))
    assert (refused.value.field, db.value("SELECT count(*) FROM catalog_guide")) == (field, before)


def test_cnt01_unknown_goods_twice_the_same_and_an_unknown_guide_are_refused(chain):
    with pytest.raises(ProductUnknown):
        _write(_of(chain, product_ids=(999_999_999,)))
    with pytest.raises(Invalid):
        _write(_of(chain, product_ids=(chain.milk.product_id,) * 2))
    with pytest.raises(GuideUnknown):
        _write(_of(chain, id=999_999_999, version=1))


def test_cnt01_only_who_may_change_the_catalogue_writes(chain):
    with pytest.raises(Forbidden):
        guides.write_guide(guide=_of(chain), actor=make_actor("cashier", unit_id=chain.store.unit.id), now=NOW)


def test_cnt01_it_is_shown_from_and_until(chain):
    id_ = make_guide(
        chain.store.unit.id, [chain.milk.product_id], published_from=NOW, published_until=NOW + timedelta(hours=1)
    )
    path = chain.store.unit.path

    def shown(seconds: int) -> bool:
        found = guides.shown_guides(path=path, now=NOW + timedelta(seconds=seconds))
        return id_ in {one.id for one in found}

    assert [shown(-1), shown(0), shown(3599), shown(3600)] == [False, True, True, False]


def test_cnt01_in_the_console_one_is_made_found_and_changed(chain):
    browser = signed_in(make_person("head_office"))
    assert browser.get(f"{PAGE}?guide=new").status_code == 200
    state = {
        "kind": "tutorial",
        "unit_id": chain.region.id,
        "title": "控制台教程",
        "product_ids": [chain.milk.product_id],
        "steps": [{"text": "一", "text_en": ""}],
        "published_from": "2026-11-23T08:00:00+08:00",
    }
    saved = browser.post(PAGE, {"state": json.dumps(state)})
    assert (saved.status_code, saved.json()["version"]) == (200, 1)
    id_ = saved.json()["id"]
    assert "控制台教程" in browser.get(PAGE).content.decode()
    page = browser.get(f"{PAGE}?guide={id_}").content.decode()
    assert 'value="2026-11-23T08:00"' in page
    late = browser.post(PAGE, {"state": json.dumps({**state, "id": id_, "version": 0})})
    assert late.status_code == 422
    hits = browser.get(f"{PAGE}?find={chain.milk.code}").json()["hits"]
    assert [hit["id"] for hit in hits] == [chain.milk.product_id]
    assert browser.get(f"{PAGE}?guide=999999999").status_code == 404


def test_cnt01_in_the_console_who_may_only_look_changes_nothing(chain):
    browser = signed_in(make_person("store_manager", unit_id=chain.store.unit.id))
    id_ = make_guide(chain.region.id, [chain.milk.product_id])
    page = browser.get(f"{PAGE}?guide={id_}").content.decode()
    assert "<fieldset disabled>" in page
    state = {"kind": "outfit", "unit_id": chain.region.id, "title": "x"}
    assert browser.post(PAGE, {"state": json.dumps(state)}).status_code == 403
    assert browser.get(f"{PAGE}?guide=new").status_code == 403
