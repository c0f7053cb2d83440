"""When a refusal may be believed."""

from dataclasses import replace

from quanyu.modules.payments.providers.gateway import ProviderError, RefundOutcome, RefundRequest, RefundResult

REFUND_DIFFERS = "REFUND_DIFFERS"


def believed_refusal(request: RefundRequest, refused: RefundResult, found: RefundResult) -> RefundResult:
    """Weigh a refused refund against what a query then found under its number.

    No such refund: the refusal stands. A refund of our amount: that one counts. Another amount,
    or no answer: UNKNOWN, and the refusal is kept as its error.
    """
    if found.outcome is RefundOutcome.ABSENT:
        return refused
    if found.outcome is RefundOutcome.UNKNOWN:
        return replace(refused, outcome=RefundOutcome.UNKNOWN)
    if found.amount_fen == request.amount_fen:
        return found
    error = ProviderError(code=REFUND_DIFFERS, message=f"{found.amount_fen} fen under this number")
    return replace(found, outcome=RefundOutcome.UNKNOWN, error=error)
