"""Labels: the bars and QR modules in the PDF say what they must, labels lie in their cells, codes lead to goods."""

from __future__ import annotations

import re

import pytest
import segno
from django.test import Client

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import Forbidden
from quanyu.modules.catalog import api as catalog
from quanyu.modules.catalog.contracts import CodeUnknown
from quanyu.modules.catalog.contracts.overlay_and_labels import Label, LabelKind, LabelsRefused
from quanyu.modules.catalog.models import Code
from quanyu.modules.identity import api as identity
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import make_person

ADDRESS = "https://shop.example/q/AbCdEfGhIjKlMnOp"
MM = 72 / 25.4
# Written anew from the standard, not taken from the product: left odd digits; parity of the left half by first digit.
ODD = ["0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"]
PARITIES = ["OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE", "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO"]
RECT = re.compile(rb"([-\d.]+) ([-\d.]+) ([-\d.]+) ([-\d.]+) re")


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(member_milk_fen=600)


def pdf(*labels: Label, kind: LabelKind, layout: str = "roll-60x40", start: int = 1) -> bytes:
    return catalog.label_sheet(labels=labels, kind=kind, layout=layout, start=start, compress=False)


def rects(content: bytes) -> list[tuple[float, float, float, float]]:
    return [tuple(float(part) for part in found) for found in RECT.findall(content)]  # type: ignore[misc]


def modules_of(content: bytes) -> str:
    """Return the modules that the drawn bars mean: their edges in units of the narrowest."""
    bars = sorted((x, width) for x, _y, width, _height in rects(content))
    first, unit = bars[0][0], (bars[-1][0] + bars[-1][1] - bars[0][0])
    count = 67 if len(bars) == 22 else 95
    unit /= count
    dark = ["0"] * count
    for x, width in bars:
        start, many = round((x - first) / unit), round(width / unit)
        assert abs((x - first) / unit - start) < 0.05
        assert abs(width / unit - many) < 0.05
        dark[start : start + many] = ["1"] * many
    return "".join(dark)


def read_ean(dark: str) -> str:
    """Return the digits of an EAN from its modules, as a scanner reads them."""
    half = 4 if len(dark) == 67 else 6
    assert (dark[:3], dark[-3:], dark[3 + 7 * half : 8 + 7 * half]) == ("101", "101", "01010")
    left = [dark[3 + 7 * place : 10 + 7 * place] for place in range(half)]
    right = [dark[8 + 7 * (half + place) : 15 + 7 * (half + place)] for place in range(half)]
    mirrored = [code.translate(str.maketrans("01", "10")) for code in ODD]
    even = [code[::-1] for code in mirrored]
    parity = "".join("O" if code in ODD else "E" for code in left)
    digits = [str(ODD.index(code) if code in ODD else even.index(code)) for code in left]
    first = "" if half == 4 else str(PARITIES.index(parity))
    return first + "".join(digits) + "".join(str(mirrored.index(code)) for code in right)


@pytest.mark.parametrize("code", ["6901234567892", "4006381333931", "0012345678905", "96385074"])
def test_the_bars_of_the_pdf_read_as_the_code(code: str):
    assert read_ean(modules_of(pdf(Label("牛奶", "S1", code), kind=LabelKind.STICKER))) == code


def test_upc_a_is_drawn_as_the_ean_13_with_a_zero_before_it():
    assert read_ean(modules_of(pdf(Label("Cola", "S1", "036000291452"), kind=LabelKind.STICKER))) == "0036000291452"


def test_a_module_is_as_wide_as_scanners_need_on_the_papers_for_stickers():
    for layout in ("roll-60x40", "roll-40x30", "a4-3x8", "a4-4x10"):
        bars = rects(pdf(Label("牛奶", "S1", "6901234567892"), kind=LabelKind.STICKER, layout=layout))
        left, right = min(x for x, *_ in bars), max(x + width for x, _y, width, _h in bars)
        module_mm = (right - left) / 95 / MM
        assert 0.264 <= module_mm <= 0.331, layout


def test_the_qr_code_of_the_pdf_is_the_one_of_the_address():
    expected = segno.make(ADDRESS, error="m", micro=False).matrix
    size = len(expected)
    drawn = rects(pdf(Label("牛奶", "S1", address=ADDRESS), kind=LabelKind.QR))
    left, top = min(x for x, *_ in drawn), max(y + height for _x, y, _w, height in drawn)
    module = drawn[0][3]
    found = [[0] * size for _ in range(size)]
    for x, y, width, height in drawn:
        line, first = round((top - y - height) / module), round((x - left) / module)
        for place in range(first, first + round(width / module)):
            found[line][place] = 1
    assert found == [list(row) for row in expected]


def test_labels_start_at_the_first_free_cell_and_go_on_to_the_next_sheet():
    label = Label("A", "S1", "6901234567892")
    assert pdf(*[label] * 24, kind=LabelKind.STICKER, layout="a4-3x8").count(b"/Type /Page\n") == 1
    content = pdf(*[label] * 24, kind=LabelKind.STICKER, layout="a4-3x8", start=3)
    assert content.count(b"/Type /Page\n") == 2
    # The third cell of 3 x 8: 140 mm from the left, in the uppermost row.
    x, y = re.search(rb"1 0 0 1 ([\d.]+) ([\d.]+) cm", content[content.index(b"stream") :].split(b"q", 1)[1]).groups()  # type: ignore[union-attr]
    assert (round(float(x) / MM, 1), round(float(y) / MM, 1)) == (140.0, 259.5)


