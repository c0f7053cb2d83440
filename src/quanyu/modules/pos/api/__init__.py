"""The till's door: enrol, sign in, open and close shifts, sell, take back, hand over, print."""

from quanyu.modules.pos.api.advice import advice_differences, advice_report, note_advice, out_of_stock
from quanyu.modules.pos.api.aisle import add_address, addresses, search_range, ways
from quanyu.modules.pos.api.counter import catalogue_page, create_member, scan
from quanyu.modules.pos.api.discounts import approve_discounts
from quanyu.modules.pos.api.hot_sales import ask_cashiers, begin_sales, end_sales, refusal_to_sell
from quanyu.modules.pos.api.kept_members import KeptMember, KeptMembers, kept_members
from quanyu.modules.pos.api.live import live_stock
from quanyu.modules.pos.api.pickups import find_pickup, hand_over, handed_out, waiting_pickups
from quanyu.modules.pos.api.receipts import note_print, preview_return, receipt, take_back
from quanyu.modules.pos.api.rescue import bring_in
from quanyu.modules.pos.api.rights import find_members, member_rights, scan_rights, unlock_code
from quanyu.modules.pos.api.sales import (
    add_tenders,
    cancel_sale,
    charge_code,
    code_for_paper,
    own_sale,
    poll_payment,
    quote,
    sell_goods,
    store_orders,
)
from quanyu.modules.pos.api.services import ServiceShown, find_service, hand_out_service, service_handed_out
from quanyu.modules.pos.api.set_aside import set_aside
from quanyu.modules.pos.api.till_sales import differences, look_at, take_sale, till_rules, try_again
from quanyu.modules.pos.api.tills import (
    close_shift,
    current_shift,
    enrol,
    move_cash,
    open_shift,
    shift_report,
    sign_in,
    till_of,
)
from quanyu.modules.pos.rules.advice import BUCKETS as ADVICE_BUCKETS
from quanyu.modules.pos.rules.advice import AdviceGiven, AdviceOutcome
from quanyu.modules.pos.rules.advice_figures import AdviceFigures, AdviceReport, Share
from quanyu.modules.pos.rules.discounts import Discounted, DiscountReason
from quanyu.modules.pos.rules.kept import BUCKETS, KeptItem
from quanyu.modules.pos.rules.pickups import Pickup
from quanyu.modules.pos.rules.plain_sales import AskerTokens, BegunSale, Cashier
from quanyu.modules.pos.rules.rescue import FILE_BYTES_MAX
from quanyu.modules.pos.rules.served import CREDITS_MAX, credited
from quanyu.modules.pos.rules.till_sales import MadeLine, MadeSale

__all__ = [
    "ADVICE_BUCKETS",
    "BUCKETS",
    "CREDITS_MAX",
    "FILE_BYTES_MAX",
    "AdviceFigures",
    "AdviceGiven",
    "AdviceOutcome",
    "AdviceReport",
    "AskerTokens",
    "BegunSale",
    "Cashier",
    "DiscountReason",
    "Discounted",
    "KeptItem",
    "KeptMember",
    "KeptMembers",
    "MadeLine",
    "MadeSale",
    "Pickup",
    "ServiceShown",
    "Share",
    "add_address",
    "add_tenders",
    "addresses",
    "advice_differences",
    "advice_report",
    "approve_discounts",
    "ask_cashiers",
    "begin_sales",
    "bring_in",
    "cancel_sale",
    "catalogue_page",
    "charge_code",
    "close_shift",
    "code_for_paper",
    "create_member",
    "credited",
    "current_shift",
    "differences",
    "end_sales",
    "enrol",
    "find_members",
    "find_pickup",
    "find_service",
    "hand_out_service",
    "hand_over",
    "handed_out",
    "kept_members",
    "live_stock",
    "look_at",
    "member_rights",
    "move_cash",
    "note_advice",
    "note_print",
    "open_shift",
    "out_of_stock",
    "own_sale",
    "poll_payment",
    "preview_return",
    "quote",
    "receipt",
    "refusal_to_sell",
    "scan",
    "scan_rights",
    "search_range",
    "sell_goods",
    "service_handed_out",
    "set_aside",
    "shift_report",
    "sign_in",
    "store_orders",
    "take_back",
    "take_sale",
    "till_of",
    "till_rules",
    "try_again",
    "unlock_code",
    "waiting_pickups",
    "ways",
]
