"""Old tills on the console (POS-06): let in, registered, mapped, tried again; a day's receipts from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quanyu.kernel.clock import system_clock
from quanyu.modules.orders import api as orders
from quanyu.modules.partners import api as partners
from quanyu.platform import db
from tests.harness import console, files
from tests.harness.chain import BREAD_FEN, MILK_FEN, Chain, make_chain
from tests.harness.identity import Person, make_person
from tests.harness.partners import OldSystem, entry_id

HEADINGS = (
    "旧系统", "旧收银台", "小票号", "行号", "流水序号", "销售时间",
    "商品编码", "数量", "实收", "小票金额", "付款方式", "会员号",
)  # fmt: skip


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=1000)


@pytest.fixture(scope="module")
def manager(chain: Chain) -> Person:
    return make_person("region_manager", unit_id=chain.region.id)


@pytest.fixture(scope="module")
def system(chain: Chain) -> OldSystem:
    return OldSystem(chain.region.id)


def deed(desk: Any, system: OldSystem, name: str, **values: object) -> int:
    """Do a deed on the partner; return the status."""
    return int(desk.post(console.deed_address("partners.partner", system.id, name), values).status_code)


def test_pos_06_the_office_lets_an_old_system_in_and_sees_its_secret_once(chain: Chain, manager: Person):
    address = console.deed_address("partners.partner", None, "let-in")
    # Letting software in is the office's.
    assert console.signed_in(manager, "zh-hans").get(address).status_code in (403, 404)
    office = make_person("head_office")
    desk = console.signed_in(office, "zh-hans")
    console.prove(desk, office, address)
    answer = desk.post(address, {"name": f"旧收银-{chain.region.code}", "unit_id": chain.region.id})
    page = answer.content.decode()
    made = db.row(
        "SELECT client_id, secret_encrypted FROM partners_partner WHERE name = %s", [f"旧收银-{chain.region.code}"]
    )
    assert (answer.status_code, "qc_" in page, "签名密钥" in page) == (200, True, True)
    assert made is not None
    listed = desk.get(console.list_address("partners.partner")).content.decode()
    assert f"旧收银-{chain.region.code}" in listed
    assert "qc_" not in listed


def test_pos_06_the_console_registers_a_till_maps_an_article_and_tries_again(
    chain: Chain, manager: Person, system: OldSystem
):
    desk = console.signed_in(manager, "zh-hans")
    sale = system.sale("收银-7", [("旧码 & 1", 2, 2 * MILK_FEN)])
    assert system.sell(sale)[0]["state"] == "kept"
    assert deed(desk, system, "till", code="收银-7", store_id=chain.store.unit.id) == 302
    assert deed(desk, system, "till", code="收银-7", store_id=chain.store.unit.id) == 422
    assert deed(desk, system, "try-all") == 302
    page = desk.get(console.row_address("partners.partner", system.id)).content.decode()
    assert all(text in page for text in ("收银-7", chain.store.unit.name, "旧码 &amp; 1", "未识别的商品"))
    assert "%E6%97%A7%E7%A0%81%20%26%201" in page
    assert deed(desk, system, "article", code="旧码 & 1", sku_code="NOTHING") == 422
    assert deed(desk, system, "article", code="旧码 & 1", sku_code=chain.milk.code) == 302
    row = db.row("SELECT state, number FROM partners_entry WHERE id = %s", [entry_id(system, sale)])
    assert row is not None
    assert row["state"] == "booked"
    shown = desk.get(console.row_address("partners.entry", entry_id(system, sale))).content.decode()
    assert all(text in shown for text in (row["number"], chain.milk.name, "旧码 &amp; 1", "¥13.00"))


def test_pos_06_a_waiting_sale_is_tried_again_from_the_list(chain: Chain, manager: Person, system: OldSystem):
    desk = console.signed_in(manager, "en")
    till = system.till(chain.store)
    sale = system.sale(till, [(chain.tea.code, 2000, 2000)])
    assert system.sell(sale)[0]["reason"]["code"] == "inventory.stock_short"
    key = entry_id(system, sale)
    listed = desk.get(f"{console.list_address('partners.entry')}?state__exact=kept").content.decode()
    assert "Not enough stock" in listed
    answer = desk.post(console.deed_address("partners.entry", key, "try_again"), {}, follow=True)
    assert "1 still wait" in answer.content.decode()
    assert db.value("SELECT state FROM partners_entry WHERE id = %s", [key]) == "kept"


def test_pos_06_a_stores_cashier_neither_sees_nor_does_any_of_it(chain: Chain, system: OldSystem):
    desk = console.signed_in(chain.cashier, "en")
    assert desk.get(console.list_address("partners.partner")).status_code == 403
    assert deed(desk, system, "pause") in (403, 404)
    assert db.value("SELECT paused_at FROM partners_partner WHERE client_id = %s", [system.id]) is None


# --- files -----------------------------------------------------------------------------------------------------------


def line(system: OldSystem, till: str, receipt: str, number: int, seq: int, **more: object) -> list[object]:
    """Return a row of the file."""
    name = db.value("SELECT name FROM partners_partner WHERE client_id = %s", [system.id])
    said = {"at": "2026-11-20 14:05", "tender": "现金", "member": "", **more}
    return [
        name, till, receipt, number, seq, said["at"], said["code"], said["quantity"], said["net"], said["total"],
        said["tender"], said["member"],
    ]  # fmt: skip


def imported(path: Path) -> dict[str, int]:
    """Upload, check and apply a file; return how many rows ended how."""
    job = files.applied("old_till_sales", path)
    return {"written": 0, "refused": 0} | dict(job.outcome)


def test_pos_06_a_days_receipts_come_from_a_file_each_once_when_it_is_whole(
    chain: Chain, system: OldSystem, tmp_path: Path
):
    till = system.till(chain.store)
    milk, _ = chain.stocked(chain.store, chain.milk).counters()
    whole = [
        line(system, till, "A1", 1, 1, code=chain.milk.code, quantity="2", net="13.00", total="22.95"),
        line(system, till, "A1", 2, 1, code=chain.apples.code, quantity="0.5", net="9.95", total="22.95"),
    ]
    half = [
        line(system, till, "A2", 1, 2, code=chain.milk.code, quantity="1", net="6.50", total="19.30", tender="微信")
    ]
    bad = [line(system, till, "A3", 1, 3, code="NOBODY", quantity="1", net="1.00", total="1.00")]
    rows = [HEADINGS, *whole, *half, *bad]
    for turn in range(2):
        outcome = imported(files.xlsx(tmp_path / f"{turn}.xlsx", rows))
        assert outcome["written"] == (3 if turn == 0 else 0)
        assert outcome["refused"] == 1
        partners.take_files_due(now=system_clock.now())
    taken = db.rows(
        "SELECT external_id, state, number, amount_fen FROM partners_entry WHERE till_code = %s ORDER BY external_id",
        [till],
    )
    assert [(row["external_id"], row["state"], row["amount_fen"]) for row in taken] == [("A1", "booked", 2295)]
    order = orders.by_number(number=taken[0]["number"])
    assert [(one.sku_id, one.quantity, one.net_fen) for one in order.lines] == [
        (chain.milk.id, 2, 1300),
        (chain.apples.id, 500, 995),
    ]
    # The missing line comes later, by hand.
    rest = [
        line(system, till, "A2", 2, 2, code=chain.bread.code, quantity="1", net="12.80", total="19.30", tender="微信")
    ]
    imported(files.xlsx(tmp_path / "rest.xlsx", [HEADINGS, *rest]))
    partners.take_files_due(now=system_clock.now())
    state = "SELECT state FROM partners_entry WHERE till_code = %s AND external_id = 'A2'"
    assert db.value(state, [till]) == "booked"
    assert chain.stocked(chain.store, chain.milk).counters() == (milk - 3, 0)
    # The till hands the same receipt in by itself as well: another content under the same id is refused.
    sale = system.sale(till, [(chain.bread.code, 1, BREAD_FEN)], external_id="A2", seq=2)
    assert system.sell(sale)[0]["reason"]["code"] == "partners.key_reused"


def test_pos_06_a_receipts_line_is_never_brought_in_with_another_content(
    chain: Chain, system: OldSystem, tmp_path: Path
):
    till = system.till(chain.store)
    first = line(system, till, "B1", 1, 1, code=chain.milk.code, quantity="1", net="6.50", total="6.50")
    other = line(system, till, "B1", 1, 1, code=chain.milk.code, quantity="2", net="6.50", total="6.50")
    assert imported(files.xlsx(tmp_path / "a.xlsx", [HEADINGS, first]))["written"] == 1
    found = imported(files.xlsx(tmp_path / "b.xlsx", [HEADINGS, other]))
    assert (found["written"], found["refused"]) == (0, 1)
    assert db.value("SELECT content->>'quantity' FROM partners_file_line WHERE till_code = %s", [till]) == "1"
