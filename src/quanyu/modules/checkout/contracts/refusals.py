"""Why an order is refused: each with a stable code and what to do about it."""

from __future__ import annotations

from quanyu.kernel.problem import N_, Conflict, Invalid
from quanyu.modules.orders.contracts import StateConflict


class OrderEmpty(Invalid):
    """An order needs at least one line."""

    code = "checkout.order_empty"
    title = N_("There is nothing to order.")
    remedy = N_("Add at least one product.")


class LinesTooMany(Invalid):
    """More lines than one order may have."""

    code = "checkout.lines_too_many"
    title = N_("An order has at most %(most)s lines.")
    remedy = N_("Split it into several orders.")


class QuantityInvalid(Invalid):
    """A quantity is zero, negative, absurdly large, or part of a piece."""

    code = "checkout.quantity_invalid"
    title = N_("The quantity is not valid.")
    remedy = N_("Enter a quantity above zero.")


class NotForSale(Conflict):
    """The SKU is not listed in this store, not for sale, or has no price here."""

    code = "checkout.not_for_sale"
    title = N_("%(name)s is not for sale in this store.")
    remedy = N_("Remove it, or choose another store.")


class DeliveryNotOffered(Conflict):
    """The store or the product does not offer this way of delivery."""

    code = "checkout.delivery_not_offered"
    title = N_("This way of delivery is not offered here.")
    remedy = N_("Choose another way of delivery.")


class OutOfRadius(Conflict):
    """The address is outside the store's delivery radius."""

    code = "checkout.out_of_radius"
    title = N_("The address is %(distance_m)s m away; this store delivers within %(radius_m)s m.")
    remedy = N_("Choose express, pickup, or a nearer store.")


class AddressMissing(Invalid):
    """Express and instant delivery need an address."""

    code = "checkout.address_missing"
    title = N_("Please give a delivery address.")
    remedy = N_("Choose or add an address.")


class PriceChanged(Conflict):
    """The amount the customer agreed to is not the amount of now."""

    code = "checkout.price_changed"
    title = N_("The amount is now %(payable_fen)s fen instead of %(expected_fen)s fen.")
    remedy = N_("Look at the order again and confirm the new amount.")


class WishInvalid(Invalid):
    """A wish contradicts the order: half a slot, a pickup time for a parcel, a card that is too long."""

    code = "checkout.wish_invalid"
    title = N_("This wish does not fit the order.")
    remedy = N_("Choose again.")


class HomeDeliveryBelow(Conflict):
    """The store brings home only purchases of more than this one."""

    code = "checkout.home_delivery_below"
    title = N_("The store brings purchases home from %(from_yuan)s yuan on; %(missing_yuan)s yuan are missing.")
    remedy = N_("Add something, send it by express, or let the customer take it along.")


class HomeTooFar(Conflict):
    """The address is in another city than the store."""

    code = "checkout.home_too_far"
    title = N_("The store brings purchases home in its own city only.")
    remedy = N_("Send it by express, or let the customer take it along.")


class HomeTimeGone(Conflict):
    """The store does not come at this time (any more)."""

    code = "checkout.home_time_gone"
    title = N_("The store does not bring purchases home at this time.")
    remedy = N_("Choose another time.")


class MoneyInDrawer(Conflict):
    """What was paid in cash or by card at a till is given back at a till, out of a drawer that knows of it."""

    code = "checkout.money_in_drawer"
    title = N_("This was paid in cash or by card at a till.")
    remedy = N_("Cancel it at a till of the store that took the money: it is given back there.")


class PickupSlotGone(Conflict):
    """The store has no such pickup time (any more): closed then, too soon, too far away."""

    code = "checkout.pickup_slot_gone"
    title = N_("This pickup time is not offered any more.")
    remedy = N_("Choose another time.")


class PickupSlotFull(Conflict):
    """As many orders as the store can prepare are fetched at this time already."""

    code = "checkout.pickup_slot_full"
    title = N_("This pickup time is taken.")
    remedy = N_("Choose another time.")


