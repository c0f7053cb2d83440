"""Lists as Excel files: what the screen shows, as who asks for it sees it, with purpose and trail."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib import admin
from django.db import OperationalError
from django.test import Client
from python_calamine import CalamineWorkbook

from quanyu.entrypoints.console import jobs
from quanyu.kernel.actor import SYSTEM, Scope
from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.catalog.models import Barcode
from quanyu.modules.identity import api as identity
from quanyu.platform import db
from quanyu.platform.console import exports
from quanyu.platform.models import AuditEvent, ListExport
from tests.harness import console
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_person

PAGE = "/console/exports/"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain()


@pytest.fixture(scope="module")
def lives(chain: Chain) -> list[console.Life]:
    return [console.live_a_little(chain, store) for store in (chain.store, chain.other_store)]


@pytest.fixture
def manager(chain: Chain, lives: list[console.Life]) -> Person:
    return make_person("store_manager", unit_id=chain.store.unit.id, with_pin=False)


@pytest.fixture(scope="module")
def owner() -> Client:
    return console.signed_in(make_person("head_office", with_pin=False))


def ask(browser: Client, place: str, *, filters: str = "", purpose: str = "month end", is_made: bool = False) -> UUID:
    """Ask for a list as its screen's form does (``is_made``: have it made); return the id of the export."""
    known = set(ListExport.objects.values_list("id", flat=True))
    answer = browser.post(console.deed_address(place, None, "export"), {"purpose": purpose, "filters": filters})
    assert (answer.status_code, answer.headers.get("Location")) == (302, PAGE)
    (made,) = set(ListExport.objects.values_list("id", flat=True)) - known
    if is_made:
        jobs.export_list(str(made))
    return made


def fetched(browser: Client, export_id: UUID) -> list[list[object]]:
    """Return the rows of the file's first sheet, the line of titles included."""
    answer = browser.get(f"{PAGE}?file={export_id}")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    return book.get_sheet_by_index(0).to_python()


def test_an_export_holds_the_rows_within_reach_and_no_others(chain, lives, manager):
    browser = console.signed_in(manager)
    export_id = ask(browser, "orders.order")

    assert jobs.export_list(str(export_id)) == "done"
    titles, *rows = fetched(browser, export_id)

    own = {lives[0].unpaid.number, lives[0].paid.number, lives[0].sold.number}
    assert {row[titles.index("Order number")] for row in rows} == own
    assert ListExport.objects.get(id=export_id).rows_done == 3


def test_amounts_are_numbers_and_codes_stay_text(chain, lives, manager):
    browser = console.signed_in(manager)
    orders = ask(browser, "orders.order")
    jobs.export_list(str(orders))
    titles, *rows = fetched(browser, orders)
    by_number = {row[titles.index("Order number")]: row for row in rows}
    amount = by_number[lives[0].sold.number][titles.index("Payable")]
    assert (type(amount), round(amount * 100)) == (float, lives[0].sold.payable_fen)

    goods = ask(browser, "catalog.sku", filters=f"q={chain.milk.code}")
    jobs.export_list(str(goods))
    cells = [cell for row in fetched(browser, goods) for cell in row]
    codes = set(Barcode.objects.filter(sku_id=chain.milk.id).values_list("code", flat=True))
    assert chain.milk.code in cells
    assert not codes & {str(cell) for cell in cells if isinstance(cell, float)}


def test_the_filters_of_the_screen_are_those_of_the_file(lives, manager):
    browser = console.signed_in(manager)
    list_page = browser.get(console.list_address("orders.order") + "?state__exact=paid").content.decode()
    assert "filters=state__exact%3Dpaid" in list_page

    export_id = ask(browser, "orders.order", filters="state__exact=paid")
    jobs.export_list(str(export_id))
    titles, *rows = fetched(browser, export_id)
    assert [row[titles.index("Order number")] for row in rows] == [lives[0].paid.number]


def test_sec01_an_export_of_members_is_masked_like_the_screen(chain, lives, manager):
    browser = console.signed_in(manager)
    export_id = ask(browser, "members.member")
    jobs.export_list(str(export_id))
    text = str(fetched(browser, export_id))

    phone = f"199{chain.store.unit.id % 10**8:08d}"
    assert lives[0].member.number in text
    assert phone not in text
    assert "王小雨" not in text


def test_an_export_needs_a_purpose_and_leaves_a_trail(manager):
    browser = console.signed_in(manager)
    before = ListExport.objects.count()
    refused = browser.post(console.deed_address("orders.order", None, "export"), {"purpose": ""})
    assert refused.status_code == 422
    assert ListExport.objects.count() == before

    export_id = ask(browser, "orders.order", purpose="for the auditor")
    jobs.export_list(str(export_id))
    fetched(browser, export_id)
    trail = AuditEvent.objects.filter(actor_kind="staff", actor_id=str(manager.id), subject_id="orders.order")
    assert [(event.action, event.reason) for event in trail.order_by("id")] == [
        ("console.export", "for the auditor"),
        ("console.export_fetched", "for the auditor"),
    ]


