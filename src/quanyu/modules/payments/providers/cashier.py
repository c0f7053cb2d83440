"""Address of a simulator's cashier page, which stands in for the payer's app."""

from urllib.parse import quote


def page_address(cashier_url: str, prepay_id: str, return_url: str) -> str:
    """Where a person pays this order; empty with a real provider or without a prepay id."""
    if not cashier_url or not prepay_id:
        return ""
    back = f"?redirect_url={quote(return_url, safe='')}" if return_url else ""
    return f"{cashier_url}/{prepay_id}{back}"
