"""Codes (I14): 80 random bits, mistakes found before the database is asked, guesses throttled, one refusal."""

from __future__ import annotations

import itertools
import secrets
from datetime import timedelta

import pytest

from quanyu.kernel.actor import SYSTEM
from quanyu.kernel.ids import uuid7
from quanyu.modules.coupons import api
from quanyu.modules.coupons.contracts import CodeRefused, CouponUnknown, Reason
from quanyu.modules.coupons.rules import codes, payloads
from quanyu.platform import db
from quanyu.platform.rate import RateLimited
from tests.harness.coupons import NOW, make_coupon, make_template, use
from tests.harness.members import make_member


def scan(text, *, now=NOW, till=None, store_id=None):
    return api.by_code(
        text=text, till_id=till or secrets.token_hex(8), store_id=store_id or secrets.randbelow(10**9), now=now
    )


def code_of(coupon, *, now=NOW):
    return api.code_of(coupon_id=coupon.id, member_id=coupon.member_id, now=now)


def test_a_typed_code_leads_to_its_coupon_and_member():
    coupon = make_coupon()
    code = code_of(coupon)
    found = scan(code.text)
    assert (found.coupon.id, found.coupon.member_id, found.refusal) == (coupon.id, coupon.member_id, None)
    assert (found.facts.amount_fen, found.facts.id) == (1000, str(coupon.id))
    assert len(code.text.replace("-", "")) == 17


def test_small_letters_spaces_and_letters_that_look_like_digits_are_understood():
    coupon = make_coupon()
    text = code_of(coupon).text.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert scan(text).coupon.id == coupon.id


def test_a_scanned_code_has_32_characters_and_holds_for_minutes():
    coupon = make_coupon()
    code = code_of(coupon)
    assert len(code.payload) == 32
    assert code.svg.startswith("<svg")
    assert scan(code.payload, now=code.renew_at + timedelta(minutes=5, microseconds=-1)).coupon.id == coupon.id
    with pytest.raises(CodeRefused):
        scan(code.payload, now=code.renew_at + timedelta(minutes=5))
    assert scan(code_of(coupon, now=code.renew_at).payload, now=code.renew_at).coupon.id == coupon.id


def test_a_forged_signature_is_refused_like_any_other_mistake():
    coupon = make_coupon()
    payload = code_of(coupon).payload
    forged = payload[:-1] + ("0" if payload[-1] != "0" else "1")
    for wrong in (forged, payload[:-1], payload.lower(), "QC1" + "!" * 29):
        with pytest.raises(CodeRefused):
            scan(wrong)


def test_all_that_is_no_code_gets_the_same_answer():
    unknown = codes.grouped(codes.with_check(codes.encode(secrets.token_bytes(10))))
    answers = []
    for text in (unknown, unknown[:-1] + "0" * 2, "", "6901234567892", "你好", "-" * 5000):
        with pytest.raises(CodeRefused) as refused:
            scan(text)
        answers.append((refused.value.code, refused.value.field, refused.value.params))
    assert set(map(str, answers)) == {str(("coupons.code_refused", "text", {}))}


def test_a_genuine_code_says_why_its_coupon_cannot_be_taken():
    coupon = make_coupon(lasts_days=1)
    text = code_of(coupon).text
    assert scan(text, now=NOW + timedelta(days=1)).refusal is Reason.EXPIRED
    use(coupon)
    assert scan(text).refusal is Reason.USED
    template = make_template()
    down = make_coupon(template)
    api.force_off(template_id=template.id, reason="misprint", actor=SYSTEM, now=NOW)
    assert scan(code_of(down).text).refusal is Reason.WITHDRAWN


def test_guesses_at_one_till_end_after_twenty_and_right_codes_count_for_nothing():
    coupon, till, store = make_coupon(), secrets.token_hex(8), secrets.randbelow(10**9)
    text = code_of(coupon).text
    for _ in range(25):
        assert scan(text, till=till, store_id=store).coupon.id == coupon.id
    for _ in range(20):
        with pytest.raises(CodeRefused):
            scan(codes.with_check(codes.encode(secrets.token_bytes(10))), till=till, store_id=store)
    with pytest.raises(RateLimited):
        scan(text, till=till, store_id=store)
    assert scan(text, store_id=store).coupon.id == coupon.id


def test_guesses_spread_over_the_tills_of_a_store_end_after_a_hundred():
    store = secrets.randbelow(10**9)
    for _ in range(100):
        with pytest.raises(CodeRefused):
            scan("0000-0000-0000-00001", store_id=store)
    with pytest.raises(RateLimited):
        scan("0000-0000-0000-00001", store_id=store)


def test_the_holder_alone_sees_the_code_and_the_database_does_not_know_it():
    coupon = make_coupon()
    with pytest.raises(CouponUnknown):
        api.code_of(coupon_id=coupon.id, member_id=make_member().id, now=NOW)
    with pytest.raises(CouponUnknown):
        api.code_of(coupon_id=uuid7(), member_id=coupon.member_id, now=NOW)
    code = codes.tidy(code_of(coupon).text)[:-1]
    row = db.row("SELECT * FROM coupons_coupon WHERE id = %s", [coupon.id])
    assert code.encode() not in bytes(row["code_index"]) + bytes(row["code_encrypted"])
    assert code not in str(row)


def test_one_wrong_character_and_any_two_exchanged_are_always_found():
    text = codes.with_check("0123456789ABCDEF")
    assert codes.read(text) == "0123456789ABCDEF"
    for place, character in itertools.product(range(17), codes.ALPHABET):
        wrong = text[:place] + character + text[place + 1 :]
        assert (codes.read(wrong) is None) == (wrong != text)
    for first, second in itertools.combinations(range(17), 2):
        swapped = list(text)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        assert (codes.read("".join(swapped)) is None) == (text[first] != text[second])


def test_a_code_holds_eighty_bits():
    assert len({codes.encode(bytes(9) + bytes([value])) for value in range(256)}) == 256
    assert codes.encode(b"\xff" * 10) == "Z" * 16
    assert codes.encode(bytes(10)) == "0" * 16
    assert codes.grouped("0123456789ABCDEFG") == "0123-4567-89AB-CDEFG"


def test_a_payload_signed_for_another_step_of_time_is_worth_nothing():
    def sign(text):
        return text.encode().rjust(64, b"\0")[-8:]

    code = "0123456789ABCDEF"
    payload = payloads.payload(code, now=NOW, sign=sign)
    assert payloads.read(payload, now=NOW, sign=sign) == code
    assert payloads.read(payload, now=NOW - payloads.STEP, sign=sign) is None
    assert payloads.read(payload, now=NOW + 2 * payloads.STEP, sign=sign) is None
