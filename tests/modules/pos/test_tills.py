"""Which till asks, and who works at it: two tokens, neither worth anything alone."""

from __future__ import annotations

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api as identity
from quanyu.platform import db
from tests.harness import identity as people
from tests.harness.chain import Chain, enrolment_code, make_chain
from tests.harness.clients import TillClient
from tests.harness.parallel import parallel


def test_an_enrolment_code_makes_one_till_with_the_stores_next_code():
    chain = make_chain(stock=0)
    first, second = TillClient(chain.store), TillClient(chain.store)
    assert (first.till["code"], second.till["code"]) == ("01", "02")
    assert first.get("/till").expect(200) == first.till
    assert (first.till["store_id"], first.till["last_seq"]) == (chain.store.unit.id, 0)
    code = enrolment_code(chain.store)
    first.post("/till", {"code": code}).expect(201)
    used = first.post("/till", {"code": code})
    assert (used.status, used.code) == (404, "identity.enrolment_code_unknown")


def test_the_hundredth_till_of_a_store_has_three_digits():
    chain = make_chain(stock=0)
    first = TillClient(chain.store)
    db.execute("UPDATE pos_terminal SET code = '99' WHERE device_id = %s", [first.till["device_id"]])
    assert TillClient(chain.store).till["code"] == "100"


def test_tills_that_enrol_at_once_get_different_codes():
    chain = make_chain(stock=0)
    made = parallel(4, lambda _: TillClient(chain.store).till["code"])
    assert sorted(made) == ["01", "02", "03", "04"]


def test_a_revoked_till_is_locked_out(chain: Chain):
    till = TillClient(chain.store).sign_in(chain.cashier)
    identity.revoke_device(device_id=till.till["device_id"], actor=SYSTEM, now=system_clock.now())
    assert till.get("/till").status == 401
    assert till.get("/shifts/current").status == 401


def test_a_staff_token_counts_only_at_the_till_where_it_was_given(chain: Chain):
    mine, other = TillClient(chain.store).sign_in(chain.cashier), TillClient(chain.store)
    other.staff_token = mine.staff_token
    assert (mine.get("/shifts/current").status, other.get("/shifts/current").status) == (200, 401)
    mine.token = ""
    assert mine.get("/shifts/current").status == 401


def test_a_staff_token_does_not_stand_for_a_till_nor_a_till_for_staff(chain: Chain):
    till = TillClient(chain.store).sign_in(chain.cashier)
    till.token, till.staff_token = till.staff_token, till.token
    assert till.get("/till").status == 401
    assert till.get("/shifts/current").status == 401


def test_a_wrong_pin_signs_nobody_in_and_a_stranger_neither(chain: Chain):
    till = TillClient(chain.store)
    wrong = till.post("/staff-sessions", {"username": chain.cashier.username, "pin": "9999"})
    assert (wrong.status, wrong.code) == (401, "identity.sign_in_refused")
    elsewhere = people.make_person("cashier", unit_id=chain.other_store.unit.id)
    stranger = till.post("/staff-sessions", {"username": elsewhere.username, "pin": people.PIN})
    assert (stranger.status, stranger.code) == (401, "identity.sign_in_refused")


def test_after_signing_out_the_till_waits_for_the_next(chain: Chain):
    till = TillClient(chain.store).sign_in(chain.cashier)
    till.call("DELETE", "/staff-sessions/current").expect(204)
    assert till.get("/shifts/current").status == 401
    till.get("/catalogue?limit=1").expect(200)


def test_an_associate_may_look_but_not_sell_nor_open_a_shift(chain: Chain):
    till = TillClient(chain.store).sign_in(chain.associate)
    assert till.get("/shifts/current").expect(200) == {"shift": None}
    opened = till.post("/shifts", {"id": "01900000-0000-7000-8000-000000000001", "float_fen": 0})
    assert (opened.status, opened.code) == (403, "forbidden")
    sold = till.sell({chain.milk.id: 1})
    assert (sold.status, sold.code) == (403, "forbidden")
