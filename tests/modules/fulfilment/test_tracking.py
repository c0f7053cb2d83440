"""Parcels are asked about by the clock: what the service says is written once, what it gets wrong changes nothing."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError

from quanyu.entrypoints import parcels as joined
from quanyu.kernel.actor import SYSTEM, Actor, ActorKind
from quanyu.kernel.clock import system_clock
from quanyu.modules.checkout import api as checkout
from quanyu.modules.fulfilment import api as fulfilment
from quanyu.modules.fulfilment.contracts import ParcelState, ParcelUnknown
from quanyu.modules.fulfilment.ops import parcels as parcel_ops
from quanyu.modules.fulfilment.providers.kuaidi100 import Kuaidi100Config, sign
from quanyu.modules.fulfilment.providers.tracking import Said, Step, Track
from quanyu.modules.fulfilment.queries import parcels as query
from quanyu.modules.fulfilment.simulators.journeys import journey
from quanyu.modules.fulfilment.simulators.server import Service, config, serving
from quanyu.modules.members import api as members
from quanyu.modules.orders import api as orders
from quanyu.modules.orders.contracts import Delivery, State
from quanyu.platform import db, pii
from tests.harness import checkout as buying
from tests.harness.chain import Chain, make_chain
from tests.harness.members import make_member
from tests.harness.parallel import parallel

FULL_WAY = 6


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(stock=100)


@pytest.fixture
def service():
    made = Service()
    made.slow_seconds = 0.1
    with serving(made) as address:
        fulfilment.use_tracker(tracker=fulfilment.Kuaidi100(config(address), joined.send))
        yield made
    fulfilment.use_tracker(tracker=None)


@pytest.fixture
def parcel(chain):
    """A parcel of its own; returns its order's id. Parcels of other tests are not asked about."""
    db.execute("UPDATE fulfilment_parcel SET ask_at = NULL WHERE state = 'moving'")
    return shipped(chain, "YTO", f"YT{datetime.now(UTC).timestamp():.6f}".replace(".", ""))


def shipped(chain, carrier, number, *, phone="13800004711"):
    member = make_member()
    line = buying.command(chain.store, (chain.milk, 1), delivery=Delivery.PICKUP, member_id=member.id)
    order = buying.place(line)
    where = {"name": "张三", "phone": phone, "area_code": "440305", "area_name": "", "text": "", "masked": "",
             "longitude": None, "latitude": None}  # fmt: skip
    db.execute(
        "UPDATE orders_order SET delivery = 'express', address_encrypted = %s WHERE id = %s",
        [pii.encrypt(json.dumps(where), orders.ADDRESS_AAD.format(order_id=order.id)) if phone else None, order.id],
    )
    tender = checkout.TenderGiven(tender="card", amount_fen=order.payable_fen)
    checkout.add_tenders(order_id=order.id, tenders=(tender,), till=None, actor=SYSTEM, now=system_clock.now())
    done = checkout.ship(order_id=order.id, carrier=carrier, tracking=number, actor=SYSTEM, now=system_clock.now())
    assert done.state is State.COMPLETED
    return order.id


def ask(seconds=30):
    """Let the clock's turn come."""
    return fulfilment.ask_about_due(now=system_clock.now() + timedelta(seconds=seconds))


def of(order_id):
    (found,) = fulfilment.parcels_of(order_ids=[order_id])[order_id]
    return found


def test_a_parcel_moves_as_the_service_says_and_is_delivered(service, parcel):
    assert ask() == 1
    first = of(parcel)
    assert (first.state, len(first.events)) == (ParcelState.MOVING, 1)
    service.ahead_seconds = 3600
    assert ask(seconds=4000) == 1
    last = of(parcel)
    assert (last.state, len(last.events)) == (ParcelState.DELIVERED, FULL_WAY)
    assert last.delivered_at == last.events[0].at
    assert ask(seconds=8000) == 0


@pytest.mark.parametrize(
    "fault", ["hang_up", "server_error", "garbage", "rate_limit", "another_parcel", "unknown", "slow"]
)
def test_what_goes_wrong_is_asked_again_and_says_nothing(service, parcel, fault):
    service.plan(fault)
    assert ask() == 1
    assert (of(parcel).state, len(of(parcel).events)) == (ParcelState.MOVING, 1 if fault == "slow" else 0)
    assert ask() == 0  # it waits for its next turn
    assert ask(seconds=120) == 1
    assert len(of(parcel).events) == 1


def test_what_is_told_twice_is_written_once(service, parcel):
    ask()
    service.ahead_seconds = 3600
    service.plan("twice")
    ask(seconds=4000)
    assert len(of(parcel).events) == FULL_WAY


def test_one_failure_keeps_no_other_parcel_waiting(service, parcel, chain):
    other = shipped(chain, "ZTO", f"ZT{datetime.now(UTC).timestamp():.6f}".replace(".", ""))
    service.plan("garbage")
    assert ask() == 2
    assert sorted([len(of(parcel).events), len(of(other).events)]) == [0, 1]