def test_a_shelf_label_says_its_fields():
    content = pdf(
        Label("Cola", "S-77", "6901234567892", price_fen=1290, member_fen=1090, dated="2026-11-23"),
        kind=LabelKind.SHELF,
    )
    # The yen sign is \245 in the encoding of Latin figures.
    assert b"(\\24512.90) Tj" in content
    assert b"(6901234567892) Tj" in content
    assert b"STSong-Light" in content


@pytest.mark.parametrize(
    ("layout", "start", "many", "field"),
    [("a5", 1, 1, "layout"), ("a4-3x8", 25, 1, "start"), ("a4-3x8", 0, 1, "start"), ("a4-3x8", 1, 0, "labels"),
     ("a4-3x8", 1, 5_001, "labels")],
)  # fmt: skip
def test_what_cannot_be_printed_is_refused(layout: str, start: int, many: int, field: str):
    with pytest.raises(LabelsRefused) as refused:
        pdf(*[Label("A", "S1")] * many, kind=LabelKind.STICKER, layout=layout, start=start)
    assert refused.value.field == field


def test_a_code_is_made_once_per_goods_and_store_and_leads_there(chain: Chain):
    now, store = system_clock.now(), chain.store.unit.id
    first = catalog.codes_of(sku_ids=[chain.milk.id, chain.tea.id], unit_id=store, actor=SYSTEM, now=now)
    again = catalog.codes_of(sku_ids=[chain.milk.id], unit_id=store, actor=SYSTEM, now=now)
    nowhere = catalog.codes_of(sku_ids=[chain.milk.id], unit_id=None, actor=SYSTEM, now=now)
    assert catalog.codes_of(sku_ids=[chain.milk.id], unit_id=None, actor=SYSTEM, now=now) == nowhere
    assert again == {chain.milk.id: first[chain.milk.id]}
    assert len({*first.values(), *nowhere.values()}) == 3
    assert all(len(token) == 16 for token in first.values())
    place = catalog.code_place(token=first[chain.tea.id])
    assert (place.sku_id, place.unit_id) == (chain.tea.id, store)


def test_who_may_not_see_the_catalogue_makes_no_codes(chain: Chain):
    before = Code.objects.count()
    nobody = identity.actor_for_staff(staff_id=make_person(None).id)
    with pytest.raises(Forbidden):
        catalog.codes_of(sku_ids=[chain.bread.id], unit_id=None, actor=nobody, now=system_clock.now())
    assert Code.objects.count() == before


def test_a_scanned_code_shows_the_goods_and_the_price_of_its_store_and_a_made_up_one_nothing(chain: Chain):
    now, store = system_clock.now(), chain.store.unit.id
    token = catalog.codes_of(sku_ids=[chain.milk.id], unit_id=store, actor=SYSTEM, now=now)[chain.milk.id]
    shown = Client().get(f"/q/{token}").content.decode()
    assert [text in shown for text in ("纯牛奶", "¥6.50", "¥6.00", chain.store.unit.name)] == [True] * 4
    assert Client().get("/q/AAAAAAAAAAAAAAAA").status_code == 404
    assert Client().post(f"/q/{token}").status_code == 405
    with pytest.raises(CodeUnknown):
        catalog.code_place(token="AAAAAAAAAAAAAAAA")
    catalog.set_listing(unit_id=store, sku_id=chain.milk.id, is_listed=False, actor=SYSTEM, now=now)
    shown = Client().get(f"/q/{token}").content.decode()
    assert "¥6.50" not in shown
    catalog.clear_listings(unit_id=store, sku_ids=[chain.milk.id], actor=SYSTEM, now=now)


def test_the_page_prints_what_is_chosen_at_a_store_within_reach_only(chain: Chain):
    manager = console.signed_in(make_person("store_manager", unit_id=chain.store.unit.id))
    asked = {"unit_id": chain.store.unit.id, "kind": "shelf", "layout": "a4-3x8", "start": "1"}
    form = manager.get("/console/pricing/labels/", {"product": chain.milk.product_id}).content.decode()
    assert f"{chain.milk.code}, 1" in form
    goods = f"{chain.milk.code}, 25\n{chain.tea.barcodes[0]}"
    answer = manager.post("/console/pricing/labels/", {**asked, "goods": goods})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.count(b"/Type /Page\n") == 2
    before, far = Code.objects.count(), chain.other_store.unit.id
    for wrong in ({"goods": "NOBODY"}, {"goods": goods, "start": "99"}, {"goods": "", "since": ""},
                  {"goods": goods, "unit_id": far}, {"goods": f"{chain.milk.code}, 0"}):  # fmt: skip
        assert manager.post("/console/pricing/labels/", {**asked, **wrong}).status_code == 422, wrong
    assert Code.objects.count() == before
    since = {**asked, "goods": "", "since": "2020-01-01T00:00"}
    assert manager.post("/console/pricing/labels/", since).content.startswith(b"%PDF")
