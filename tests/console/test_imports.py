"""The page of imports as a person uses it: template, upload, preview, apply, what was refused; within reach."""

from __future__ import annotations

import io
import re
import secrets
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from python_calamine import CalamineWorkbook

from quanyu.entrypoints.console import jobs
from quanyu.modules.catalog import api as catalog_api
from quanyu.modules.inventory import api as inventory
from quanyu.modules.members.models import ImportJob
from quanyu.platform.files import importer
from quanyu.platform.models import AuditEvent, FileJob
from tests.harness import catalog, console, files
from tests.harness.chain import Chain, make_chain
from tests.harness.identity import Person, make_person

PAGE = "/console/files/"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=0)


@pytest.fixture
def owner() -> Person:
    return make_person("head_office", with_pin=False)


@pytest.fixture
def browser(owner: Person) -> Client:
    return console.signed_in(owner)


def sent(browser: Client, kind: str, path: Path, *, name: str = "file.xlsx") -> UUID:
    """Upload a file as the form does and return the import it became."""
    answer = browser.post(PAGE, {"kind": kind, "file": SimpleUploadedFile(name, path.read_bytes())})
    assert answer.status_code == 302, answer.content.decode()
    return UUID(answer.headers["Location"].rpartition("=")[2])


def page_of(browser: Client, job_id: UUID, **query: str) -> str:
    """Return the page of an import."""
    answer = browser.get(PAGE, {"import": str(job_id), **query})
    assert answer.status_code == 200
    return answer.content.decode()


