"""What placing batches of orders must do, whoever else does something at the same time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from quanyu.kernel.ids import uuid7
from tests.harness.path_room import NOW, Order, answer, as_json, asked, one, place, states

BUYERS = 16
# Where all must meet, and a door before it where they wait for what happens meanwhile.
GATE = 20_261_123
DOOR = 20_261_124
MINUTE = timedelta(minutes=1)
SECOND_ROW = "SELECT FROM inventory_stock WHERE sku_id = 2 FOR NO KEY UPDATE"


def sell_out(room):
    """Ten units, sixteen batches of one order at once: exactly ten are placed, and nobody meets an error."""
    room.stock(1, 10)
    told = Counter(room.together_at_a_held_row(BUYERS, lambda c, _index: place(c, one())[0]))
    return told == {"placed": 10, "short": 6} and room.free() == (10, 10) and states(room) == {"placed": 10}


def last_units_in_a_batch(room):
    """Three orders for two units in one batch: in the order in which they came, and the third is told what is left."""
    room.stock(1, 2)
    with room.connect() as connection:
        found = answer(connection, one(), one(state="completed"), one())
    outcomes = [found[n]["outcome"] for n in range(3)]
    return outcomes == ["placed", "placed", "short"] and found[2]["short"][0]["available"] == 0


def duplicate_lines(room):
    """Two lines of one SKU are one demand, alone and in company."""
    room.stock(1, 3)
    with room.connect() as connection:
        refused = place(connection, Order(uuid7(), lines=((1, 2), (1, 2))))
        return refused == ["short"] and place(connection, Order(uuid7(), lines=((1, 2), (1, 1)))) == ["placed"]


def a_short_order_takes_nothing(room):
    """An order whose second line is short leaves its first to whoever comes behind."""
    room.stock(1, 1)
    room.stock(2, 1)
    with room.connect() as connection:
        told = place(connection, Order(uuid7(), lines=((1, 1), (2, 5))), one(1), one(2))
    return told == ["short", "placed", "placed"] and room.free(1) == room.free(2) == (1, 1)


def nothing_of_a_sku_without_a_row(room):
    """A SKU that never was here, or that nobody may sell, is short; its neighbours are not."""
    room.stock(1, 5)
    with room.connect() as connection:
        return place(connection, one(77), one(), one(1, owners=()), one(1, owners=(9,))) == [
            "short", "placed", "short", "short",
        ]  # fmt: skip


def owners_in_their_order(room):
    """The first owner who has enough serves, also when another has more."""
    room.stock(1, 2)
    line = {"line": "1", "location_id": 1, "sku_id": 1, "owner_id": 2, "on_hand": 50}
    with room.connect() as connection:
        asked(connection, "inventory_move", "adjustment", "test", "other", as_json(line), "t", "", NOW)
        found = answer(connection, one(1, 1, owners=(1, 2)), one(1, 3, owners=(1, 2)), one(1, 1, owners=(1, 2)))
    return [found[n]["owners"]["1"] for n in range(3)] == [1, 2, 1]


def safety_stays(room):
    """Online channels leave the safety stock, the till takes it; alone and where it is tight."""
    room.stock(1, 5, safety=2)
    with room.connect() as connection:
        alone = place(connection, one(1, 4, keep_safety=True))
        tight = place(connection, one(1, 2, keep_safety=True), one(1, 2, keep_safety=True), one(1, 3))
    return (alone, tight) == (["short"], ["placed", "short", "placed"])


def only_lapsed_units_are_taken(room):
    """A reservation holds until its moment, and not longer."""
    room.stock(1, 1)
    with room.connect() as connection:
        place(connection, one())
        early = place(connection, one(), now=NOW + 14 * MINUTE)
        late = place(connection, one(), now=NOW + 15 * MINUTE)
    return (early, late) == (["short"], ["placed"])


def one_order_of_locks(room):
    """Two batches with two SKUs in opposite order never wait for each other."""
    room.stock(1, 5)
    room.stock(2, 5)
    return room.one_after_another_at(
        SECOND_ROW, [lambda c: place(c, one(2), one(1)), lambda c: place(c, one(1), one(2))]
    ) == [["placed", "placed"], ["placed", "placed"]]


def a_repeat_is_known(room):
    """An order that stands, told again, alone and twice in a batch: it stays as it is."""
    room.stock(1, 5)
    order = one()
    with room.connect() as connection:
        told = [place(connection, order), place(connection, order), place(connection, one(), order)]
        twin = one()
        told.append(place(connection, twin, twin))
    # Of two in one batch the second waits for what becomes of the first.
    return told == [["placed"], ["known"], ["placed", "known"], ["placed", "again"]] and room.free() == (5, 3)


def a_repeat_that_took_the_last_unit(room):
    """One order for the last unit, sent twice at once: both are told that it stands, nobody that it is sold out."""
    room.stock(1, 1)
    order = one()
    told = room.one_after_another_at(room.HELD[0], [lambda c: place(c, order)[0], lambda c: place(c, order)[0]])
    return told == ["placed", "known"] and room.free() == (1, 1)


def a_number_whose_first_sale_did_not_come_about(room):
    """Two sales with one till number in one batch: when the first is short, nothing stands in the second's way."""
    room.stock(1, 5)
    number = (uuid7(), 7)
    known, second = one(), one(till=number)
    with room.connect() as connection:
        told = [place(connection, known), place(connection, known, one(1, 50, till=number), second)]
        told.append(place(connection, second))
    return told == [["placed"], ["known", "short", "again"], ["placed"]]


