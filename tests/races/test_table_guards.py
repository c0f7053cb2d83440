"""Each guard that a table of the order path has by itself refuses its attack; without it the attack is let in."""

from __future__ import annotations

import pytest

from tests.harness import table_guards

GUARDS = table_guards.found()


def test_every_check_has_an_attack():
    assert table_guards.unlisted() == []


def test_the_order_path_has_its_guards():
    kinds = [bool(guard.columns) for guard in GUARDS]
    assert (kinds.count(False) >= 70, kinds.count(True) >= 60) == (True, True)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_the_guard_refuses_its_attack_and_is_missed_without_it(guard):
    assert table_guards.holds(guard)
    assert not table_guards.holds(guard, removed=True)