def words(html: str) -> str:
    """Return what a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def opened(content: bytes) -> list[list[object]]:
    """Return the rows of a downloaded spreadsheet."""
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def test_from_the_template_to_the_goods(tmp_path, chain, browser, owner):
    template = browser.get(PAGE, {"template": "products"})
    assert (template.headers["Content-Type"], "no-store" in template.headers["Cache-Control"]) == (XLSX, True)
    rows = opened(template.content)
    headings = rows[2]
    assert headings[0] == "Item code *"
    code, other = f"T{secrets.token_hex(4)}", f"T{secrets.token_hex(4)}"
    blank = [None] * len(headings)
    good = [*blank]
    for heading, value in {
        "Item code *": code,
        "Name *": "Pears",
        "Category *": chain.category.code,
        "Unit of sale *": "kg",
        "Cost": "1.20",
    }.items():
        good[headings.index(heading)] = value
    bad = list(good)
    bad[0], bad[headings.index("Cost")] = other, "much"
    path = files.xlsx(tmp_path / "filled.xlsx", [*rows, good, bad])

    job_id = sent(browser, "products", path)
    waiting = page_of(browser, job_id)
    assert f'hx-get="{PAGE}?part={job_id}"' in waiting
    assert jobs.work_on_file(str(job_id)) == "checked"
    shown = words(page_of(browser, job_id))
    assert "Apply 1 rows?" in shown
    assert "Not an amount" in shown
    assert catalog_api.sku_ids_by_code(codes=[code]) == {}

    assert browser.post(PAGE, {"import": str(job_id), "act": "start"}).status_code == 302
    # A second click finds it started, and says so.
    again = browser.post(PAGE, {"import": str(job_id), "act": "start"}, follow=True)
    assert "not in a state that allows this" in again.content.decode()
    assert jobs.work_on_file(str(job_id)) == "done"
    assert catalog_api.sku_ids_by_code(codes=[code, other]).keys() == {code}
    assert "?part=" not in page_of(browser, job_id)

    back = browser.get(PAGE, {"returned": str(job_id)})
    returned = opened(back.content)
    assert [row[1] for row in returned] == ["Item code *", other]
    assert returned[1][0].startswith("Cost: Not an amount.")
    trail = AuditEvent.objects.filter(subject_kind="file_import", subject_id=str(job_id), actor_id=str(owner.id))
    assert [event.action for event in trail.order_by("id")] == ["files.upload", "files.apply", "files.returned"]


def test_the_preview_shows_old_and_new_and_what_is_left_alone(tmp_path, browser):
    sku, same = catalog.make_sku(name="苹果", cost_fen=100), catalog.make_sku(name="梨", cost_fen=100)
    rows = [["商品编码", "成本价", "颜色"], [sku.code, "1.5", "红"], [same.code, "1", "绿"]]
    job_id = sent(browser, "products", files.xlsx(tmp_path / "a.xlsx", rows))
    jobs.work_on_file(str(job_id))
    changed = page_of(browser, job_id, show="changed")
    assert "<del>¥1.00</del> <ins>¥1.50</ins>" in changed
    assert "颜色" in words(changed)
    assert same.code in page_of(browser, job_id, show="unchanged")
    assert "No rows here." in page_of(browser, job_id, show="refused")


def test_phones_are_masked_in_every_preview(tmp_path, chain, browser):
    who = f"k{secrets.token_hex(4)}"
    rows = [["登录名", "姓名", "所属门店编码", "手机号"], [who, "张三", chain.store.unit.code, "13798765432"]]
    job_id = sent(browser, "staff", files.xlsx(tmp_path / "a.xlsx", rows))
    jobs.work_on_file(str(job_id))
    for shown in (page_of(browser, job_id), browser.get(PAGE, {"part": str(job_id)}).content.decode()):
        assert "137****5432" in shown
        assert "13798765432" not in shown


def test_members_are_handed_to_their_own_import(tmp_path, browser):
    rows = [["姓名", "手机号"], ["周九", "13612345670"]]
    path = files.xlsx(tmp_path / "members.xlsx", rows)
    answer = browser.post(PAGE, {"kind": "members", "file": SimpleUploadedFile("members.xlsx", path.read_bytes())})
    assert answer.status_code == 302
    job = ImportJob.objects.get(pk=UUID(answer.headers["Location"].rstrip("/").rpartition("/")[2]))
    assert (job.row_count, job.source, FileJob.objects.filter(kind="members").count()) == (1, "file", 0)
    page = browser.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "13612345670" not in page.content.decode()
    assert browser.get(PAGE, {"template": "members"}).status_code == 200


def test_a_store_manager_sees_her_kinds_only_and_books_for_her_store_only(tmp_path, chain):
    manager = make_person("store_manager", unit_id=chain.store.unit.id, with_pin=False)
    browser = console.signed_in(manager)
    offered = set(re.findall(r'href="\?kind=(\w+)"', browser.get(PAGE).content.decode()))
    assert offered == {"opening_stock", "staff"}
    for kind in {kind.name for kind in importer.kinds()} - offered:
        assert browser.get(PAGE, {"kind": kind}).status_code == 404
        assert browser.get(PAGE, {"template": kind}).status_code == 404
        refused = browser.post(PAGE, {"kind": kind, "file": SimpleUploadedFile("a.csv", b"a,b")})
        assert refused.status_code == 404
    rows = [
        ["门店编码", "商品编码", "数量"],
        *[[place.unit.code, chain.milk.code, 5] for place in (chain.store, chain.other_store)],
    ]
    job_id = sent(browser, "opening_stock", files.xlsx(tmp_path / "a.xlsx", rows))
    jobs.work_on_file(str(job_id))
    browser.post(PAGE, {"import": str(job_id), "act": "start"})
    assert jobs.work_on_file(str(job_id)) == "done"
    levels = inventory.stock_levels(
        location_ids=[chain.store.unit.id, chain.other_store.unit.id], sku_ids=[chain.milk.id]
    )
    assert [(level.location_id, level.on_hand) for level in levels] == [(chain.store.unit.id, 5)]


def test_an_import_is_its_owners_alone(tmp_path, chain, browser):
    rows = [["门店编码", "商品编码", "数量"], [chain.store.unit.code, chain.tea.code, 5]]
    job_id = sent(browser, "opening_stock", files.xlsx(tmp_path / "a.xlsx", rows))
    jobs.work_on_file(str(job_id))
    other = console.signed_in(make_person("head_office", with_pin=False))
    for query in ({"import": str(job_id)}, {"part": str(job_id)}, {"returned": str(job_id)}):
        assert other.get(PAGE, query).status_code == 404
    assert other.post(PAGE, {"import": str(job_id), "act": "start"}).status_code == 404
    assert other.get(PAGE, {"import": "nonsense"}).status_code == 404
    assert FileJob.objects.get(id=job_id).state == "checked"
    assert str(job_id) not in other.get(PAGE).content.decode()


def test_files_that_cannot_be_read_are_told_on_the_page(tmp_path, browser):
    before = FileJob.objects.count()
    nothing = browser.post(PAGE, {"kind": "products"})
    assert (nothing.status_code, "Choose a file first." in nothing.content.decode()) == (422, True)
    empty = browser.post(PAGE, {"kind": "products", "file": SimpleUploadedFile("a.xlsx", b"")})
    assert (empty.status_code, "nothing is in it" in empty.content.decode()) == (422, True)
    assert FileJob.objects.count() == before

    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    job_id = sent(browser, "products", old, name="old.xls")
    assert jobs.work_on_file(str(job_id)) == "failed"
    assert "it is an old XLS; save it as XLSX or CSV" in words(page_of(browser, job_id))


def test_a_cancelled_import_writes_nothing_more(tmp_path, browser):
    sku = catalog.make_sku(name="苹果", cost_fen=100)
    job_id = sent(browser, "products", files.xlsx(tmp_path / "a.xlsx", [["商品编码", "成本价"], [sku.code, "2"]]))
    jobs.work_on_file(str(job_id))
    assert browser.post(PAGE, {"import": str(job_id), "act": "cancel"}).status_code == 302
    assert jobs.work_on_file(str(job_id)) == "cancelled"
    assert "Cancelled" in words(page_of(browser, job_id))
    assert catalog_api.skus(ids=[sku.id])[sku.id].cost_fen == 100


def test_a_dead_workers_import_is_sent_again_by_the_clock(tmp_path, browser, monkeypatch):
    from datetime import timedelta

    from quanyu.kernel.clock import system_clock
    from quanyu.platform.files import keep

    sku = catalog.make_sku(name="苹果", cost_fen=100)
    job_id = sent(browser, "products", files.xlsx(tmp_path / "a.xlsx", [["商品编码", "成本价"], [sku.code, "2"]]))
    silent = system_clock.now() - keep.LEASE - timedelta(seconds=1)
    FileJob.objects.filter(id=job_id).update(state="checking", beat_at=silent)
    sent_again: list[str] = []
    monkeypatch.setattr(jobs, "_send", lambda job, **key: sent_again.append(key.get("job_id", "")))
    jobs.go_on(system_clock.now())
    assert str(job_id) in sent_again
    assert jobs.work_on_file(str(job_id)) == "checked"


def test_the_list_of_imports_says_how_they_ended(tmp_path, browser):
    sku = catalog.make_sku(name="苹果", cost_fen=100)
    job_id = sent(browser, "products", files.xlsx(tmp_path / "a.xlsx", [["商品编码", "成本价"], [sku.code, "2"]]))
    jobs.work_on_file(str(job_id))
    browser.post(PAGE, {"import": str(job_id), "act": "start"})
    jobs.work_on_file(str(job_id))
    listed = words(browser.get(PAGE).content.decode())
    assert "file.xlsx Products" in listed
    assert "Written 1" in listed
