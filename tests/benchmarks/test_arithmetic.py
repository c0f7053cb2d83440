"""What the benchmarks make of what they measured: percentiles, ratios, other programs' reports, answers in pieces."""

from __future__ import annotations

import math

import pytest

from benchmarks import facts
from benchmarks.load import http1, till
from benchmarks.load.crowd import percentile
from benchmarks.load.http1 import Answers, Reply
from benchmarks.paths import order_path, reference, same_writes
from benchmarks.paths.growth import Figure, Found
from benchmarks.paths.reference import Slice


def slices(*rates: float) -> list[Slice]:
    return [Slice(1, rate, [0.001], 0, 0, 0, {}) for rate in rates]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1.0), (0.25, 1.0), (0.5, 2.0), (0.51, 3.0), (0.99, 4.0), (1.0, 4.0)]
)
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(share, expected):
    assert percentile([3.0, 1.0, 4.0, 2.0], share) == expected


def test_nothing_has_no_percentile():
    assert math.isnan(percentile([], 0.5))


def test_a_ratio_is_the_median_of_the_rounds():
    assert order_path.ratio(slices(10, 30, 80), slices(10, 10, 20)) == 3.0
    assert order_path.ratio(slices(10), slices(0)) == 0.0


def test_an_answer_is_taken_whole_from_whatever_pieces_it_comes_in():
    whole = b"HTTP/1.1 201 Created\r\nX: y\r\ncontent-length: 5\r\n\r\nhello"
    answers = Answers()
    assert [answers.feed(whole[place : place + 1]) for place in range(len(whole))] == [
        *[None] * (len(whole) - 1),
        Reply(201, b"hello"),
    ]
    assert answers.feed(b"HTTP/1.1 204 No Content\r\n\r\n") == Reply(204, b"")


def test_an_answer_in_chunks_is_put_together():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answers = Answers()
    assert answers.feed(head + b"4\r\nwiki\r\n5;x=1\r\npedi") is None
    assert answers.feed(b"a\r\n0\r\n\r\n") == Reply(200, b"wikipedia")


def test_a_request_says_how_long_its_body_is():
    head = http1.template("POST", "/a", {"Host": "b"})
    assert http1.request(head, b"{}") == b"POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}"


def test_a_basket_has_one_of_each_third_and_costs_what_is_left():
    goods = [(number, 100 * number) for number in range(1, 10)]
    draw = till.draw_from(goods, off=lambda total: total // 10, first=1)
    basket, payable_fen = draw()
    skus = [sku for sku, quantity in basket if quantity == 1]
    assert [skus[0] == 2, skus[1] in (4, 5, 6), skus[2] in (7, 8, 9)] == [True, True, True]
    assert payable_fen == 90 * sum(skus)


def test_no_two_clients_share_a_till():
    made = [object() for _ in range(5)]
    used: list[set[object]] = []

    def deed(one, draw):
        used[-1].add(one)
        yield from ()

    for maker in till.makers(made, lambda: ([], 0), clients=2, deed=deed):
        used.append(set())
        for _ in range(7):
            assert list(maker()) == []
    assert [used[0] & used[1], used[0] | used[1]] == [set(), set(made)]


REPORT = """\
number of transactions actually processed: {count}
number of failed transactions: 0 (0.000%)
latency average = 1.9 ms
{rate}"""


def test_the_report_of_pgbench_is_read():
    rate = "tps = 523.456789 (without initial connection time)\n"
    assert reference.parse_report(REPORT.format(count=1047, rate=rate)) == (1047, 523.456789)
    assert reference.parse_report(REPORT.format(count=0, rate="")) == (0, 0.0)
    with pytest.raises(ValueError, match="something else"):
        reference.parse_report("FATAL: no")


def test_the_log_of_pgbench_is_read():
    assert reference.parse_log("0 1 1500 0 1763800000 5\n1 1 20 0 1763800000 9\n") == [0.0015, 0.00002]


def test_what_an_order_wrote_is_the_difference_by_the_orders():
    found = same_writes.per_order({"a +": 10, "b ~": 5}, {"a +": 40, "b ~": 5, "c +": 15}, orders=10)
    assert found == {"a +": 3.0, "c +": 1.5}


def test_growth_compares_the_largest_history_with_the_smallest():
    found = Found(figures={10: {"sale": Figure(1, 1.0, 1.0, 1)}, 1000: {"sale": Figure(1, 1.5, 1.5, 1)}})
    assert found.growth() == [("sale", 1.5)]


def test_a_table_is_as_wide_as_its_cells():
    assert facts.table(("a", "long"), [(123, 4)]) == ["| a   | long |", "|-----|------|", "| 123 | 4    |"]


def test_stolen_time_is_a_share_of_what_passed():
    assert facts.Load(300, 30).steal_percent(facts.Load(100, 10)) == 10.0
    assert facts.Load(100, 10).steal_percent(facts.Load(100, 10)) == 0.0