def goods_that_come_meanwhile(room):
    """The first piece ever of a SKU comes after two batches took their locks: one of them has it, one tries again."""
    with room.connect() as door:
        door.execute("SELECT pg_advisory_lock(%s)", [DOOR])

        def both_see_it():
            room.stock(9, 1)
            door.execute("SELECT pg_advisory_unlock(%s)", [DOOR])
            room.await_waiters_for(GATE, 2)

        told = room.one_after_another_at(
            f"SELECT pg_advisory_xact_lock({GATE})",
            [lambda c: place(c, one(9))[0], lambda c: place(c, one(9))[0]],
            then=both_see_it,
        )
    return sorted(told) == ["SerializationFailure", "placed"] and room.free(9) == (1, 1)


def one_number_of_a_till(room):
    """A till's number is one sale, in one batch and over many."""
    room.stock(1, 5)
    number = (uuid7(), 7)
    with room.connect() as connection:
        told = place(connection, one(till=number), one(till=(number[0], 8)))
        return told == ["placed", "placed"] and place(connection, one(till=number)) == ["known"]


def one_pickup_code(room):
    """A pickup code that waits at a store is not given twice; it is free again when its order is over."""
    room.stock(1, 5)
    with room.connect() as connection:
        order = one(pickup_code="1")
        told = [place(connection, order), place(connection, one(pickup_code="1"))]
        asked(connection, "checkout_cancel_unpaid", order.id, "t", "x", NOW)
        # With an order that stands among them all are looked at with care.
        known = one()
        place(connection, known)
        told.append(place(connection, known, one(pickup_code="1"), one(pickup_code=""), one(pickup_code="")))
    # Another code is drawn for the second.
    return told == [["placed"], ["again"], ["known", "placed", "placed", "placed"]]


def one_id_in_two_processes(room):
    """One order, in two batches with different goods, looked for before either has written it: one stands."""
    room.stock(1, 5)
    room.stock(2, 5)
    order = uuid7()
    deeds = [lambda c, sku=sku: place(c, Order(order, lines=((sku, 1),)))[0] for sku in (1, 2)]
    told = room.one_after_another_at(f"SELECT pg_advisory_xact_lock({GATE})", deeds)
    # Whoever came second found it written by somebody else, and looked again.
    return sorted(told) == ["known", "placed"] and room.free(1)[1] + room.free(2)[1] == 1


def repeated_while_it_is_cancelled(room):
    """An order that is sent again while somebody cancels it: nobody waits for anybody who waits for him."""
    room.stock(1, 5)
    again = one()
    with room.connect() as connection:
        assert place(connection, again) == ["placed"]
    told = room.one_after_another_at(
        "SELECT FROM inventory_stock FOR NO KEY UPDATE",
        [
            lambda c: place(c, again),
            lambda c: asked(c, "checkout_cancel_unpaid", again.id, "t", "x", NOW),
        ],
    )
    return told == [["known"], True] and room.free() == (5, 0)


def goods_for_every_line(room):
    """If the look at the stock ever forgot a line, the batch would be refused whole."""
    room.stock(1, 5)
    with room.connect() as connection:
        try:
            place(connection, Order(uuid7(), lines=((1, 1), (2, 1))))
        except Exception:  # noqa: BLE001 - whatever it is told, nothing stands
            return states(room) == {} and room.free() == (5, 0)
    return False


def money_for_every_order(room):
    """Money that does not cover its order, or money for one that waits for payment, is never booked."""
    room.stock(1, 5)
    with room.connect() as connection:
        for wrong in (one(state="paid", money=99), one(state="completed", money=101), one(money=100)):
            try:
                place(connection, wrong)
            except Exception:  # noqa: BLE001 - whatever it is told, nothing stands
                continue
            return False
    return states(room) == {} and room.free() == (5, 0)


def one_coupon_in_a_batch(room):
    """Two orders of a batch with one coupon: the first has it, the second leaves nothing, not even its points."""
    room.stock(1, 5)
    member = uuid7()
    coupon = room.coupon(room.offer(), member)
    room.points(member, 100)
    with room.connect() as connection:
        told = place(
            connection,
            one(member=member, coupons=[coupon]),
            one(member=member, coupons=[coupon]),
            one(member=member, points=60),
            one(member=member, points=60),
        )
    return told == ["placed", "coupon", "placed", "points"] and room.free() == (5, 2)


