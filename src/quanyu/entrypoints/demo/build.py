"""Make the demo chain through the doors, deterministically; what stands already is left as it is."""

from __future__ import annotations

import os
import random
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import connection

from quanyu.entrypoints.demo import (
    campaigns,
    catalogue,
    history,
    members,
    moments,
    old_till,
    people,
    places,
    rewards,
    stock,
    window,
)
from quanyu.entrypoints.demo import chain as demo_chain
from quanyu.entrypoints.demo.chain import Chain
from quanyu.entrypoints.demo.members import Newcomer
from quanyu.entrypoints.demo.progress import Told, telling
from quanyu.entrypoints.demo.rhythm import SHANGHAI, at, promotion
from quanyu.entrypoints.demo.shoppers import Shoppers
from quanyu.entrypoints.demo.supply import Supply
from quanyu.entrypoints.demo.tills import SHIFT_DAYS, Tills
from quanyu.kernel.actor import SYSTEM, Scope
from quanyu.modules.catalog.contracts import SkuInfo
from quanyu.modules.identity import api as identity
from quanyu.modules.organization import api as organization
from quanyu.modules.organization.contracts import UnitKind
from quanyu.platform import db

SEED = 20261122
# What each part takes of the whole, in seconds of a plain machine: for the estimate.
SHARES = {
    "units": 1,
    "products": 3,
    "prices": 1,
    "opening stock": 4,
    "staff": 5,
    "members": 10,
    "rewards": 5,
    "orders": 60,
}


def exists() -> bool:
    """Tell whether the demo chain (or another chain) stands already."""
    return bool(organization.units_of_kind(kind=UnitKind.ENTERPRISE))


def build(*, now: datetime, days: int = history.DAYS) -> None:
    """Make the whole chain in dependency order, as it was so many days ago, and then let it trade until now."""
    last = now.astimezone(SHANGHAI).date()
    opened = at(last - timedelta(days=days + 1), 0)
    chance = random.Random(SEED)  # noqa: S311 - a demo must be the same every time
    # The disk is not waited for after each step: a demo that a power cut spoils is simply made again.
    db.execute("SET synchronous_commit TO off")
    with telling(SHARES) as told, catalogue.picture_pool() as pool, ThreadPoolExecutor(os.cpu_count()) as office:
        chain = demo_chain.make(told, now=opened)
        coming = _staff(office, chain, now=opened)
        skus = catalogue.make(chain, told, now=opened)
        hanging = catalogue.hang_up(pool, _products(skus), now=opened)
        catalogue.prices(chain, skus, told, opened=opened, now=now)
        stock.opening(chain, skus, told, chance=chance, now=opened)
        campaigns.make(skus, promotion(today=last, days=days), now=opened)
        _all_there(coming, told)
        moments.set_up(chain, skus, now=opened)
        trade = history.Trade(chain, Shoppers(chain, skus, chance), Supply(chain, skus), chance, now)
        shifts_from = max(last - timedelta(days=SHIFT_DAYS), last - timedelta(days=days))
        trade.tills = Tills(chain, first=shifts_from, chance=chance, now=opened)
        moments.plan(trade, first=last - timedelta(days=days), last=last, opened=opened)
        newcomers = _members(trade, people.members_of(days), told, opened=opened)
        history.make(trade, newcomers, told, days=days)
        for picture in hanging:
            picture.result()
        catalogue.close_connections(pool)
        old_till.make(chain, skus, now=now)
        window.make(chain, skus, now=now)
    db.execute("RESET synchronous_commit")


def _members(trade: history.Trade, count: int, told: Told, *, opened: datetime) -> list[Newcomer]:
    """Let those join who were there before, with what they have; return those who come while the chain trades."""
    told.part("members", count)
    coming = members.plan(count, opened=opened, now=trade.now, chance=trade.chance)
    old = list(members.join([one for one in coming if one.at < opened], trade.chain, told))
    members.come_again(count, now=opened)
    trade.shoppers.welcome(old)
    rewards.make(trade.chain.units, trade.supply.skus, [customer.id for customer in old], told, now=opened)
    return [one for one in coming if one.at >= opened]


def _products(skus: dict[str, SkuInfo]) -> dict[str, int]:
    return {sku.code.partition("-")[0]: sku.product_id for sku in skus.values()}


def _staff(office: ThreadPoolExecutor, chain: Chain, *, now: datetime) -> list[Future[None]]:
    """Take everybody on beside other work: a password and a PIN are hashed for each, slowly on purpose."""
    for role in identity.roles():
        if role.needs_totp:
            # A visitor of the demo has no authenticator app; a real chain keeps the product's choice.
            identity.change_role(code=role.code, needs_totp=False, actor=SYSTEM, now=now)
    everybody = (*people.STAFF, *people.cashiers([store.code for store in places.STORES]))
    return [office.submit(_person, person, chain, now=now) for person in everybody]


def _all_there(coming: list[Future[None]], told: Told) -> None:
    told.part("staff", len(coming))
    for person in coming:
        person.result()
        told.step()


def _person(person: people.Person, chain: Chain, *, now: datetime) -> None:
    unit_id = chain.units[person.unit].id
    try:
        member = identity.create_staff(
            username=person.username,
            name=person.name,
            unit_id=unit_id,
            password=people.PASSWORD if person in people.STAFF else None,
            pin=person.pin,
            language=person.language,
            actor=SYSTEM,
            now=now,
        )
        identity.assign_role(
            staff_id=member.id,
            role_code=person.role,
            scope=person.scope,
            unit_id=unit_id if person.scope is not Scope.ALL else None,
            actor=SYSTEM,
            now=now,
        )
    finally:
        connection.close()  # the thread's own
