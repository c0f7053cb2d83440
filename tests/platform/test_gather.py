"""Group work: nobody waits for company, everybody gets his own outcome, and what breaks hurts only who is to blame."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import prometheus_client
import pytest

from quanyu.platform.gather import Busy, Gatherer, OutcomeUnknown
from tests.harness.gatherers import WAIT_S_MAX, until_waiting


class Bench:
    """Work whose batches are seen, and that can be held up."""

    def __init__(self, judge: Callable[[object], object] | None = None) -> None:
        self.batches: list[list[object]] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        self._judge = judge or (lambda item: item)

    def __call__(self, items: list[object]) -> list[object]:
        self.batches.append(list(items))
        self.entered.release()
        assert self.gate.wait(WAIT_S_MAX)
        return [self._judge(item) for item in items]

    def wait_until_entered(self) -> None:
        assert self.entered.acquire(timeout=WAIT_S_MAX)


def figure(name: str, gatherer: Gatherer) -> float:
    return prometheus_client.REGISTRY.get_sample_value(name, {"name": gatherer.name}) or 0.0


def test_a_lone_item_waits_for_nobody(made):
    bench = Bench()
    assert made(bench).call("one") == "one"
    assert bench.batches == [["one"]]


def test_what_gathers_while_a_batch_is_worked_on_leaves_together_and_keeps_its_order(made):
    bench = Bench(judge=lambda item: item * 10)
    gatherer = made(bench)
    bench.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(gatherer.call, 1)
        bench.wait_until_entered()
        others = []
        for item in (2, 3, 4):
            others.append(pool.submit(gatherer.call, item))
            until_waiting(gatherer, len(others))
        bench.gate.set()
        assert [first.result(WAIT_S_MAX), *(other.result(WAIT_S_MAX) for other in others)] == [10, 20, 30, 40]
    assert bench.batches == [[1], [2, 3, 4]]
    assert figure("quanyu_gathered_batch_size_sum", gatherer) == 4
    assert figure("quanyu_gathered_batch_size_count", gatherer) == 2


def test_a_batch_has_at_most_the_given_number(made):
    bench = Bench()
    gatherer = made(bench, most=2)
    bench.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(gatherer.call, 0)]
        bench.wait_until_entered()
        calls += [pool.submit(gatherer.call, item) for item in range(1, 6)]
        until_waiting(gatherer, 5)
        bench.gate.set()
        assert sorted(call.result(WAIT_S_MAX) for call in calls) == [0, 1, 2, 3, 4, 5]
    assert [len(batch) for batch in bench.batches] == [1, 2, 2, 1]


def test_two_threads_work_on_two_batches_at_a_time(made):
    bench = Bench()
    gatherer = made(bench, threads=2)
    bench.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(gatherer.call, 1)]
        bench.wait_until_entered()
        calls.append(pool.submit(gatherer.call, 2))
        bench.wait_until_entered()
        bench.gate.set()
        assert [call.result(WAIT_S_MAX) for call in calls] == [1, 2]
    assert sorted(bench.batches) == [[1], [2]]


def test_a_full_waiting_room_refuses_at_once_and_nothing_is_done(made):
    bench = Bench()
    gatherer = made(bench, waiting=1)
    bench.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        worked_on = pool.submit(gatherer.call, "in work")
        bench.wait_until_entered()
        waiting = pool.submit(gatherer.call, "waits")
        until_waiting(gatherer, 1)
        assert figure("quanyu_gathered_waiting", gatherer) == 1
        with pytest.raises(Busy) as refused:
            gatherer.call("too many")
        assert (refused.value.status, refused.value.code) == (503, "busy")
        assert refused.value.params == {"retry_after_s": 1}
        bench.gate.set()
        assert (worked_on.result(WAIT_S_MAX), waiting.result(WAIT_S_MAX)) == ("in work", "waits")
    assert bench.batches == [["in work"], ["waits"]]
    assert figure("quanyu_gathered_busy_total", gatherer) == 1


def test_an_exception_among_the_outcomes_is_for_its_item_alone(made):
    bench = Bench(judge=lambda item: ValueError(item) if item == "bad" else item)
    gatherer = made(bench)
    bench.gate.clear()
    with ThreadPoolExecutor(4) as pool:
        pool.submit(gatherer.call, "first")
        bench.wait_until_entered()
        bad, good = pool.submit(gatherer.call, "bad"), pool.submit(gatherer.call, "good")
        until_waiting(gatherer, 2)
        bench.gate.set()
        with pytest.raises(ValueError, match="bad"):
            bad.result(WAIT_S_MAX)
        assert good.result(WAIT_S_MAX) == "good"


@pytest.mark.parametrize("poison", [{3}, {0, 7}, set(range(8))])
def test_a_batch_that_breaks_is_halved_until_only_those_to_blame_have_the_error(made, poison):
    tried: list[list[int]] = []
    held = threading.Event()
    entered = threading.Event()

    def work(items):
        tried.append(list(items))
        if items == [-1]:
            entered.set()
            assert held.wait(WAIT_S_MAX)
        if poison & set(items):
            raise ArithmeticError("poison")
        return [item * 2 for item in items]

    gatherer = made(work)
    with ThreadPoolExecutor(9) as pool:
        pool.submit(gatherer.call, -1)
        assert entered.wait(WAIT_S_MAX)
        calls = []
        for item in range(8):
            calls.append(pool.submit(gatherer.call, item))
            until_waiting(gatherer, item + 1)
        held.set()
        for item, call in enumerate(calls):
            if item in poison:
                with pytest.raises(ArithmeticError):
                    call.result(WAIT_S_MAX)
            else:
                assert call.result(WAIT_S_MAX) == item * 2
    assert tried[1] == list(range(8))
    # Never more than each half of each half once: 15 tries for 8 items at the worst.
    assert len(tried) - 1 <= 15


def test_work_that_forgets_somebody_is_an_error_not_a_mix_up(made):
    with pytest.raises(RuntimeError, match="0 outcomes for 1 items"):
        made(lambda _: []).call("anything")


def test_who_was_not_reached_in_time_is_refused_and_nothing_is_done_for_him(made):
    bench = Bench()
    gatherer = made(bench, patience_s=0.2)
    bench.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        worked_on = pool.submit(gatherer.call, "in work")
        bench.wait_until_entered()
        with pytest.raises(Busy):
            gatherer.call("impatient")
        # The first is being worked on: whether it will be done cannot be said.
        with pytest.raises(OutcomeUnknown) as unknown:
            worked_on.result(WAIT_S_MAX)
        assert (unknown.value.status, unknown.value.code) == (503, "outcome_unknown")
    bench.gate.set()
    assert gatherer.drain(seconds_max=WAIT_S_MAX)
    assert bench.batches == [["in work"]]


def test_coroutines_and_threads_share_a_batch(made):
    bench = Bench(judge=lambda item: item if item != 3 else KeyError(3))
    gatherer = made(bench)
    bench.gate.clear()

    async def ask() -> list[object]:
        tasks = [asyncio.create_task(gatherer.acall(item)) for item in (2, 3)]
        await asyncio.to_thread(until_waiting, gatherer, 2)
        bench.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(gatherer.call, 1)
        bench.wait_until_entered()
        second, third = asyncio.run(ask())
        assert (first.result(WAIT_S_MAX), second) == (1, 2)
        assert isinstance(third, KeyError)
    assert bench.batches == [[1], [2, 3]]


def test_a_coroutine_that_is_cancelled_gives_up_the_answer_not_the_work(made):
    bench = Bench()
    gatherer = made(bench)
    bench.gate.clear()

    async def hang_up() -> None:
        first = asyncio.create_task(gatherer.acall("in work"))
        await asyncio.to_thread(bench.wait_until_entered)
        second = asyncio.create_task(gatherer.acall("waits"))
        await asyncio.to_thread(until_waiting, gatherer, 1)
        first.cancel()
        second.cancel()
        bench.gate.set()
        assert await asyncio.gather(first, second, return_exceptions=True) != []
        assert await gatherer.acall("afterwards") == "afterwards"

    asyncio.run(hang_up())
    assert [item for batch in bench.batches for item in batch] == ["in work", "waits", "afterwards"]


def test_an_impatient_coroutine_is_told_the_same_as_a_thread(made):
    bench = Bench()
    gatherer = made(bench, patience_s=0.1)
    bench.gate.clear()

    async def ask() -> None:
        first = asyncio.create_task(gatherer.acall("in work"))
        await asyncio.to_thread(bench.wait_until_entered)
        with pytest.raises(Busy):
            await gatherer.acall("waits")
        with pytest.raises(OutcomeUnknown):
            await first

    asyncio.run(ask())
    bench.gate.set()


def test_work_may_call_its_own_gatherer(made):
    holder: list[Gatherer] = []
    holder.append(made(lambda items: [item if item == "inner" else holder[0].call("inner") for item in items]))
    assert holder[0].call("outer") == "inner"


def test_a_gatherer_at_rest_is_drained_and_one_at_work_is_not(made):
    bench = Bench()
    gatherer = made(bench)
    assert gatherer.drain(seconds_max=0)
    bench.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(gatherer.call, 1)
        bench.wait_until_entered()
        assert not gatherer.drain(seconds_max=0.01)
        bench.gate.set()
        assert gatherer.drain(seconds_max=WAIT_S_MAX)
        assert call.result(WAIT_S_MAX) == 1


def test_a_closed_gatherer_finishes_what_waits_and_starts_again_with_the_next_item(made):
    bench = Bench()
    gatherer = made(bench)
    assert gatherer.call(1) == 1
    (before,) = gatherer._threads
    gatherer.close()
    assert not before.is_alive()
    assert gatherer.call(2) == 2


def test_a_forked_child_has_threads_of_its_own(made):
    gatherer = made(lambda items: [os.getpid() for _ in items])
    assert gatherer.call(None) == os.getpid()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        # No test runner in here: whatever happens, the child ends.
        try:
            os.write(write, str(gatherer.call(None)).encode())
        finally:
            os._exit(0)
    os.close(write)
    try:
        assert os.read(read, 100) == str(child).encode()
    finally:
        os.close(read)
        os.waitpid(child, 0)


def test_nonsense_is_refused_when_it_is_made():
    for options in ({"most": 0}, {"waiting": 0}, {"threads": 0}):
        with pytest.raises(ValueError, match="at least one"):
            Gatherer("nonsense", list, **options)