class GiftNotOffered(Conflict):
    """The store does not wrap presents."""

    code = "checkout.gift_not_offered"
    title = N_("This store does not wrap presents.")
    remedy = N_("Order without wrapping, or choose another store.")


class NoteTooLong(Invalid):
    """The note is longer than what is printed and shown."""

    code = "checkout.note_too_long"
    title = N_("A note has at most %(most)s characters.")
    remedy = N_("Shorten it.")


class CancelReasonInvalid(Invalid):
    """The reason is empty, too long, or one that only the system gives."""

    code = "checkout.cancel_reason_invalid"
    title = N_("This reason cannot be given for a cancellation.")
    remedy = N_("Choose one of the reasons that are offered.")


class ReassignmentRefused(Conflict):
    """Another place cannot fulfil this order: it is fetched at its store, or fulfilled from there already."""

    code = "checkout.reassignment_refused"
    title = N_("This order cannot be given to that place: %(reason)s")
    remedy = N_("Choose another place.")


class KeyReused(Conflict):
    """The same order id came with different contents."""

    code = "checkout.key_reused"
    status = 422
    title = N_("This order id was already used for a different order.")
    remedy = N_("Use a new id for a new order.")


class NotPayable(Conflict):
    """The order is not waiting for payment any more."""

    code = "checkout.not_payable"
    title = N_("This order is not waiting for payment.")
    remedy = N_("Reload the order.")


class SoldOutBeforePayment(Conflict):
    """The promise had lapsed and somebody else took the goods; nothing was charged."""

    code = "checkout.sold_out_before_payment"
    title = N_("The goods were sold while the order waited. Nothing was charged.")
    remedy = N_("Order again with what is available.")


class CouponRefused(Conflict):
    """A chosen coupon cannot be used for this order, or not any more; ``reason`` is a stable code.

    ``field`` is ``coupon_ids.N``. Reasons are those of the price chain (``amount_missing`` ...), of the coupon itself
    (``unknown``, ``not_available``, ``expired`` ...) and ``journal``: a sale that was made elsewhere uses none here.
    """

    code = "checkout.coupon_refused"
    title = N_("This coupon cannot be used for this order.")
    remedy = N_("Look at the coupons again and choose another one.")


class PointsRefused(Conflict):
    """The points cannot be used like this; ``reason`` is a stable code, ``most`` the most that could be used.

    Reasons: ``members_only``, ``points_short``, ``too_many`` (the cap, the step or the least of the rule),
    ``offer_gone`` (a points-mall offer that does not hold here, now, for this level), ``limit_reached``, ``journal``.
    """

    code = "checkout.points_refused"
    title = N_("The points cannot be used like this.")
    remedy = N_("Use fewer points and look at the order again.")


class PickupCodeWrong(Invalid):
    """No paid order of this store waits under this code."""

    code = "checkout.pickup_code_wrong"
    title = N_("No order waits here under this code.")
    remedy = N_("Check the code and the store.")


class PickupNotPaid(StateConflict):
    """The code is right, the money is not there yet."""

    code = "checkout.pickup_not_paid"
    title = N_("This order is not paid yet.")
    remedy = N_("Let the customer pay it on the phone, then ask for the code again. Hand nothing out before.")


class PickupDone(StateConflict):
    """The code is right, and the goods were handed out; ``at`` is the time of the store's clock."""

    code = "checkout.pickup_done"
    title = N_("This order was already handed out, %(at)s.")
    remedy = N_("Hand nothing out. Ask the customer who fetched it, and look at the order in the console.")


class PickupCancelled(StateConflict):
    """The code is right, the order was cancelled; ``at`` is the time of the store's clock."""

    code = "checkout.pickup_cancelled"
    title = N_("This order was cancelled, %(at)s.")
    remedy = N_("Hand nothing out; what was paid goes back by itself. The customer can order again.")


class PickupElsewhere(Conflict):
    """The code is right, the order waits at another store: ``store``, in English ``store_en``."""

    code = "checkout.pickup_elsewhere"
    title = N_("This order waits at another store: %(store)s.")
    remedy = N_("Send the customer there; its goods are kept for the customer in that store only.")
