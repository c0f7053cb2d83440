"""Guessing does not pay: codes, PINs, passwords, numbers (S9, S12, API6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.kernel.period import Period
from quanyu.kernel.problem import Invalid, Problem
from quanyu.modules.catalog.rules import barcodes
from quanyu.modules.identity import api as identity
from quanyu.modules.identity.contracts import CodeWrong, SignInLocked, SignInRefused
from quanyu.modules.identity.ops.check_pin import WRONG_A_DAY_MAX
from quanyu.modules.members import api as members
from quanyu.modules.pos.ops.limit_guesses import MISSES_MAX
from quanyu.platform import rate
from tests.harness import coupons as offers
from tests.harness import identity as people
from tests.harness import members as shoppers
from tests.harness.chain import MILK_FEN
from tests.harness.clients import MallClient, TillClient, cash
from tests.harness.parallel import parallel

MINUTE = timedelta(minutes=1)


def another_cashier(world) -> TillClient:
    return TillClient(world.chain.store).sign_in(people.make_person("cashier", unit_id=world.chain.store.unit.id))


def paid_order(world, provider) -> dict:
    order = world.ann.order(world.chain.store, {world.chain.milk.id: 1}).expect(201)
    before = set(provider.prepaid)
    world.ann.pay(order["id"]).expect(201)
    provider.pay((set(provider.prepaid) - before).pop())
    world.ann.post(f"/orders/{order['id']}/payments/check").expect(200)
    found: dict = world.ann.get(f"/orders/{order['id']}").expect(200)
    return found


def test_pickup_codes_cannot_be_tried_through(world, provider):
    order = paid_order(world, provider)
    till = another_cashier(world)
    right = order["pickup_code"]
    for number in range(MISSES_MAX):
        path = "/pickups" if number % 2 else f"/orders/{order['id']}/hand-over"
        wrong = till.post(path, {"code": f"{(int(right) + 1 + number) % 10**8:08d}"})
        assert (wrong.status, wrong.code) == (422, "checkout.pickup_code_wrong")
    # The right one does not help any more: it may have been found by trying.
    for path in ("/pickups", f"/orders/{order['id']}/hand-over"):
        refused = till.post(path, {"code": right})
        assert (refused.status, refused.code) == (429, "rate_limited")
    assert world.ann.get(f"/orders/{order['id']}").expect(200)["state"] == "paid"
    assert another_cashier(world).post("/pickups", {"code": right}).expect(200)["id"] == order["id"]


def test_staff_codes_cannot_be_tried_through():
    now = system_clock.now()
    offer = offers.make_template(now=now, claim_period=Period(now - MINUTE, now + 60 * MINUTE), needs_staff_code=True)
    shopper = MallClient().sign_in()
    wrong_ones = ["0000-0000-00000", "1111-1111-11111", "AAAA-AAAA-AAAAA"]

    def claim(code: str):
        return shopper.post("/me/coupons", {"id": str(uuid7()), "template_code": offer.code, "staff_code": code})

    for number in range(10):
        assert claim(wrong_ones[number % len(wrong_ones)]).code == "coupons.unlock_refused"
    refused = claim(wrong_ones[0])
    assert (refused.status, refused.code) == (429, "rate_limited")


def test_gift_tokens_cannot_be_tried_through():
    shopper = MallClient().sign_in()
    for number in range(10):
        assert shopper.post("/gifts/acceptance", {"token": f"{number:022d}"}).code == "coupons.gift_refused"
    assert shopper.post("/gifts/acceptance", {"token": "0" * 22}).code == "rate_limited"


def test_live_codes_cannot_be_tried_through(world):
    shopper, till = MallClient().sign_in(), another_cashier(world)
    right = shopper.get("/me/code").expect(200)["text"]
    limited = 0
    for number in range(25):
        body = right[:10] + f"{(int(right[10:23]) + 1 + number) % 10**13:013d}"
        answer = till.post("/rights/scan", {"text": f"{body}{barcodes.luhn_digit(body)}"})
        assert answer.code in ("members.member_code_refused", "rate_limited")
        limited += answer.code == "rate_limited"
    # Twenty wrong codes of one phone in an hour, whatever till they are tried at.
    assert limited == 5
    assert another_cashier(world).post("/rights/scan", {"text": right}).code == "rate_limited"


def test_right_codes_are_not_counted(world, provider):
    order = paid_order(world, provider)
    till = another_cashier(world)
    for _ in range(MISSES_MAX + 2):
        till.post("/pickups", {"code": order["pickup_code"]}).expect(200)


@pytest.mark.parametrize("code", ["%%%%%%%%", "________", "' OR 1=1--", "00000000", "１２３４５６７８", "    "])
def test_a_pickup_code_is_compared_and_nothing_else(world, provider, code):
    paid_order(world, provider)
    assert another_cashier(world).post("/pickups", {"code": code}).status in (422, 400)


def test_receipt_numbers_cannot_be_tried_through(world):
    sale = world.till.sell({world.chain.milk.id: 1}, tenders=cash(MILK_FEN)).expect(201)["order"]
    till = another_cashier(world)
    for number in range(MISSES_MAX):
        assert till.get(f"/receipts/XS26112300010{number:08d}").code == "pos.receipt_unknown"
    refused = till.get(f"/receipts/{sale['number']}")
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert world.till.get(f"/receipts/{sale['number']}").expect(200)["number"] == sale["number"]


def wrong_pin(device, person, now) -> type[Problem]:
    with pytest.raises((SignInRefused, SignInLocked)) as refusal:
        identity.sign_in_at_device(device=device, username=person.username, pin="9753", now=now)
    return refusal.type


def test_a_pin_stands_twenty_wrong_tries_a_day_and_then_until_tomorrow(world):
    device, _ = people.make_device(store=world.chain.store)
    person = people.make_person("cashier", unit_id=world.chain.store.unit.id)
    # In the morning, so that the day is long enough for every short lock to end.
    now = system_clock.now().replace(hour=17, minute=0) + timedelta(days=1)
    tries = 0
    while tries < WRONG_A_DAY_MAX:
        for _ in range(5):
            wrong_pin(device, person, now)
            tries += 1
        now += 16 * MINUTE
    with pytest.raises(SignInLocked) as locked:
        identity.sign_in_at_device(device=device, username=person.username, pin=people.PIN, now=now)
    assert locked.value.params["retry_after_s"] > 3600
    identity.set_pin(staff_id=person.id, pin="8642", actor=people.make_actor("head_office"), now=now)
    assert identity.sign_in_at_device(device=device, username=person.username, pin="8642", now=now).token


def test_right_pins_are_not_counted_as_guesses(world):
    device, _ = people.make_device(store=world.chain.store)
    person = people.make_person("cashier", unit_id=world.chain.store.unit.id)
    now = system_clock.now()
    for _ in range(WRONG_A_DAY_MAX + 2):
        assert identity.sign_in_at_device(device=device, username=person.username, pin=people.PIN, now=now).token


def test_a_stolen_password_gets_thirty_codes_a_day():
    person = people.make_person("head_office")
    now = system_clock.now().replace(hour=17, minute=0) + timedelta(days=1)
    for number in range(30):
        wrong = f"{(int(person.code(now)) + 7 + number) % 10**6:06d}"
        with pytest.raises(CodeWrong):
            identity.prove_code(staff_id=person.id, code=wrong, now=now)
        now += 3 * MINUTE
    with pytest.raises(SignInLocked) as locked:
        identity.prove_code(staff_id=person.id, code=person.code(now), now=now)
    assert locked.value.params["retry_after_s"] > 3600


def test_the_hosts_of_one_line_are_limited_together():
    assert rate.household("2001:db8:1:2:3:4:5:6") == rate.household("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert rate.household("2001:db8:1:3::9") != rate.household("2001:db8:1:2::9")
    assert [rate.household(one) for one in ("203.0.113.9", "", "rubbish")] == ["203.0.113.9", "", "rubbish"]


def test_many_guesses_at_once_get_no_more_than_the_limit():
    now = system_clock.now()
    looked_at: list[int] = []

    def guess(number: int) -> None:
        with rate.guessing("test.at_once", "x", 5, 3600, now, wrong=Invalid):
            looked_at.append(number)
            raise Invalid(reason="no")

    outcomes = parallel(16, guess)
    assert sum(isinstance(one, rate.RateLimited) for one in outcomes) == 11
    assert len(looked_at) == 5


def test_codes_cannot_be_poured_over_a_phone():
    members.use_code_sender(shoppers.KeptCodes())
    phone, mall = shoppers.phone(), MallClient()
    mall.post("/session/codes", {"phone": phone}).expect(204)
    for spelling in (phone, f"+86{phone}", f"86 {phone}", f"{phone[:3]}-{phone[3:]}", f" {phone}"):
        refused = mall.post("/session/codes", {"phone": spelling})
        assert refused.status in (422, 429), spelling
    assert mall.post("/session/codes", {"phone": phone}).headers["Retry-After"]


def test_a_login_code_is_worth_five_guesses_and_one_use():
    kept = shoppers.KeptCodes()
    members.use_code_sender(kept)
    phone, mall = shoppers.phone(), MallClient()
    mall.post("/session/codes", {"phone": phone}).expect(204)
    right = kept.codes[phone]
    for number in range(1, 6):
        wrong = f"{(int(right) + number) % 10**6:06d}"
        assert mall.post("/session", {"phone": phone, "code": wrong}).code == "members.code_refused"
    assert mall.post("/session", {"phone": phone, "code": right}).code == "members.code_refused"
    assert mall.post("/session", {"phone": shoppers.phone(), "code": right}).code == "members.code_refused"


def test_nobody_learns_by_the_answer_whether_a_name_or_a_phone_is_known():
    known = people.make_person("cashier")
    from tests.harness.clients import InProcess

    ask = InProcess().send
    answers = [
        ask("POST", "/api/staff/v1/sessions", {"username": name, "password": "wrong horse battery"}, {})
        for name in (known.username, "nobody-at-all")
    ]
    assert {(one.status, one.code, one.body["title"]) for one in answers} == {
        (401, "identity.sign_in_refused", answers[0].body["title"])
    }
    members.use_code_sender(shoppers.KeptCodes())
    member_phone = shoppers.phone()
    shoppers.make_member(phone_number=member_phone)
    for phone in (member_phone, shoppers.phone()):
        sent = MallClient().post("/session/codes", {"phone": phone})
        assert (sent.status, sent.body) == (204, None)
