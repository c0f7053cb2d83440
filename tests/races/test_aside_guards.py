"""Do the tests bite? Each guard of what is set aside for tills is taken away in a copy, and must be missed."""

from __future__ import annotations

import pytest

from tests.harness import scenes_of_aside as scenes
from tests.harness.mutations import holds, share, without
from tests.harness.path_room import PathRoom

pytestmark = pytest.mark.race

ASIDE, TAKE, MOVE = "inventory/22_set_aside.sql", "inventory/25_take.sql", "inventory/30_move.sql"
_SHARE = "least(room.wanted, room.share - (room.aside - room.mine)) AS units"
_OWN = "(aside.cause_kind = 'till' OR (aside.cause_kind = 'till_only' AND aside.cause_id = p_till))"
MUTATIONS = [
    without(
        "a till may have what is set aside",
        scenes.the_till_has_it,
        TAKE,
        "+ inventory_aside(stock.location_id, stock.sku_id, stock.owner_id, want.till) AS free",
        "AS free",
    ),
    without(
        "who has nothing in hands may not",
        scenes.others_leave_it,
        ASIDE,
        "        AND p_till IS NOT NULL\n",
    ),
    without(
        "what is drawn is no longer held",
        scenes.the_till_has_it,
        TAKE,
        "WHERE left_of.value::bigint < 0\n",
        "WHERE false\n",
    ),
    without(
        "what is left of it stays",
        scenes.the_till_has_it,
        ASIDE,
        "ELSE aside.before + aside.quantity - p_units END",
        "ELSE aside.quantity END",
    ),
    without("another's alone is not had", scenes.not_the_neighbours, ASIDE, _OWN, "true"),
    without(
        "one's own goes first",
        scenes.ones_own_first,
        ASIDE,
        "ORDER BY (one.cause_id = p_till) DESC, one.id",
        "ORDER BY one.id",
    ),
    without(
        "who comes behind sees what is left",
        scenes.two_in_one_batch,
        TAKE,
        "greatest(left_of.value::bigint, 0)",
        "greatest(left_of.value::bigint, 2)",
    ),
    without("the share", scenes.no_more_than_the_share, ASIDE, _SHARE, "room.wanted AS units"),
    without(
        "what others have of the share",
        scenes.no_more_than_the_share,
        ASIDE,
        "room.share - (room.aside - room.mine)",
        "room.share",
    ),
    without(
        "what is promised is not free",
        scenes.only_what_is_free,
        ASIDE,
        "(stock.on_hand - stock.reserved + held.aside) * p_share_bp",
        "stock.on_hand * p_share_bp",
    ),
    without(
        "what it asks for no more is given back",
        scenes.the_last_word_counts,
        ASIDE,
        "OR coalesce(target.units, 0) <= 0)",
        "OR false)",
    ),
    without(
        "a SKU that is named twice is one want",
        scenes.the_last_word_counts,
        ASIDE,
        "GROUP BY given.sku_id",
        "GROUP BY given.sku_id, given.quantity",
    ),
    without(
        "kept in one way",
        scenes.another_way_of_keeping,
        ASIDE,
        "mine.cause_kind <> p_kind OR mine.location_id",
        "mine.location_id",
    ),
    without(
        "it goes on when it is asked for in time",
        scenes.it_lapses,
        ASIDE,
        "AND (mine.quantity <> target.units OR mine.expires_at < p_now + (p_until - p_now) / 2)",
        "AND mine.quantity <> target.units",
    ),
    without(
        "goods that are not there are not kept",
        scenes.a_count_knows_better,
        MOVE,
        "        PERFORM inventory_give_back_aside(v_stock_ids, p_now);\n",
    ),
    without(
        "the count may have them",
        scenes.a_count_knows_better,
        MOVE,
        "            UNION ALL\n"
        "            SELECT * FROM inventory_aside_of((SELECT array_agg(tight.id) FROM tight), p_now)\n",
    ),
    without(
        "calls of one till take turns",
        scenes.one_till_asks_twice,
        ASIDE,
        "    PERFORM platform_lock(14, ARRAY[hashtext(p_till)]);\n",
    ),
    without(
        "its rows are locked",
        scenes.a_buyer_was_first,
        ASIDE,
        "    PERFORM inventory_lock(array_agg(place.location_id), array_agg(place.sku_id))\n",
        "    PERFORM array_agg(place.location_id), array_agg(place.sku_id)\n",
    ),
]
SCENARIOS = sorted(
    {mutation.scenario for mutation in MUTATIONS} | {scenes.tills_and_buyers}, key=lambda scenario: scenario.__name__
)


def room_for(_scenario, cuts=()):
    """Make the copy without some guards."""
    return PathRoom(cuts)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_with_all_guards_it_holds(scenario):
    with room_for(scenario) as room:
        assert holds(scenario, room) == "as it must"


@pytest.mark.parametrize("mutation", share(MUTATIONS), ids=lambda mutation: mutation.guard)
def test_without_a_guard_it_is_noticed(mutation):
    assert mutation.killed(room_for)
