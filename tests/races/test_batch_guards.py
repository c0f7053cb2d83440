"""Do the tests bite? Each guard of placing orders is taken away in a copy, and must be missed (habit 12)."""

from __future__ import annotations

import pytest

from tests.harness import scenes_of_batches as scenes
from tests.harness.mutations import Cut, Mutation, holds, share, without
from tests.harness.path_room import PathRoom

pytestmark = pytest.mark.race

PLACE, RIGHTS = "checkout/10_place_orders.sql", "checkout/05_rights.sql"
LEDGER, TAKE = "inventory/10_ledger.sql", "inventory/25_take.sql"
INSERT, COUPONS = "orders/15_insert_batch.sql", "coupons/30_use.sql"
BROKEN_ADMIT = Cut(
    PLACE,
    "    v_short := checkout_short(v_lines, v_short);",
    "    v_n := v_n[1:1]; v_locations := v_locations[1:1]; v_skus := v_skus[1:1]; v_owners := v_owners[1:1]; "
    "v_short := NULL;\n    v_short := checkout_short(v_lines, v_short);",
)
GATED = Cut(
    PLACE,
    "    SELECT array_agg(written.n), array_agg(written.number) INTO v_n, v_numbers\n",
    f"    PERFORM pg_advisory_xact_lock_shared({scenes.GATE});\n"
    "    SELECT array_agg(written.n), array_agg(written.number) INTO v_n, v_numbers\n",
)
# What a scenario needs besides the product: a gate where two must meet, or a fault that a guard is there for.
LOCKED = Cut(
    PLACE,
    "    PERFORM checkout_lock_batch(v_orders, v_lines);\n",
    f"    PERFORM checkout_lock_batch(v_orders, v_lines);\n    PERFORM pg_advisory_xact_lock_shared({scenes.DOOR});\n",
)
GIVEN = {
    scenes.goods_that_come_meanwhile: [LOCKED, GATED],
    scenes.one_id_in_two_processes: [GATED],
    scenes.goods_for_every_line: [BROKEN_ADMIT],
}


def room_for(scenario, cuts=()):
    """Make the copy that a scenario needs, without some guards."""
    return PathRoom([*GIVEN.get(scenario, ()), *cuts])


