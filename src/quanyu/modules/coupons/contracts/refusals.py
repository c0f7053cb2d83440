"""What coupons refuse, and the stable codes of why; the texts are message ids.

``text`` of a refusal is one of the texts here: the edge translates it with the title.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound, Problem


class Reason(StrEnum):
    """Why a coupon cannot be taken; ``REASON_TEXTS`` has the texts. The answers of ``coupons_reserve``."""

    UNKNOWN = "unknown"
    USED = "used"
    NOT_STARTED = "not_started"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    GIVEN_AWAY = "given_away"
    BUDGET_SPENT = "budget_spent"
    NOT_A_SERVICE = "not_a_service"
    ID_TAKEN = "id_taken"


REASON_TEXTS: Mapping[Reason, str] = {
    Reason.UNKNOWN: N_("There is no such coupon"),
    Reason.USED: N_("This coupon was used already"),
    Reason.NOT_STARTED: N_("This coupon is not valid yet"),
    Reason.EXPIRED: N_("This coupon is past its time"),
    Reason.WITHDRAWN: N_("This coupon was withdrawn"),
    Reason.GIVEN_AWAY: N_("This coupon is being given away"),
    Reason.BUDGET_SPENT: N_("All of this offer has been taken"),
    Reason.NOT_A_SERVICE: N_("This coupon goes with a purchase"),
    Reason.ID_TAKEN: N_("This was sent for something else already"),
}


class TemplateUnknown(NotFound):
    """No such template, or one of another store."""

    code = "coupons.template_unknown"
    title = N_("There is no such coupon offer.")
    remedy = N_("Choose one from the list.")


class TemplateCodeTaken(Conflict):
    """Another template has this code."""

    code = "coupons.template_code_taken"
    title = N_("The code %(code)s is taken.")
    remedy = N_("Choose another code.")


class TemplateInvalid(Invalid):
    """The terms of a template do not fit together; ``field`` says which."""

    code = "coupons.template_invalid"


class TemplateFixed(Conflict):
    """The template is not in a state that allows this: what members hold is not changed under their hands."""

    code = "coupons.template_fixed"
    title = N_("This cannot be done with the offer as it stands now.")
    remedy = N_("Reload and look at its present state; a live offer can only be stopped or extended.")


class OwnProposal(Conflict):
    """Who proposed or changed an offer does not decide on it."""

    code = "coupons.own_proposal"
    title = N_("You proposed this offer yourself.")
    remedy = N_("Ask a second person to decide on it.")


class ClaimRefused(Conflict):
    """The member cannot have this coupon; ``reason`` is a code, ``text`` says it."""

    code = "coupons.claim_refused"
    title = N_("This coupon cannot be claimed: %(text)s")
    remedy = N_("Look at the other offers of the coupon centre.")


class ClaimReason(StrEnum):
    """Why a claim or a grant was refused."""

    NOT_OPEN = "not_open"
    NOT_YET = "not_yet"
    OVER = "over"
    SOLD_OUT = "sold_out"
    LIMIT = "limit"
    TIER = "tier"
    LEVEL = "level"
    STAFF_CODE = "staff_code"
    POINTS = "points"
    ID_TAKEN = "id_taken"
    NOT_CLAIMABLE = "not_claimable"


CLAIM_TEXTS: Mapping[ClaimReason, str] = {
    ClaimReason.NOT_OPEN: N_("the offer is not open"),
    ClaimReason.NOT_YET: N_("the offer has not begun"),
    ClaimReason.OVER: N_("the offer is over"),
    ClaimReason.SOLD_OUT: N_("all coupons have been taken"),
    ClaimReason.LIMIT: N_("you have had as many as one person may have"),
    ClaimReason.TIER: N_("it is for other membership tiers"),
    ClaimReason.LEVEL: N_("verify your phone number first"),
    ClaimReason.STAFF_CODE: N_("ask a member of staff for the code"),
    ClaimReason.POINTS: N_("there are not enough points"),
    ClaimReason.ID_TAKEN: N_("this claim was used for something else"),
    ClaimReason.NOT_CLAIMABLE: N_("it is given, not claimed"),
}


class UnlockRefused(Problem):
    """The staff code is wrong, used up, too old or of another offer: one answer for all of it."""

    code = "coupons.unlock_refused"
    status = 422
    title = N_("The staff code is not valid.")
    remedy = N_("Ask a member of staff for a fresh code.")


class CodeRefused(NotFound):
    """What was scanned or typed is no coupon code: mistyped, made up, or a picture that is too old."""

    code = "coupons.code_refused"
    title = N_("This coupon code is not valid.")
    remedy = N_("Have the member show the code again, or type the characters below it.")


class ServiceRefused(Conflict):
    """The service cannot be handed out here and now; ``reason`` is a code, ``text`` says it."""

    code = "coupons.service_refused"
    title = N_("This service cannot be handed out: %(text)s")
    remedy = N_("Show the member the coupon's terms.")


class CouponUnknown(NotFound):
    """The member holds no such coupon."""

    code = "coupons.coupon_unknown"
    title = N_("There is no such coupon.")
    remedy = N_("Choose one from the member's coupons.")


class GiftRefused(Conflict):
    """The coupon cannot be given away, or the gift is gone; ``text`` says why."""

    code = "coupons.gift_refused"
    title = N_("This gift is not possible: %(text)s")
    remedy = N_("Look at the coupon's present state.")


class GiftReason(StrEnum):
    """Why a gift is refused. A wrong token and one that lapsed get the same answer."""

    NOT_TRANSFERABLE = "not_transferable"
    NOT_AVAILABLE = "not_available"
    GONE = "gone"
    OWN = "own"


GIFT_TEXTS: Mapping[GiftReason, str] = {
    GiftReason.NOT_TRANSFERABLE: N_("this kind of coupon stays with its holder"),
    GiftReason.NOT_AVAILABLE: N_("the coupon cannot be used any more, or is being given already"),
    GiftReason.GONE: N_("it was accepted, taken back, or its time is over"),
    GiftReason.OWN: N_("it is your own coupon"),
}