def number(prefix):
    return f"{prefix}{datetime.now(UTC).timestamp():.6f}".replace(".", "")


def test_ful_07_who_gives_the_phone_to_the_carrier_gives_four_digits_where_they_are_wanted(
    service, chain, parcel, monkeypatch
):
    told, answer = [], service.answer
    monkeypatch.setattr(
        service,
        "answer",
        lambda form, fault: told.append(json.loads(form["param"]).get("phone")) or answer(form, fault),
    )
    sf = shipped(chain, "SF", number("SF"), phone="+852-6123 4567")
    assert ask() == 2
    assert set(told) == {None, "4567"}
    assert (len(of(sf).events), len(of(parcel).events)) == (1, 1)


def test_a_parcel_whose_wanted_phone_is_not_known_is_not_asked_about_but_not_for_ever_either(service, chain, parcel):
    db.execute("UPDATE fulfilment_parcel SET ask_at = NULL WHERE state = 'moving'")
    sf = shipped(chain, "SF", number("SF"), phone="")
    assert ask() == 1
    assert (service.asked, of(sf).state) == (0, ParcelState.MOVING)
    assert ask() == 0
    ask(seconds=16 * 86_400)
    assert (service.asked, of(sf).state) == (0, ParcelState.DELIVERED)


def test_the_simulator_refuses_such_a_carrier_without_the_phone(service):
    asked = '{"com":"shunfeng","num":"SF1"}'
    form = {"customer": "QUANYUDEMO", "sign": sign(asked, config("")), "param": asked}
    assert service.answer(form, "")["returnCode"] == "408"


@pytest.mark.parametrize("fault", ["rate_limit", "server_error", "unknown"])
def test_a_parcel_of_which_nothing_is_ever_known_is_not_asked_about_for_ever(service, parcel, fault):
    service.plan(fault)
    at = system_clock.now() + timedelta(days=16)
    assert fulfilment.ask_about_due(now=at) == 1
    assert (of(parcel).state, of(parcel).delivered_at) == (ParcelState.DELIVERED, at)
    assert fulfilment.ask_about_due(now=at + timedelta(days=1)) == 0


class SlowTracker:
    """Answers when two have asked about the same, or nobody else came."""

    def __init__(self):
        self.asked = 0
        self.met = threading.Barrier(2)

    def wants_phone(self, *, carrier):
        return False

    def track(self, *, carrier, number, phone_tail=""):
        self.asked += 1
        with suppress(threading.BrokenBarrierError):
            self.met.wait(timeout=2)
        return Track(Said.MOVING, ())


def only_look(*, now):
    """As it was: whose turn it is is looked up, and taken by nobody."""
    row = db.row(
        "SELECT p.id, p.order_id, c.track_code, p.number, p.asked, p.shipped_at FROM fulfilment_parcel p "
        "JOIN fulfilment_carrier c ON c.code = p.carrier_id WHERE p.ask_at <= %s ORDER BY p.ask_at, p.id LIMIT 1",
        [now],
    )
    return query.Due(**row) if row else None


@pytest.mark.race
@pytest.mark.parametrize(("guarded", "asked"), [(False, 2), (True, 1)])
def test_two_workers_do_not_ask_about_the_same_parcel(monkeypatch, parcel, guarded, asked):
    if not guarded:
        monkeypatch.setattr(parcel_ops, "take_due", only_look)
    tracker, now = SlowTracker(), system_clock.now() + timedelta(seconds=30)
    fulfilment.use_tracker(tracker=tracker)
    try:
        found = parallel(2, lambda _: fulfilment.ask_about_due(now=now, limit=1))
    finally:
        fulfilment.use_tracker(tracker=None)
    assert (sum(found), tracker.asked) == (asked, asked)
    assert db.value("SELECT asked FROM fulfilment_parcel WHERE order_id = %s", [parcel]) == asked


def test_a_parcel_whose_worker_died_is_taken_again(parcel):
    now = system_clock.now() + timedelta(seconds=30)
    first = db.in_transaction(lambda: parcel_ops.take_due(now=now))
    assert first.order_id == parcel
    assert fulfilment.ask_about_due(now=now + timedelta(minutes=4)) == 0
    assert fulfilment.ask_about_due(now=now + timedelta(minutes=5)) == 1


def test_a_carrier_that_nobody_can_ask_is_noted_by_people(service, chain, parcel):
    own = shipped(chain, "自家骑手", "")
    assert (of(own).carrier, of(own).carrier_name) == ("other", "自家骑手")
    ask()
    asked_before = service.asked
    assert of(own).events == ()
    rider = Actor(kind=ActorKind.STAFF, id="7", name="Wang", grants=SYSTEM.grants)
    checkout.note_delivered(order_id=own, actor=rider, now=system_clock.now())
    assert of(own).state is ParcelState.DELIVERED
    said_by = db.row(
        "SELECT actor_kind, actor_id FROM platform_audit WHERE action = 'fulfilment.delivered' AND subject_id = %s",
        [str(own)],
    )
    assert said_by == {"actor_kind": "staff", "actor_id": "7"}
    assert service.asked == asked_before == 1
    with pytest.raises(ParcelUnknown) as refused:
        checkout.note_delivered(order_id=own, actor=SYSTEM, now=system_clock.now())
    assert refused.value.code == "fulfilment.parcel_unknown"


