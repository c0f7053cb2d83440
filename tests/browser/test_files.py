"""A file of products in a real Chromium: template, fill in, upload, see the problem, correct it, apply."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from python_calamine import CalamineWorkbook

from quanyu.entrypoints.console import jobs
from quanyu.modules.catalog import api as catalog
from quanyu.platform.models import FileJob
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_console import sign_in
from tests.harness import catalog as goods
from tests.harness import files
from tests.harness.identity import make_person
from tests.harness.live import Live

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def worked_on() -> str:
    """Do what the worker does with the newest import."""
    return jobs.work_on_file(str(FileJob.objects.latest("created_at").id))


def test_from_the_template_to_corrected_goods(live: Live, chromium: Browser, tmp_path: Path):
    category, code = goods.make_category(), f"B{secrets.token_hex(4)}"
    window = chromium.new_context(base_url=live.url, viewport={"width": 1280, "height": 900}, locale="zh-CN")
    window.set_default_timeout(PATIENCE_MS)
    page = window.new_page()
    sign_in(page, make_person("head_office", with_pin=False))
    page.goto("/console/files/")
    page.click('a[href="?kind=products"] >> nth=0')
    with page.expect_download() as fetched:
        page.click('a[href="?template=products"]')
    template = tmp_path / "template.xlsx"
    fetched.value.save_as(template)
    rows = CalamineWorkbook.from_path(str(template)).get_sheet_by_index(0).to_python()
    row = {"商品编码 *": code, "商品名称 *": "香梨", "分类 *": category.code, "单位 *": "kg", "成本价": "一块二"}

    page.set_input_files("input[type=file]", files.xlsx(tmp_path / "bad.xlsx", [*rows, _cells(rows[2], row)]))
    expect(page.locator(".qy-drop strong")).to_contain_text("bad.xlsx")
    page.click("form[data-upload] button[type=submit]")
    expect(page.locator("progress.qy-bar")).to_be_visible()
    # The page asks again by itself and shows the preview.
    assert worked_on() == "checked"
    expect(page.locator(".qy-problem")).to_contain_text("不是金额")
    expect(page.locator('button[value="start"]')).to_have_count(0)

    page.goto("/console/files/?kind=products")
    good = files.xlsx(tmp_path / "good.xlsx", [*rows, _cells(rows[2], {**row, "成本价": "1.20"})])
    page.set_input_files("input[type=file]", good)
    page.click("form[data-upload] button[type=submit]")
    assert worked_on() == "checked"
    page.click('button[value="start"]')
    assert worked_on() == "done"
    expect(page.locator(".qy-figure-good strong").first).to_have_text("1")
    expect(page.locator("progress.qy-bar")).to_have_count(0)
    (made,) = catalog.skus(ids=catalog.sku_ids_by_code(codes=[code]).values()).values()
    assert (made.name, made.cost_fen, made.category_id) == ("香梨", 120, category.id)
    window.close()


def _cells(headings: list[object], row: dict[str, str]) -> list[str | None]:
    return [row.get(str(heading)) for heading in headings]