NO_STOCK_LOCK = Cut(
    PLACE,
    "    PERFORM inventory_lock(array_agg(line.location_id), array_agg(line.sku_id))\n"
    "    FROM jsonb_to_recordset(p_lines) AS line (location_id bigint, sku_id bigint);\n",
    "",
)
NO_CONDITION = Cut(TAKE, "            AND stock.on_hand - stock.reserved >= change.leaving + change.staying\n", "")
NO_SOLD_TWICE = Cut(constraint=("inventory_stock", "inventory_stock_never_oversold"))
_CHOSEN = "CASE WHEN candidate.free >= candidate.quantity THEN candidate.position END, "
_HEADERS = "IF coalesce(cardinality(v_n), 0) <> jsonb_array_length(p_orders) THEN"
_BOOKED = "<> jsonb_array_length(p_lines) THEN"
_MONEY = "    IF v_wrong IS NOT NULL THEN"
_SAVEPOINT = "                RAISE EXCEPTION 'refused' USING ERRCODE = 'QY001';\n"
_BUDGETS_AS_ASKED = """
    ORDER BY array_position(p_coupons, (
        SELECT min(one.id::text)::uuid FROM coupons_coupon AS one
        WHERE one.template_id = counter.template_id AND one.id = ANY (p_coupons)
    )) FOR NO KEY UPDATE;
"""
_WRITTEN = "SELECT min(given.n), written.number::text FROM written JOIN given USING (id)"
MUTATIONS = [
    Mutation("a batch locks its stock", scenes.sell_out, [NO_STOCK_LOCK]),
    Mutation(
        "a batch locks its stock, the condition and the CHECK behind it",
        scenes.sell_out,
        [NO_STOCK_LOCK, NO_CONDITION, NO_SOLD_TWICE],
    ),
    without(
        "the look at what all together want",
        scenes.last_units_in_a_batch,
        TAKE,
        "line.owner_ids[1] AS owner_id, sum(line.quantity) AS",
        "line.owner_ids[1] AS owner_id, max(line.quantity) AS",
    ),
    without(
        "what those before have taken", scenes.last_units_in_a_batch, TAKE, ")::bigint - taken.wanted)", ")::bigint)"
    ),
    without(
        "first come, first served",
        scenes.a_short_order_takes_nothing,
        TAKE,
        "IF NOT v_taken @?",
        "IF v_taken IS NOT NULL OR v_taken @?",
    ),
    without(
        "the order of arrival",
        scenes.last_units_in_a_batch,
        TAKE,
        "        ORDER BY line.n\n",
        "        ORDER BY line.n DESC\n",
    ),
    without(
        "duplicate lines are one demand",
        scenes.duplicate_lines,
        TAKE,
        "sum(line.quantity)::bigint,",
        "max(line.quantity)::bigint,",
    ),
    without(
        "a SKU without a row is tight",
        scenes.nothing_of_a_sku_without_a_row,
        TAKE,
        "WHERE stock.id IS NULL\n        OR",
        "WHERE",
    ),
    without("the owners' order", scenes.owners_in_their_order, TAKE, _CHOSEN, ""),
    without(
        "the owner has enough",
        scenes.owners_in_their_order,
        TAKE,
        "coalesce(candidate.free >= candidate.quantity, false) DESC,\n",
        "candidate.position,\n",
    ),
    without(
        "safety stock, at the first look",
        scenes.safety_stays,
        TAKE,
        "CASE WHEN total.keep_safety THEN stock.safety ELSE 0 END",
        "0",
    ),
    without(
        "safety stock, where it is tight",
        scenes.safety_stays,
        TAKE,
        "CASE WHEN want.keep_safety THEN stock.safety ELSE 0 END",
        "0",
    ),
    without(
        "one who keeps safety makes it tight",
        scenes.safety_stays,
        TAKE,
        "bool_or(line.keep_safety) AS keep_safety\n",
        "false AS keep_safety\n",
    ),
    without(
        "lapsed units are given back",
        scenes.only_lapsed_units_are_taken,
        TAKE,
        "PERFORM inventory_lapse(v_stock_ids, p_now);",
        "",
    ),
    without(
        "the moment of lapsing",
        scenes.only_lapsed_units_are_taken,
        LEDGER,
        "reservation.expires_at <= p_now",
        "reservation.expires_at IS NOT NULL",
    ),
    without(
        "the common order of stock locks",
        scenes.one_order_of_locks,
        LEDGER,
        "ORDER BY stock.location_id, stock.sku_id, stock.owner_id\n",
        "ORDER BY array_position(p_skus, stock.sku_id)\n",
    ),
    without(
        "the look for its id",
        scenes.a_repeat_is_known,
        INSERT,
        "WHEN EXISTS (SELECT FROM orders_order WHERE id = given.id) THEN 'id'",
        "WHEN false THEN 'id'",
    ),
    without("the look for its id in the batch", scenes.a_repeat_is_known, INSERT, "given.nth_of_id > 1 OR", ""),
    without(
        "one id is written once",
        scenes.a_repeat_is_known,
        INSERT,
        _WRITTEN + " GROUP BY written.id, written.number;",
        _WRITTEN.replace("min(given.n)", "given.n") + ";",
    ),
    without(
        "a short order that stands is known",
        scenes.a_repeat_that_took_the_last_unit,
        PLACE,
        "    ELSIF orders_some_stand(p_orders) THEN",
        "    ELSIF false THEN",
    ),
    without(
        "a number of the batch is not one that stands",
        scenes.a_number_whose_first_sale_did_not_come_about,
        INSERT,
        "THEN 'batch'",
        "THEN 'till'",
    ),
    without(
        "the condition at the counters",
        scenes.goods_that_come_meanwhile,
        TAKE,
        "            AND stock.on_hand - stock.reserved >= change.leaving + change.staying\n",
    ),
    without(
        "every counter was moved",
        scenes.goods_that_come_meanwhile,
        TAKE,
        "IF v_counted <> v_wanted THEN",
        "IF false THEN",
    ),
    without(
        "the look for the till's number",
        scenes.one_number_of_a_till,
        INSERT,
        "WHERE terminal_id = given.terminal_id AND terminal_seq = given.terminal_seq",
        "WHERE false",
    ),
    without(
        "the look for the pickup code",
        scenes.one_pickup_code,
        INSERT,
        "AND pickup_code = given.pickup_code\n",
        "AND false\n",
    ),
    without(
        "the states in which a code waits",
        scenes.one_pickup_code,
        INSERT,
        "AND state IN ('placed', 'paid') AND pickup_code <> ''",
        "",
    ),
    without("written by nobody else meanwhile", scenes.one_id_in_two_processes, PLACE, _HEADERS, "IF false THEN"),
    without(
        "what stands is not written again",
        scenes.repeated_while_it_is_cancelled,
        PLACE,
        "    ELSIF orders_some_stand(p_orders) THEN",
        "    ELSIF false THEN",
    ),
    without("headers are written once", scenes.one_id_in_two_processes, INSERT, "        ON CONFLICT DO NOTHING\n", ""),
    without("every line has its goods", scenes.goods_for_every_line, PLACE, _BOOKED, "< 0 THEN"),
    without("money covers its order", scenes.money_for_every_order, PLACE, _MONEY, "    IF false THEN"),
    without(
        "who has no right is not placed",
        scenes.one_coupon_in_a_batch,
        PLACE,
        "v_orders := checkout_without(v_orders, v_rightless);",
        "",
    ),
    without(
        "who is short is not placed",
        scenes.last_units_in_a_batch,
        PLACE,
        "    v_orders := checkout_without(v_orders, v_short);\n",
        "",
    ),
    without(
        "what a refused order took is undone",
        scenes.a_refused_order_gives_back_what_it_took,
        PLACE,
        _SAVEPOINT,
        "                v_all := v_all || jsonb_build_object(v_one->>'n', v_refused);\n",
    ),
    without(
        "looked at again",
        scenes.whoever_stood_in_the_way_and_is_refused,
        PLACE,
        "IF v_rightless <> '{}' AND v_short <> '{}' THEN",
        "IF false THEN",
    ),
    without(
        "coupons are locked for all",
        scenes.coupons_in_one_order,
        RIGHTS,
        "        PERFORM coupons_lock(v_coupons);\n",
        "",
    ),
    without(
        "budgets are locked for all",
        scenes.budgets_in_one_order,
        RIGHTS,
        "        PERFORM coupons_lock_budgets(v_coupons);\n",
        "",
    ),
    without(
        "the common order of budgets",
        scenes.budgets_in_one_order,
        COUPONS,
        "    ORDER BY counter.template_id FOR NO KEY UPDATE;\n",
        _BUDGETS_AS_ASKED,
    ),
    without(
        "accounts are locked for all", scenes.accounts_in_one_order, RIGHTS, "    PERFORM points_lock(v_members);\n", ""
    ),
    without(
        "rights are locked before the stock",
        scenes.rights_before_stock,
        PLACE,
        "IF p_orders @? '$[*].rights' THEN\n        PERFORM checkout_lock_rights",
        "IF false THEN\n        PERFORM checkout_lock_rights",
    ),
    without(
        "new customers queue",
        scenes.one_first_order,
        PLACE,
        "        PERFORM checkout_hold_newcomers(p_orders);\n",
        "        PERFORM pg_advisory_xact_lock_shared(8, hashtext(p_orders->0->>'member_id'));\n",
    ),
    without(
        "who has bought is not new",
        scenes.one_first_order,
        PLACE,
        "WHERE one.has_bought OR one.waits",
        "WHERE one.waits",
    ),
    without(
        "the second of two new orders waits",
        scenes.one_first_order,
        PLACE,
        "WHERE one.has_bought OR one.waits",
        "WHERE one.has_bought",
    ),
]


SCENARIOS = sorted({mutation.scenario for mutation in MUTATIONS}, key=lambda scenario: scenario.__name__)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_with_all_guards_it_holds(scenario):
    with room_for(scenario) as room:
        assert holds(scenario, room) == "as it must"


@pytest.mark.parametrize("mutation", share(MUTATIONS), ids=lambda mutation: mutation.guard)
def test_without_a_guard_it_is_noticed(mutation):
    assert mutation.killed(room_for)
