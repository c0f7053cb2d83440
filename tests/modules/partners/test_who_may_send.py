"""Who may hand in what old tills sold (POS-06): one partner, one request, once, in time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.modules.partners import api as partners
from quanyu.platform import db
from tests.harness.chain import MILK_FEN, Chain, make_chain
from tests.harness.partners import OldSystem, entry_id


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=1000)


@pytest.fixture(scope="module")
def system(chain: Chain) -> OldSystem:
    return OldSystem(chain.region.id)


@pytest.fixture(scope="module")
def till(chain: Chain, system: OldSystem) -> str:
    return system.till(chain.store)


def noted(system: OldSystem, sale: dict[str, Any]) -> dict[str, Any] | None:
    return db.row("SELECT state FROM partners_entry WHERE id = %s", [entry_id(system, sale)])


def test_pos_06_a_request_is_taken_once_as_it_was_signed_and_in_time(chain: Chain, system: OldSystem, till: str):
    body = {"sales": [system.sale(till, [(chain.milk.code, 1, MILK_FEN)])]}
    headers = system.signed("POST", "/sales", body)
    now = datetime.now(UTC).timestamp()
    wrong: dict[str, tuple[dict[str, str], str]] = {
        "another body": (system.signed("POST", "/sales", {"sales": []}), "partners.signature_wrong"),
        "another path": (system.signed("POST", "/returns", body), "partners.signature_wrong"),
        "another method": (system.signed("GET", "/sales", body), "partners.signature_wrong"),
        "no signature": (headers | {"X-Quanyu-Signature": ""}, "partners.signature_wrong"),
        "another nonce": (headers | {"X-Quanyu-Nonce": "0" * 32}, "partners.signature_wrong"),
        "a short nonce": (headers | {"X-Quanyu-Nonce": "0"}, "partners.signature_wrong"),
        "a time that is none": (headers | {"X-Quanyu-Timestamp": "now"}, "partners.signature_wrong"),
        "too late": (system.signed("POST", "/sales", body, at=now - 301), "partners.clock_wrong"),
        "too early": (system.signed("POST", "/sales", body, at=now + 310), "partners.clock_wrong"),
        "another token": (headers | {"Authorization": "Bearer qc_nobody"}, "unauthenticated"),
    }
    for name, (changed, code) in wrong.items():
        refused = system._sender.send("POST", "/api/partner/v1/sales", body, changed)
        assert (refused.status, refused.code) == (401, code), name
    assert noted(system, body["sales"][0]) is None
    assert system._sender.send("POST", "/api/partner/v1/sales", body, headers).expect(200)
    replayed = system._sender.send("POST", "/api/partner/v1/sales", body, headers)
    assert (replayed.status, replayed.code) == (401, "partners.replayed")


def test_pos_06_another_partners_secret_opens_nothing(chain: Chain, system: OldSystem, till: str):
    stranger = OldSystem(chain.region.id)
    stranger.token = system.token
    sale = system.sale(till, [(chain.milk.code, 1, MILK_FEN)])
    refused = stranger.post("/sales", {"sales": [sale]})
    assert (refused.status, refused.code, noted(system, sale)) == (401, "partners.signature_wrong", None)


def test_pos_06_a_new_secret_ends_the_old_one_and_a_paused_partner_waits(chain: Chain):
    theirs = OldSystem(chain.region.id)
    till = theirs.till(chain.store)
    sale = theirs.sale(till, [(chain.milk.code, 1, MILK_FEN)])
    old = theirs.secret
    theirs.secret = partners.renew_secret(partner_id=theirs.id, actor=SYSTEM, now=system_clock.now())
    new, theirs.secret = theirs.secret, old
    assert theirs.post("/sales", {"sales": [sale]}).code == "partners.signature_wrong"
    theirs.secret = new
    partners.pause(partner_id=theirs.id, is_paused=True, actor=SYSTEM, now=system_clock.now())
    assert (theirs.post("/sales", {"sales": [sale]}).code, noted(theirs, sale)) == ("partners.paused", None)
    partners.pause(partner_id=theirs.id, is_paused=False, actor=SYSTEM, now=system_clock.now())
    assert theirs.sell(sale)[0]["state"] == "booked"


def test_pos_06_a_client_that_is_no_partner_is_nobody_here(chain: Chain, system: OldSystem):
    client = identity.create_client(
        name=f"c-{uuid4()}",
        unit_id=chain.region.id,
        permissions=["partners.sell"],
        actor=SYSTEM,
        now=system_clock.now(),
    )
    stranger = OldSystem(chain.region.id)
    stranger.token = client.token
    assert stranger.get("/stock?till=X&code=1").status == 401
