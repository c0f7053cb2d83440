"""The best combination of coupons: by trying, with few quotes, and none spent for nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from quanyu.modules.checkout.contracts import Quote, QuotedCoupon
from quanyu.modules.mall.rules.best_coupons import STARTS_MAX, TOGETHER_MAX, best_coupons, saved_fen


def coupon_id(number: int) -> UUID:
    return UUID(int=number)


@dataclass
class Wallet:
    """Plays checkout: coupons by number save these amounts; those named together may stand together."""

    amounts: dict[int, int]
    together: tuple[frozenset[int], ...] = ()
    asked: list[tuple[int, ...]] = field(default_factory=list)

    def quote(self, ids: tuple[UUID, ...]) -> Quote:
        chosen = tuple(one.int for one in ids)
        self.asked.append(chosen)
        coupons = tuple(self._coupon(number, chosen) for number in self.amounts)
        return Quote((), 0, 0, 0, 0, (), (), coupons=coupons)

    def _coupon(self, number: int, chosen: tuple[int, ...]) -> QuotedCoupon:
        fits = not chosen or any({number, *chosen} <= group for group in self.together)
        usable = number in chosen or fits
        amount = self.amounts[number] if usable else 0
        return QuotedCoupon(coupon_id(number), f"C{number}", "", amount, number in chosen, usable)

    def best(self) -> tuple[list[int], int]:
        ids, quote = best_coupons(bare=self.quote(()), ask=self.quote)
        return [one.int for one in ids], saved_fen(quote)


def test_the_single_coupon_that_saves_most_wins():
    assert Wallet({1: 500, 2: 900, 3: 100}).best() == ([2], 900)


def test_two_that_may_stand_together_win_over_one_that_saves_more_alone():
    wallet = Wallet({1: 500, 2: 900, 3: 450}, together=(frozenset({1, 3}),))
    assert wallet.best() == ([1, 3], 950)


def test_one_wins_over_two_that_save_less_together():
    wallet = Wallet({1: 300, 2: 900, 3: 450}, together=(frozenset({1, 3}),))
    assert wallet.best() == ([2], 900)


def test_a_coupon_that_saves_nothing_is_not_spent():
    assert Wallet({1: 0, 2: 0}).best() == ([], 0)
    assert Wallet({1: 500, 2: 0}, together=(frozenset({1, 2}),)).best() == ([1], 500)
    assert Wallet({}).best() == ([], 0)


def test_of_equal_savings_the_fewer_coupons_win():
    wallet = Wallet({1: 600, 2: 300, 3: 300}, together=(frozenset({2, 3}),))
    assert wallet.best() == ([1], 600)


def test_a_large_wallet_is_not_tried_through():
    everything = frozenset(range(1, 41))
    wallet = Wallet({number: number for number in everything}, together=(everything,))
    chosen, saved = wallet.best()
    assert (chosen, saved) == ([40, 39, 38, 37, 36], 190)
    assert len(wallet.asked) == 1 + STARTS_MAX * TOGETHER_MAX
