"""The file that a till saves brings its sales in when it cannot send them: each once, as it wrote them (POS-07)."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from quanyu.kernel.clock import system_clock
from quanyu.modules.orders import api as orders
from quanyu.modules.pos import api as pos
from quanyu.modules.pos.api import rescue
from quanyu.modules.pos.rules.rescue import RescueOfAnotherTill, RescueUnreadable, TillUnknown
from quanyu.platform import db
from tests.harness import console
from tests.harness.chain import BREAD_FEN, MILK_FEN, Chain
from tests.harness.clients import TillClient
from tests.harness.identity import Person, make_person
from tests.modules.pos.test_till_sales import OfflineTill


@pytest.fixture
def offline(chain: Chain, till: TillClient) -> OfflineTill:
    return OfflineTill(till, chain)


@pytest.fixture(scope="module")
def manager(chain: Chain) -> Person:
    return make_person("store_manager", unit_id=chain.store.unit.id)


def saved(offline: OfflineTill, *made: dict[str, Any], **more: Any) -> bytes:
    """The file as SalesDialog.vue writes it; the last row is a sale that the server made itself."""
    rows = [
        {"id": one["sale"]["id"], "seq": one["sale"]["seq"], "digest": one["digest"], "made": one["sale"]}
        for one in made
    ]
    online = {"id": "x", "seq": 99, "digest": "", "made": None}
    file = {
        "till": offline.client.till,
        "saved_at": "2026-11-23T04:00:00Z",
        "first_break": None,
        "outbox": [],
        "online": [],
    }
    return json.dumps({**file, "sales": [*rows, online], **more}, ensure_ascii=False).encode()


def three(chain: Chain, offline: OfflineTill) -> list[dict[str, Any]]:
    return [
        offline.made([(chain.milk.id, 1, MILK_FEN, MILK_FEN)]),
        offline.made([(chain.bread.id, 2, BREAD_FEN, 2 * BREAD_FEN)]),
        offline.made([(chain.milk.id, 1, MILK_FEN - 50, MILK_FEN - 50)]),
    ]


def noted(offline: OfflineTill) -> int:
    return int(
        db.value("SELECT count(*) FROM pos_till_sale WHERE terminal_id = %s", [offline.client.till["device_id"]])
    )


def bring(offline: OfflineTill, file: bytes, by: Person) -> Any:
    device_id = UUID(offline.client.till["device_id"])
    return pos.bring_in(device_id=device_id, file=file, actor=by.actor, now=system_clock.now())


def test_pos_07_a_tills_file_brings_in_what_was_never_sent_and_nothing_twice(
    chain: Chain, offline: OfflineTill, manager: Person
):
    sent, *unsent = three(chain, offline)
    offline.send(sent).expect(201)
    before = chain.stocked(chain.store, chain.milk).counters()[0], chain.stocked(chain.store, chain.bread).counters()[0]
    file = saved(offline, *reversed(unsent), sent)
    first = bring(offline, file, manager)
    assert (first.known, first.booked, first.kept, first.refused, first.left) == (1, 2, 0, (), 0)
    assert orders.order(id=UUID(unsent[0]["sale"]["id"])).payable_fen == 2 * BREAD_FEN
    again = bring(offline, file, manager)
    assert (again.known, again.booked, again.kept) == (3, 0, 0)
    assert noted(offline) == 3
    after = chain.stocked(chain.store, chain.milk).counters()[0], chain.stocked(chain.store, chain.bread).counters()[0]
    assert after == (before[0] - 1, before[1] - 2)
    # What the till sends after all is the same sale.
    assert offline.send(unsent[1]).expect(201)["gap_fen"] == -50


def test_pos_07_a_large_file_goes_on_where_it_stopped(
    chain: Chain, offline: OfflineTill, manager: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rescue, "MOST", 2)
    file = saved(offline, *three(chain, offline))
    assert (bring(offline, file, manager).left, noted(offline)) == (1, 2)
    last = bring(offline, file, manager)
    assert (last.known, last.booked, last.left, noted(offline)) == (2, 1, 0, 3)


def test_pos_07_a_sale_that_was_changed_in_the_file_is_left_out_and_named(
    chain: Chain, offline: OfflineTill, manager: Person
):
    good, changed, other = three(chain, offline)
    changed["sale"]["lines"][0]["quantity"] = 1
    found = bring(offline, saved(offline, good, changed, other), manager)
    assert (found.booked, found.refused) == (2, (2,))
    assert db.value("SELECT count(*) FROM pos_till_sale WHERE id = %s", [changed["sale"]["id"]]) == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: b"",
        lambda file: file[:-20],
        lambda file: b"[" * 100_000,
        lambda file: b"\xff" + file,
        lambda file: json.dumps({"till": json.loads(file)["till"], "sales": [{"made": {}, "digest": ""}]}).encode(),
        lambda file: file.replace(b'"quantity": 1,', b'"quantity": -1,'),
    ],
)
def test_pos_07_a_file_that_no_till_saved_is_refused_whole(
    chain: Chain, offline: OfflineTill, manager: Person, spoil: Any
):
    with pytest.raises(RescueUnreadable):
        bring(offline, spoil(saved(offline, *three(chain, offline))), manager)
    assert noted(offline) == 0


def test_pos_07_a_file_is_brought_to_its_own_till_by_who_sells_there(
    chain: Chain, offline: OfflineTill, manager: Person
):
    file = saved(offline, *three(chain, offline))
    beside = TillClient(chain.store)
    with pytest.raises(RescueOfAnotherTill):
        pos.bring_in(device_id=UUID(beside.till["device_id"]), file=file, actor=manager.actor, now=system_clock.now())
    stranger = make_person("store_manager", unit_id=chain.other_store.unit.id)
    with pytest.raises(TillUnknown):
        bring(offline, file, stranger)
    assert noted(offline) == 0


def test_pos_07_the_console_takes_the_file_and_says_what_became_of_it(
    chain: Chain, offline: OfflineTill, manager: Person
):
    browser = console.signed_in(manager)
    address = console.deed_address("pos.terminal", offline.client.till["device_id"], "bring_in")
    upload = SimpleUploadedFile("quanyu-till-01.json", saved(offline, *three(chain, offline)), "application/json")
    answer = browser.post(address, {"file": upload}, follow=True)
    assert "3 sales booked, 0 wait for a person, 0 were there already." in answer.content.decode()
    assert noted(offline) == 3
    bad = browser.post(address, {"file": SimpleUploadedFile("x.json", b"no", "application/json")})
    assert (bad.status_code, "This is not the file that a till saves" in bad.content.decode()) == (422, True)