def test_without_a_service_parcels_stay_where_they_are(parcel):
    assert ask() == 1
    assert (of(parcel).state, of(parcel).events) == (ParcelState.MOVING, ())


def test_a_parcel_nobody_hears_of_is_taken_as_delivered_in_the_end(parcel):
    ask(seconds=16 * 86_400)
    assert of(parcel).state is ParcelState.DELIVERED


def test_the_signature_is_the_services_own():
    # MD5 of param + key + customer in capitals, as the service writes it.
    assert sign('{"a":1}', Kuaidi100Config(customer="B", key="K")) == "527B9EBA2FADCB2C0258193BFE709FD8"


def test_the_same_number_goes_the_same_way():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert journey("YT1", first_seen=at, sender="x") == journey("YT1", first_seen=at, sender="x")
    timed = journey("QY1767225600123", first_seen=at + timedelta(days=9), sender="x")
    assert timed[0].at == datetime.fromtimestamp(1_767_225_600, UTC)
    assert timed[-1].state == "3"


def owner_of(order_id):
    return db.value("SELECT member_id FROM orders_order WHERE id = %s", [order_id])


def words_of(order_id):
    return [
        row["text"]
        for row in db.rows(
            "SELECT e.text FROM fulfilment_tracking_event e JOIN fulfilment_parcel p ON p.id = e.parcel_id "
            "WHERE p.order_id = %s",
            [order_id],
        )
    ]


def test_the_own_copy_holds_the_parcels_and_what_was_said_of_them(service, parcel):
    ask()
    member = owner_of(parcel)
    actor = Actor(kind=ActorKind.MEMBER, id=str(member), name="")
    copy = members.export_own_data(member_id=member, actor=actor, now=system_clock.now())
    (shown,) = json.loads(copy.json)["fulfilment"]["parcels"]
    known = of(parcel)
    assert (shown["carrier"], shown["number"], shown["state"]) == ("圆通速递", known.number, "moving")
    assert shown["events"] == [{"at": known.events[0].at.isoformat(), "text": known.events[0].text}]


def test_when_a_member_is_erased_what_was_said_of_the_parcels_is_forgotten_for_good(service, chain, parcel):
    other = shipped(chain, "YTO", number("YT"))
    ask()
    service.ahead_seconds = 3600
    ask(seconds=4000)
    moving = shipped(chain, "YTO", number("YU"))
    db.execute("UPDATE orders_order SET member_id = %s WHERE id = %s", [owner_of(parcel), moving])
    service.ahead_seconds = 0
    ask()
    assert (len(words_of(parcel)), len(words_of(moving)), len(words_of(other))) == (FULL_WAY, 1, FULL_WAY)
    at = system_clock.now()
    members.erase_member(member_id=owner_of(parcel), reason="asked for it", actor=SYSTEM, now=at)
    assert (words_of(parcel), words_of(moving), len(words_of(other))) == ([""] * FULL_WAY, [""], FULL_WAY)
    assert (of(moving).state, of(moving).delivered_at, of(moving).events) == (ParcelState.DELIVERED, at, ())
    service.ahead_seconds = 3600
    assert ask(seconds=8000) == 0


@pytest.mark.race
def test_an_answer_that_comes_after_the_erasure_is_not_written(parcel):
    member = owner_of(parcel)

    class Late:
        def wants_phone(self, *, carrier):
            return False

        def track(self, *, carrier, number, phone_tail=""):
            members.erase_member(member_id=member, reason="asked for it", actor=SYSTEM, now=system_clock.now())
            return Track(Said.MOVING, (Step(system_clock.now() - timedelta(hours=1), "快递员小陈 13900000000"),))

    fulfilment.use_tracker(tracker=Late())
    try:
        assert ask() == 1
    finally:
        fulfilment.use_tracker(tracker=None)
    assert words_of(parcel) == []


def test_words_are_forgotten_and_never_changed(service, parcel):
    ask()
    said = words_of(parcel)
    with pytest.raises(DatabaseError, match="is append-only"):
        db.execute("UPDATE fulfilment_tracking_event SET text = 'x'")
    assert words_of(parcel) == said


def test_what_was_said_and_sent_cannot_be_changed(parcel):
    for statement in ("UPDATE fulfilment_parcel SET number = 'x'", "DELETE FROM fulfilment_tracking_event"):
        with pytest.raises(DatabaseError, match="is append-only"):
            db.execute(statement)
