"""Money back: once per reason and reference, never more than was paid, and payments only with proof."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.kernel.clock import system_clock
from quanyu.kernel.ids import uuid7
from quanyu.modules.payments import api as payments
from quanyu.modules.payments.contracts import Payment, PaymentUnknown, RefundTooLarge, Tender
from quanyu.platform import db
from tests.harness.breaches import found_by

PAID_FEN = 1000


@pytest.fixture
def payment():
    """A payment that stands alone; taken out of the books afterwards, no order reconciles with it."""
    made = make_payment()
    yield made
    forget(made)


def make_payment(*, tender: str = "cash", proof: str | None = None, way: str = "till", amount_fen: int = PAID_FEN):
    payment_id = uuid7()
    db.execute(
        "INSERT INTO payments_payment (id, order_id, tender, way, amount_fen, state, out_trade_no, provider_txn, "
        "payer, prepay, created_at, paid_at) VALUES (%s, %s, %s, %s, %s, 'paid', %s, %s, '', '{}', now(), now())",
        [payment_id, uuid7(), tender, way, amount_fen, f"T{payment_id.hex[:28]}", proof],
    )
    return payments.payment(id=payment_id)


def forget(made: Payment) -> None:
    db.execute("DELETE FROM payments_refund WHERE payment_id = %s", [made.id])
    db.execute("DELETE FROM payments_payment WHERE id = %s", [made.id])


def refund(made: Payment, amount_fen: int, *, ref: str, reason: str = "return"):
    return db.in_transaction(
        lambda: payments.refund(
            payment_id=made.id, reason=reason, ref=ref, amount_fen=amount_fen, now=system_clock.now()
        )
    )


def test_i8_a_refund_happens_once_per_reason_and_reference(payment):
    first, again = refund(payment, 300, ref="a"), refund(payment, 300, ref="a")
    assert first == again
    assert refund(payment, 300, ref="a", reason="cancelled").id != first.id
    assert payments.payment(id=payment.id).refunded_fen == 600


def test_i8_more_than_what_is_left_is_refused_and_changes_nothing(payment):
    refund(payment, 700, ref="a")
    with pytest.raises(RefundTooLarge) as refusal:
        refund(payment, 301, ref="b")
    assert (refusal.value.field, refusal.value.params) == ("amount_fen", {"left_fen": 300})
    assert payments.payment(id=payment.id).refunded_fen == 700
    assert len(payments.refunds_of(payment_ids=[payment.id])[payment.id]) == 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(min_value=1, max_value=600), min_size=1, max_size=8))
def test_i8_any_sequence_of_refunds_stays_within_what_was_paid(amounts):
    made = make_payment()
    left = PAID_FEN
    for index, amount in enumerate(amounts):
        if amount <= left:
            refund(made, amount, ref=str(index))
            left -= amount
        else:
            with pytest.raises(RefundTooLarge):
                refund(made, amount, ref=str(index))
    assert payments.payment(id=made.id).refunded_fen == PAID_FEN - left
    forget(made)


def test_a_payment_is_refunded_more_than_a_hundred_times_under_numbers_of_their_own(payment):
    numbers = [refund(payment, 1, ref=str(index)).out_refund_no for index in range(120)]
    assert len(set(numbers)) == 120
    assert numbers[0].endswith("R01")
    assert numbers[119].endswith("R120")


def test_an_unpaid_payment_has_nothing_to_refund():
    payment_id = uuid7()
    db.execute(
        "INSERT INTO payments_payment (id, order_id, tender, way, amount_fen, state, out_trade_no, payer, prepay, "
        "created_at) VALUES (%s, %s, 'wechat', 'jsapi', 1000, 'closed', %s, '', '{}', now())",
        [payment_id, uuid7(), f"T{payment_id.hex[:28]}"],
    )
    made = payments.payment(id=payment_id)
    with pytest.raises(RefundTooLarge) as refusal:
        refund(made, 1, ref="a")
    assert refusal.value.params == {"left_fen": 0}
    forget(made)


def test_an_unknown_payment_is_unknown():
    with pytest.raises(PaymentUnknown):
        payments.payment(id=uuid7())


@pytest.mark.parametrize(
    ("tender", "proof", "way"), [("wechat", None, "jsapi"), ("alipay", None, "code"), ("wechat", "slip", "till")]
)
def test_i9_the_database_refuses_a_providers_money_without_the_providers_word(tender, proof, way):
    with pytest.raises(IntegrityError, match="provider_proof"):
        make_payment(tender=tender, proof=proof, way=way)


def test_i7_a_providers_transaction_is_booked_once_but_card_slips_may_repeat():
    txn = uuid7().hex
    standing = [make_payment(tender=Tender.WECHAT.value, proof=txn, way="jsapi")]
    with pytest.raises(IntegrityError, match="one_per_txn"):
        make_payment(tender=Tender.WECHAT.value, proof=txn, way="jsapi")
    standing += [make_payment(tender=Tender.CARD.value, proof="000123") for _ in range(2)]
    for made in standing:
        forget(made)


def test_i7_one_payment_of_an_order_is_open_at_a_time():
    order_id = uuid7()

    def open_one() -> None:
        payment_id = uuid7()
        db.execute(
            "INSERT INTO payments_payment (id, order_id, tender, way, amount_fen, state, out_trade_no, payer, "
            "prepay, created_at) VALUES (%s, %s, 'wechat', 'h5', 1, 'asking', %s, '', '{}', now())",
            [payment_id, order_id, f"T{payment_id.hex[:28]}"],
        )

    open_one()
    with pytest.raises(IntegrityError, match="one_live_per_order"):
        open_one()
    db.execute("DELETE FROM payments_payment WHERE order_id = %s", [order_id])


def test_reconciliation_finds_a_planted_breach_of_every_view(payment):
    refund(payment, 300, ref="a")
    planted = {
        "payments_breach_i7_one_per_transaction": [
            ("DROP INDEX payments_payment_one_per_txn", []),
            (
                (
                    "INSERT INTO payments_payment (id, order_id, tender, way, amount_fen, state, out_trade_no, payer, "
                    "prepay, provider_txn, created_at, paid_at) SELECT gen_random_uuid(), gen_random_uuid(), 'alipay', "
                    "'h5', 1, 'paid', 'PLANTED' || n, '', '{}', 'twice', now(), now() FROM generate_series(1, 2) AS n"
                ),
                [],
            ),
        ],
        "payments_breach_i8_refunds_within_paid": [
            ("UPDATE payments_payment SET refunded_fen = 299 WHERE id = %s", [payment.id])
        ],
        "payments_breach_i9_paid_has_proof": [
            ("ALTER TABLE payments_payment DROP CONSTRAINT payments_payment_provider_proof", []),
            ("UPDATE payments_payment SET tender = 'wechat' WHERE id = %s", [payment.id]),
        ],
    }
    views = db.rows("SELECT viewname FROM pg_views WHERE viewname ~ '^payments_breach_'")
    assert {row["viewname"] for row in views} == set(planted)
    for view, statements in planted.items():
        assert db.rows(f'SELECT * FROM "{view}"') == []
        assert len(found_by(view, *statements)) == 1
