"""The only home of row locks and advisory locks (see docs/adr): once, late, sorted, with a time-out."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

from quanyu.platform import db

M = TypeVar("M", bound=Model)
_KEY_MODULUS = 2**31


class Space(IntEnum):
    """Key spaces of advisory locks. A number is permanent: never renumber, never reuse.

    ``sql/30_audit.sql`` takes ``AUDIT_CHAIN`` itself, checkout's ``05_rights.sql`` ``NEWCOMER``, inventory's
    ``22_set_aside.sql`` ``SET_ASIDE``.
    """

    AUDIT_CHAIN = 1
    SETTING = 2
    IMPORT = 3
    DEVICE = 4
    SHIFT = 5
    MEMBER = 6
    UNIT_TREE = 7
    NEWCOMER = 8
    FLASH_SKU = 9
    OWN_LISTS = 10
    INSIGHTS = 11
    OVERLAY = 12
    RECONCILIATION = 13
    SET_ASIDE = 14


def rows_for_update(queryset: QuerySet[M]) -> list[M]:
    """Lock the rows of a queryset in the order of their primary keys and return them.

    The fixed order is what keeps two transactions that lock several rows from waiting for each
    other. Raises ``RuntimeError`` outside a transaction, where a lock would be gone at once.
    """
    _demand_transaction()
    return list(queryset.order_by("pk").select_for_update(of=("self",)))


def advisory(space: Space, key: int) -> None:
    """Wait for the lock ``(space, key)`` and hold it until the transaction ends.

    ``key`` may be any integer; keys that are equal modulo 2**31 share a lock, which costs a wait
    but never a wrong result. Raises ``RuntimeError`` outside a transaction.
    """
    _demand_transaction()
    db.execute("SELECT pg_advisory_xact_lock(%s, %s)", [int(space), key % _KEY_MODULUS])


def try_advisory(space: Space, key: int) -> bool:
    """Take the lock ``(space, key)`` if it is free and hold it until the transaction ends; tell whether it was.

    For work that somebody else is doing already. Raises ``RuntimeError`` outside a transaction.
    """
    _demand_transaction()
    return bool(db.value("SELECT pg_try_advisory_xact_lock(%s, %s)", [int(space), key % _KEY_MODULUS]))


def _demand_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("a lock lives as long as its transaction; there is none")