def a_refused_order_gives_back_what_it_took(room):
    """Coupon had, points short: the coupon is as before."""
    room.stock(1, 5)
    member = uuid7()
    coupon = room.coupon(room.offer(), member)
    with room.connect() as connection:
        told = place(connection, one(member=member, coupons=[coupon], points=10))
        return told == ["points"] and place(connection, one(member=member, coupons=[coupon])) == ["placed"]


def whoever_stood_in_the_way_and_is_refused(room):
    """The last unit, first in line an order whose coupon is used: whoever came behind is looked at again."""
    room.stock(1, 2)
    member = uuid7()
    coupon = room.coupon(room.offer(), member)
    behind = one()
    with room.connect() as connection:
        place(connection, one(member=member, coupons=[coupon]))
        told = place(connection, one(member=member, coupons=[coupon]), behind)
        return told == ["coupon", "again"] and place(connection, behind) == ["placed"]


def _opposite(room, held, first, second):
    """Two batches with goods of their own and rights in opposite order."""
    room.stock(1, 5)
    room.stock(2, 5)
    return room.one_after_another_at(
        held,
        [
            lambda c: place(c, one(1, **second), one(1, **first)),
            lambda c: place(c, one(2, **first), one(2, **second)),
        ],
    )


def coupons_in_one_order(room):
    """Coupons of two batches in opposite order."""
    member, template = uuid7(), room.offer()
    pair = sorted([room.coupon(template, member), room.coupon(template, member)])
    first, second = ({"member": member, "coupons": [coupon]} for coupon in pair)
    told = _opposite(room, f"SELECT FROM coupons_coupon WHERE id = '{pair[1]}' FOR NO KEY UPDATE", first, second)
    return told == [["placed", "placed"], ["coupon", "coupon"]]


def budgets_in_one_order(room):
    """Different coupons of two templates with a budget, in opposite order."""
    member = uuid7()
    low, high = sorted([room.offer(budget_fen=10**6), room.offer(budget_fen=10**6)])
    room.stock(1, 5)
    room.stock(2, 5)
    coupons = [[room.coupon(template, member) for template in pair] for pair in ((high, low), (low, high))]
    return room.one_after_another_at(
        f"SELECT FROM coupons_counter WHERE template_id = {high} FOR NO KEY UPDATE",
        [
            lambda c, sku=sku, pair=pair: place(c, *[one(sku, member=member, coupons=[it]) for it in pair])
            for sku, pair in enumerate(coupons, 1)
        ],
    ) == [["placed", "placed"], ["placed", "placed"]]


def accounts_in_one_order(room):
    """Points of two members in opposite order."""
    low, high = sorted([uuid7(), uuid7()])
    for member in (low, high):
        room.points(member, 100)
    first, second = ({"member": member, "points": 10} for member in (low, high))
    told = _opposite(room, f"SELECT FROM points_account WHERE member_id = '{high}' FOR NO KEY UPDATE", first, second)
    return told == [["placed", "placed"], ["placed", "placed"]]


def rights_before_stock(room):
    """Who holds a coupon and wants the stock meets a batch that wants both: they do not wait for each other."""
    room.stock(1, 5)
    member = uuid7()
    coupon = room.coupon(room.offer(), member)

    def ends_an_order(connection):
        with connection.transaction():
            connection.execute("SELECT coupons_lock(ARRAY[%s]::uuid[])", [coupon])
            connection.execute("SELECT inventory_lock(ARRAY[1]::bigint[], ARRAY[1]::bigint[])")
        return "ended"

    return room.one_after_another_at(
        f"SELECT FROM coupons_coupon WHERE id = '{coupon}' FOR NO KEY UPDATE",
        [ends_an_order, lambda c: place(c, one(member=member, coupons=[coupon]))],
    ) == ["ended", ["placed"]]


def one_first_order(room):
    """A price for new customers is for one order: in a batch, and however many are placed at once."""
    room.stock(1, 90)
    room.stock(2, 90)
    member, other = uuid7(), uuid7()
    first = [one(member=other, newcomer=True) for _ in range(2)]
    with room.connect() as connection:
        told = [place(connection, *first), place(connection, first[1]), place(connection, one(member=other))]
    at_once = room.together_at_a_held_row(
        BUYERS,
        lambda c, index: place(c, one(1 + index % 2, member=member, newcomer=True))[0],
        "SELECT pg_advisory_xact_lock(8, hashtext('" + str(member) + "'))",
    )
    return told == [["placed", "again"], ["bought_before"], ["placed"]] and Counter(at_once) == {
        "placed": 1,
        "bought_before": BUYERS - 1,
    }