def test_a_file_belongs_to_who_asked_for_it(chain, manager):
    browser = console.signed_in(manager)
    export_id = ask(browser, "orders.order")
    jobs.export_list(str(export_id))
    colleague = make_person("head_office", with_pin=False)

    assert console.signed_in(colleague).get(f"{PAGE}?file={export_id}").status_code == 404
    assert console.signed_in(colleague).get(f"{PAGE}?file={uuid7()}").status_code == 404
    assert browser.get(f"{PAGE}?file=nonsense").status_code == 404


def test_rights_are_looked_at_when_the_file_is_made(chain, lives, manager):
    browser = console.signed_in(manager)
    export_id = ask(browser, "orders.order")
    db.execute("UPDATE identity_staff SET is_active = false WHERE id = %s", [manager.id])

    assert jobs.export_list(str(export_id)) == "cancelled"
    assert ListExport.objects.get(id=export_id).state == "cancelled"


def test_a_cancelled_export_stops_and_leaves_no_file(manager):
    browser = console.signed_in(manager)
    export_id = ask(browser, "orders.order")
    assert browser.post(PAGE, {"cancel": str(export_id)}).status_code == 302

    assert jobs.export_list(str(export_id)) == "cancelled"
    assert browser.get(f"{PAGE}?file={export_id}").status_code == 404


def test_an_export_stops_at_its_next_batch_when_it_is_cancelled_under_way(tmp_path, manager):
    listed = console.lists()["orders.order"]
    rows = listed.model.objects.order_by("pk")[:3]
    assert exports.write(tmp_path / "half.xlsx", listed, rows, go_on=lambda done: False) is False


def test_a_fourth_export_at_once_is_refused(manager):
    browser = console.signed_in(manager)
    for _ in range(exports.LIVE_MAX):
        ask(browser, "orders.order")
    before = ListExport.objects.count()
    refused = browser.post(console.deed_address("orders.order", None, "export"), {"purpose": "one more"})

    assert refused.status_code == 422
    assert ListExport.objects.count() == before


def test_more_rows_than_a_sheet_holds_go_on_another_sheet(tmp_path, monkeypatch, lives):
    monkeypatch.setattr(exports, "SHEET_ROWS", 2)
    listed = console.lists()["orders.order"]
    rows = listed.model.objects.filter(pk__in=[lives[0].unpaid.id, lives[0].paid.id, lives[0].sold.id])
    assert exports.write(tmp_path / "three.xlsx", listed, rows, go_on=lambda done: True)

    book = CalamineWorkbook.from_path(str(tmp_path / "three.xlsx"))
    assert [len(book.get_sheet_by_index(n).to_python()) for n in range(len(book.sheet_names))] == [3, 2]


def test_a_text_that_looks_like_a_formula_stays_text(tmp_path):
    class Formula:
        name = "=1+1"

    class Rows(list):
        def iterator(self, chunk_size: int) -> object:
            return iter(self)

    listed = console.lists()["catalog.brand"]
    shown = type("Shown", (), {"list_display": ("name",), "model": listed.model})()
    Formula._meta = listed.model._meta
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exports, "_text", lambda row, name, listed: row.name)
        exports.write(tmp_path / "f.xlsx", shown, Rows([Formula()]), go_on=lambda done: True)
    assert CalamineWorkbook.from_path(str(tmp_path / "f.xlsx")).get_sheet_by_index(0).to_python()[1] == ["=1+1"]


def test_files_are_cleared_away_after_a_day(manager):
    browser = console.signed_in(manager)
    export_id = ask(browser, "orders.order")
    jobs.export_list(str(export_id))
    path, _ = exports.file_of(export_id=export_id, staff_id=manager.id, now=system_clock.now())
    ListExport.objects.filter(id=export_id).update(created_at=system_clock.now() - exports.KEPT - timedelta(minutes=1))

    assert browser.get(f"{PAGE}?file={export_id}").status_code == 404
    assert exports.prune(system_clock.now()) >= 1
    assert not path.exists()


@pytest.mark.parametrize("place", sorted(f"{m._meta.app_label}.{m._meta.model_name}" for m in admin.site._registry))
def test_every_list_can_be_exported(lives, owner, place):
    export_id = ask(owner, place)
    assert jobs.export_list(str(export_id)) == "done"


def test_an_export_whose_worker_died_begins_again_and_is_given_up_in_the_end(chain, lives, manager):
    browser = console.signed_in(manager)
    export_id = ask(browser, "orders.order")
    now = system_clock.now()
    silent = now - exports.SILENT - timedelta(seconds=1)
    ListExport.objects.filter(id=export_id).update(state="running", rows_done=2, beat_at=now, tries=1)

    # A worker that still lives is left alone, also by a second copy of its job.
    assert export_id not in exports.abandoned(now)
    assert jobs.export_list(str(export_id)) == "running"
    ListExport.objects.filter(id=export_id).update(beat_at=silent)
    assert export_id in exports.abandoned(now)
    assert jobs.export_list(str(export_id)) == "done"
    assert len(fetched(browser, export_id)) == 4

    ListExport.objects.filter(id=export_id).update(
        state="running", beat_at=silent, tries=exports.TRIES_MAX, finished_at=None
    )
    assert export_id not in exports.abandoned(now)
    assert ListExport.objects.get(id=export_id).state == "failed"


