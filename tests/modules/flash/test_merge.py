"""What members took follows merged files, and the undo gives back exactly that."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from quanyu.kernel.ids import uuid7
from quanyu.modules.flash import api as flash
from quanyu.platform import db
from tests.harness.flash import NOW, give_back, had, make_member, make_sale, order, take, take_one

FOLLOWER = flash.merge_follower()


def follow(loser: UUID, winner: UUID, merge_id: UUID | None = None, now: datetime = NOW) -> UUID:
    """Let flash follow a merge; return the merge."""
    merge_id = merge_id or uuid7()
    FOLLOWER.follow(merge_id=merge_id, loser_id=loser, winner_id=winner, now=now)
    return merge_id


def unfollow(merge_id: UUID, loser: UUID, winner: UUID) -> None:
    """Undo the merge."""
    FOLLOWER.unfollow(merge_id=merge_id, loser_id=loser, winner_id=winner, now=NOW)


def test_two_files_have_one_limit_from_then_on() -> None:
    """What both had is kept, above the limit too; the kept member buys no more until enough of it came back."""
    sale, loser, winner = make_sale(per_member_limit=2), make_member(), make_member()
    given_up = take_one(sale, loser, 2)
    take_one(sale, winner, 1)
    merge_id = follow(loser, winner)
    assert (had(sale, loser), had(sale, winner)) == (0, 3)
    assert take([order(winner, (sale, 1))]) == ["limit_reached"]
    assert give_back(given_up) == 1
    assert had(sale, winner) == 1
    assert take([order(winner, (sale, 1)), order(winner, (sale, 1))]) == [None, "limit_reached"]
    unfollow(merge_id, loser, winner)
    assert (had(sale, loser), had(sale, winner)) == (0, 2)


def test_the_undo_gives_back_what_was_moved_and_nothing_else() -> None:
    """What the kept member bought in between stays with him."""
    sale, loser, winner = make_sale(per_member_limit=3), make_member(), make_member()
    take_one(sale, loser, 2)
    merge_id = follow(loser, winner)
    take_one(sale, winner, 1)
    unfollow(merge_id, loser, winner)
    assert (had(sale, loser), had(sale, winner)) == (2, 1)
    assert take([order(loser, (sale, 1)), order(winner, (sale, 2))]) == [None, None]


def test_orders_that_were_on_their_way_follow_in_a_second_call() -> None:
    """The same merge again moves what came since, and the undo knows both."""
    sale, loser, winner = make_sale(per_member_limit=5), make_member(), make_member()
    take_one(sale, loser, 1)
    merge_id = follow(loser, winner)
    take_one(sale, loser, 2)
    follow(loser, winner, merge_id)
    assert (had(sale, loser), had(sale, winner)) == (0, 3)
    unfollow(merge_id, loser, winner)
    assert (had(sale, loser), had(sale, winner)) == (3, 0)


def test_members_get_a_copy_and_the_books_stay() -> None:
    """The copy names what each order took; erasing a file leaves ids, which the limits need."""
    sale, member = make_sale(), make_member()
    ordered = take_one(sale, member)
    holder = flash.data_holder()
    assert holder.export(member_ids=[member], now=NOW) == {
        "flash_sales": [{"sale_id": sale.id, "order_id": ordered, "quantity": 1, "state": "taken", "at": NOW}]
    }
    assert holder.open_business(member_ids=[member], now=NOW) == 0
    holder.erase(member_ids=[member], now=NOW)
    assert db.value("SELECT count(*) FROM flash_taking WHERE member_id = %s", [member]) == 1