def test_a_database_that_is_away_is_no_failure_of_the_export(chain, lives, manager, monkeypatch):
    browser = console.signed_in(manager)
    export_id = ask(browser, "orders.order")

    def away(*_args, **_named):
        raise OperationalError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(exports, "write", away)
        with pytest.raises(OperationalError):
            jobs.export_list(str(export_id))
    export = ListExport.objects.get(id=export_id)
    assert (export.state, export.tries) == ("running", 1)
    ListExport.objects.filter(id=export_id).update(beat_at=system_clock.now() - exports.SILENT - timedelta(seconds=1))
    assert jobs.export_list(str(export_id)) == "done"


def test_sec01_personal_data_stands_in_clear_only_for_who_may_have_it_and_said_why(chain, lives, manager, owner):
    phone = f"199{chain.store.unit.id % 10**8:08d}"
    address = console.deed_address("members.member", None, "export")
    browser = console.signed_in(manager)
    assert 'name="is_clear"' not in browser.get(address).content.decode()
    assert 'name="is_clear"' not in owner.get(console.deed_address("orders.order", None, "export")).content.decode()
    assert 'name="is_clear"' in owner.get(address).content.decode()

    # A field that the form does not have is not heard.
    browser.post(address, {"purpose": "call them", "filters": "", "is_clear": "on"})
    sneaked = ListExport.objects.filter(staff_id=manager.id).latest("created_at")
    assert sneaked.in_clear is False
    jobs.export_list(str(sneaked.id))
    assert phone not in str(fetched(browser, sneaked.id))

    boss = make_person("head_office", with_pin=False)
    page, wanted = console.signed_in(boss), {"purpose": "letters", "filters": "", "is_clear": "on"}
    assert "It is me" in page.post(address, wanted).content.decode()
    assert not ListExport.objects.filter(staff_id=boss.id).exists()
    console.prove(page, boss, address)
    assert page.post(address, wanted).status_code == 302
    export_id = ListExport.objects.get(staff_id=boss.id).id
    assert jobs.export_list(str(export_id)) == "done"
    rows = fetched(page, export_id)
    assert phone in [cell for row in rows for cell in row]
    event = AuditEvent.objects.filter(subject_id="members.member", action="console.export_in_clear").latest("id")
    assert (event.reason, event.detail["export_id"]) == ("letters", str(export_id))


def test_sec01_a_file_in_clear_is_handed_out_after_a_fresh_proof_only(lives):
    boss = make_person("head_office", with_pin=False)
    page, address = console.signed_in(boss), console.deed_address("members.member", None, "export")
    console.prove(page, boss, address)
    page.post(address, {"purpose": "letters", "filters": "", "is_clear": "on"})
    export_id = ListExport.objects.get(staff_id=boss.id).id
    jobs.export_list(str(export_id))
    # Another browser, such as one that somebody left open, has no proof.
    other, file = console.signed_in(boss), f"{PAGE}?file={export_id}"
    for answer in (other.get(file), other.post(file, {"step_up_proof": "000000"})):
        assert "It is me" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="console.export_fetched", actor_id=str(boss.id)).exists()
    assert len(fetched(page, export_id)) > 1
    # A masked file asks nobody.
    assert len(fetched(other, ask(other, "members.member", is_made=True))) > 1


def test_sec01_who_may_no_more_gets_neither_the_data_nor_the_file(chain, lives):
    person = make_person("head_office", with_pin=False)
    browser = console.signed_in(person)
    address = console.deed_address("members.member", None, "export")
    console.prove(browser, person, address)
    browser.post(address, {"purpose": "letters", "filters": "", "is_clear": "on"})
    export = ListExport.objects.get(staff_id=person.id)
    jobs.export_list(str(export.id))
    db.execute("DELETE FROM identity_assignment WHERE staff_id = %s", [person.id])
    identity.assign_role(
        staff_id=person.id,
        role_code="store_manager",
        scope=Scope.STORE,
        unit_id=chain.store.unit.id,
        actor=SYSTEM,
        now=system_clock.now(),
    )
    assert browser.get(f"{PAGE}?file={export.id}").status_code == 404
    ListExport.objects.filter(id=export.id).update(state="waiting", finished_at=None)
    jobs.export_list(str(export.id))
    ListExport.objects.filter(id=export.id).update(in_clear=False)
    assert f"199{chain.store.unit.id % 10**8:08d}" not in str(fetched(browser, export.id))
